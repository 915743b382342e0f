"""Network namespaces, each with one TUN device whose packets a program of ours carries. They end
with the processes in them, and leave nothing behind.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

TUN = Path("/dev/net/tun")
DEVICE = "line0"
TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000
CLONE_NEWNET = 0x40000000
"""From linux/if_tun.h and linux/sched.h."""
ROOT = Path(__file__).parents[4]
NEEDED = ("ip", "nsenter", "sysctl")


def as_root() -> list[str] | None:
    """Return what to put before a command that must be root's; None where nobody can be root."""
    if os.geteuid() == 0:
        return []
    if sudo := shutil.which("sudo"):
        command = [sudo, "--non-interactive", "--preserve-env"]
        if not subprocess.run([*command, "true"], capture_output=True, check=False).returncode:
            return command
    return None


def missing() -> str:
    """Return what keeps this machine from it; empty for nothing."""
    if sys.platform != "linux":
        return "network namespaces are Linux's"
    absent = [name for name in NEEDED if shutil.which(name) is None]
    if absent:
        return f"no {', '.join(absent)}: apt-get install iproute2 util-linux procps"
    if not TUN.exists():
        return f"no {TUN}"
    return _refused()


def _refused() -> str:
    before = as_root()
    if before is None:
        return "not root, and no sudo without a password"
    # A container may be root's and have neither.
    trial = [*before, sys.executable, "-m", "support.networks.line.namespaces"]
    tried = subprocess.run(trial, capture_output=True, text=True, check=False, cwd=ROOT)
    return tried.stderr.strip().rpartition("\n")[2]


@dataclass(frozen=True, slots=True)
class Namespace:
    """One side of a network."""

    netns: int
    """An open file that keeps it alive."""
    packets: int
    """The file of its TUN device."""

    def run(self, *command: str) -> None:
        """Run a command in it. Raises CalledProcessError."""
        entering = ["nsenter", f"--net=/proc/self/fd/{self.netns}", *command]
        subprocess.run(entering, pass_fds=[self.netns], check=True)

    def move(self, address: str, to: str) -> None:
        """Give it another address: what it had is gone first, as between two networks."""
        self.leave(address)
        self.join(to)

    def join(self, address: str) -> None:
        """Give it an address, and a way to anywhere."""
        self.run("ip", "address", "add", f"{address}/24", "dev", DEVICE)
        self.run("ip", "route", "add", "default", "dev", DEVICE)

    def leave(self, address: str) -> None:
        """Take its address."""
        self.run("ip", "address", "del", f"{address}/24", "dev", DEVICE)


def enter_new(address: str) -> Namespace:
    """Move this process, and the children it will have, into a new namespace.

    Raises OSError where that is refused.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "a network namespace is refused")
    packets = os.open(TUN, os.O_RDWR | os.O_NONBLOCK)
    name = struct.pack("16sH", DEVICE.encode(), IFF_TUN | IFF_NO_PI)
    fcntl.ioctl(packets, TUNSETIFF, name)
    netns = os.open("/proc/self/ns/net", os.O_RDONLY)
    made = Namespace(netns, packets)
    for command in _configuring():
        made.run(*command)
    made.join(address)
    return made


def _configuring() -> Sequence[Sequence[str]]:
    quiet = f"net.ipv6.conf.{DEVICE}.disable_ipv6=1"  # no packets but those of the talk
    return (
        ("ip", "link", "set", "lo", "up"),
        ("sysctl", "--quiet", quiet),
        ("ip", "link", "set", DEVICE, "up"),
    )


if __name__ == "__main__":
    enter_new("10.77.0.1")

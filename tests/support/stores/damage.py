"""What can happen to a SQLite file under a server that runs, each until the end of its block."""

from __future__ import annotations

import os
import resource
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

from support.servers.fleet import Fleet

Damage = Callable[[Path, Fleet], AbstractContextManager[None]]


class CannotBeDone(Exception):
    """This machine, or this user of it, cannot do that."""


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount a file system of a megabyte. Raises CannotBeDone."""
    folder.mkdir()
    _run("mount", "-t", "tmpfs", "-o", "size=1m", "livepass-small-disk", str(folder))
    try:
        yield folder
    finally:
        _run("umount", "--lazy", str(folder))


@contextmanager
def full_disk(path: Path, fleet: Fleet) -> Iterator[None]:
    """Fill the file system to the last byte."""
    filling = path.with_name("filling")
    with filling.open("wb", buffering=0) as to:
        for size in (65_536, 512, 1):
            try:
                while to.write(b"\0" * size):
                    pass
            except OSError:
                continue
    yield
    filling.unlink()


@contextmanager
def no_more_room(path: Path, fleet: Fleet) -> Iterator[None]:
    """Let no process of the servers write beyond where the log is: an I/O error (EFBIG)."""
    size = path.with_name(f"{path.name}-wal").stat().st_size
    processes = [each for master in fleet.masters for each in (master, *_children(master))]
    before = [resource.prlimit(each, resource.RLIMIT_FSIZE) for each in processes]
    for each, (_, most) in zip(processes, before, strict=True):
        resource.prlimit(each, resource.RLIMIT_FSIZE, (size, most))
    yield
    for each, limits in zip(processes, before, strict=True):
        resource.prlimit(each, resource.RLIMIT_FSIZE, limits)


@contextmanager
def lock_held(path: Path, fleet: Fleet) -> Iterator[None]:
    """Hold the write lock, as a backup that hangs does."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("begin immediate")
        yield
        other.execute("rollback")


@contextmanager
def read_only(path: Path, fleet: Fleet) -> Iterator[None]:
    """Let nobody write to the file, not even root."""
    if os.geteuid():
        path.chmod(0o400)
        yield
        path.chmod(0o600)
        return
    _run("chattr", "+i", str(path))
    try:
        yield
    finally:
        _run("chattr", "-i", str(path))


@contextmanager
def damaged_page(path: Path, fleet: Fleet) -> Iterator[None]:
    """Overwrite the first page of the users' table, and nothing else, with nonsense."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("pragma wal_checkpoint(truncate)")
        query = "select rootpage from sqlite_master where type = 'table' and name = ?"
        (page,) = database.execute(query, ("live_token_users",)).fetchone()
        (size,) = database.execute("pragma page_size").fetchone()
    at = (page - 1) * size
    with path.open("r+b", buffering=0) as file:
        was = os.pread(file.fileno(), size, at)
        os.pwrite(file.fileno(), b"\xa5" * size, at)
        yield
        os.pwrite(file.fileno(), was, at)


DAMAGES: dict[str, Damage] = {
    "full disk": full_disk,
    "I/O error": no_more_room,
    "lock held elsewhere": lock_held,
    "read-only file": read_only,
    "damaged page": damaged_page,
}


def _children(process: int) -> list[int]:
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for each in tasks for child in each.read_text().split()]


def _run(*command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise CannotBeDone(f"there is no {command[0]}") from error
    if done.returncode:
        raise CannotBeDone(f"{' '.join(command[:3])}: {done.stderr.strip()}")

"""Other devices on the same network: this machine's address, and a certificate they can be told to
take. Browsers keep microphones from plain http anywhere but on the machine itself.
"""

from __future__ import annotations

import socket
import ssl
from ipaddress import IPv4Address
from pathlib import Path

import httpcore2
from aiohttp import connector

from emulator.throwaway_ca import ServerFiles, kept
from vending.outbound.http_client import shared_client

NOWHERE = ("192.0.2.1", 9)
"""An address of RFC 5737: connecting a datagram socket to it sends nothing."""


def own_address() -> IPv4Address:
    """Return the address by which the network knows this machine; without one, the loopback's."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(NOWHERE)
        except OSError:
            return IPv4Address("127.0.0.1")
        return IPv4Address(probe.getsockname()[0])


def certificates(folder: Path, address: IPv4Address) -> ServerFiles:
    """Give the certificates for an address that are kept in a folder, and have this process trust
    them.

    The functions' clients take nothing of this from the environment, and are right to: so their
    library is told, for this run on this machine.
    """
    files = kept(folder, address)
    trusting = ssl.create_default_context()
    trusting.load_verify_locations(files.authority)
    vars(httpcore2)["default_ssl_context"] = lambda **_: trusting
    vars(connector)["_SSL_CONTEXT_VERIFIED"].load_verify_locations(files.authority)
    shared_client().tls.load_verify_locations(files.authority)
    return files

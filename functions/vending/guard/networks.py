"""Where a request comes from: a network, never an address. Abuse is counted by it.

X-Forwarded-For is a list that the sender begins and each proxy appends to; only the entries of our
own proxies can be trusted. How many those are is a setting, never guessed from the header. A header
that cannot be right counts as the network `unknown`.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from functools import cached_property, lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

MOST_ENTRIES = 32
MOST_CHARS = 2048
NAMES_KEPT = 1024
UNKNOWN = "unknown"
HERE = ""  # this machine itself, which is never counted
Prefix = IPv4Network | IPv6Network


class PrefixNames:
    """Names of networks: keyed hashes, which cannot be traced to an address without the secret.

    `hops` is how many proxies of ours are in between: 0 believes the socket and no header, 1 the
    last entry, 2 the last but one.
    """

    def __init__(self, hops: int, secret: str) -> None:
        self._hops = hops
        self._secret = secret.encode()
        self._named = lru_cache(NAMES_KEPT)(self._name)  # reading an address is a tenth of a 401

    def name(self, forwarded: Sequence[str], peer: str) -> str:
        """Name the network of a client, a /24 of IPv4 or a /64 of IPv6: 16 hex digits, or HERE.

        It is UNKNOWN when it cannot be told: another entry would be the client's own word.

        Args:
            forwarded: every X-Forwarded-For field of the request.
            peer: the address at the other end of the socket.
        """
        return self._named(_client(forwarded, peer, self._hops))

    @cached_property
    def _key(self) -> bytes:
        """The key of these names, which opens nothing else."""
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - not at start
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415

        derivation = HKDF(SHA256(), 32, salt=b"livepass", info=b"address prefixes 1")
        return derivation.derive(self._secret)

    def _name(self, client: str) -> str:
        if self._hops == 0 and _is_loopback(client):
            return HERE
        prefix = _network(client)
        if prefix is None:
            return UNKNOWN
        return hmac.digest(self._key, str(prefix).encode(), "sha256").hex()[:16]


def _client(forwarded: Sequence[str], peer: str, hops: int) -> str:
    """What stands for the client's address; empty when that cannot be told."""
    if hops == 0:
        return peer
    if len(forwarded) != 1 or len(forwarded[0]) > MOST_CHARS:
        return ""
    entries = forwarded[0].split(",")
    return entries[-hops].strip(" \t") if hops <= len(entries) <= MOST_ENTRIES else ""


def _is_loopback(peer: str) -> bool:
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def _network(text: str) -> Prefix | None:
    try:
        address: IPv4Address | IPv6Address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:  # fe80::1%eth0 says something of this machine alone
            return None
        if address.ipv4_mapped is None:
            return IPv6Network((int(address) >> 64 << 64, 64))
        address = address.ipv4_mapped
    return IPv4Network((int(address) >> 8 << 8, 24))

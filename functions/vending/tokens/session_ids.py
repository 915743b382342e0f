"""Ids of sessions that tell whose they are, long after the session was forgotten.

24 hex digits: 16 drawn by chance, and 8 of a MAC over them and the user. An honest app may ask for
a session of the day before yesterday; only a caller who asks for ids never theirs is guessing.
Guessing one that looks like one's own takes 2^31 tries, and gains nothing: it is not found.
"""

from __future__ import annotations

import hmac
import secrets

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_DRAWN_BYTES, _MAC_BYTES = 8, 4


class SessionIds:
    """Makes and recognises ids, under a key derived from the secret (RFC 5869); another secret
    recognises none.
    """

    def __init__(self, secret: str) -> None:
        derived = HKDF(SHA256(), 32, salt=b"livepass", info=b"session ids 1")
        self._key = derived.derive(secret.encode())

    def new(self, user: str) -> str:
        """Make an id for a session of this user."""
        drawn = secrets.token_hex(_DRAWN_BYTES)
        return drawn + self._mac(drawn, user)

    def was_given(self, session_id: str, user: str) -> bool:
        """Whether this id was made for this user."""
        drawn, mac = session_id[: 2 * _DRAWN_BYTES], session_id[2 * _DRAWN_BYTES :]
        return hmac.compare_digest(mac.encode(), self._mac(drawn, user).encode())

    def _mac(self, drawn: str, user: str) -> str:
        return hmac.digest(self._key, f"{drawn}{user}".encode(), "sha256")[:_MAC_BYTES].hex()

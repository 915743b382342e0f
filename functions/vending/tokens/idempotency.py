"""A request repeated with its Idempotency-Key gets the same token, which is kept sealed.

AES-256-GCM under a key derived by HKDF (RFC 5869) from the raw Idempotency-Key, which is never
stored: a dump of the database opens nothing, only the caller who repeats the key does. What is
stored to find it by is derived apart from it. The associated data binds a seal to its user,
request, session and charge, so that none can be moved.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vending.errors import FieldError, IdempotencyKeyReused, InvalidRequest, ReplayExpired
from vending.limits.usage import Replay, Usage

IDEMPOTENCY_KEY = r"[!#-\[\]-~]{16,64}"  # visible, without quote and backslash
_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class RequestKey:
    """An Idempotency-Key as one user sent it with one request: what it is found by, and what opens
    it.

    `fingerprint` is the request's: the same key with another one is refused.

    """

    user: str
    name: str
    fingerprint: str
    secret: bytes = field(repr=False)

    @classmethod
    def of(cls, header: str, user: str, request: bytes) -> RequestKey:
        """Read the header: 16 to 64 visible ASCII characters, quoted (RFC 8941 string) or not.

        `request` is the canonical form of what is asked, route included.

        Raises:
            InvalidRequest: it is not.
        """
        raw = header[1:-1] if len(header) > 1 and header[0] == header[-1] == '"' else header
        if not re.fullmatch(IDEMPOTENCY_KEY, raw, re.ASCII):
            message = "must be 16 to 64 visible ASCII characters, such as a UUID"
            raise InvalidRequest(FieldError("Idempotency-Key", message))
        derived = HKDF(SHA256(), 48, salt=user.encode(), info=b"livepass replay 1").derive(
            raw.encode()
        )
        fingerprint = hashlib.sha256(request).hexdigest()[:32]
        return cls(user, derived[:16].hex(), fingerprint, derived[16:])

    def seal(self, token: str, session_id: str, charge_id: str, start_before: int) -> Replay:
        """Seal a token for repetitions of this request; `start_before` is in milliseconds."""
        nonce = os.urandom(_NONCE_BYTES)
        bound = self._bound(session_id, charge_id, start_before)
        sealed = nonce + AESGCM(self.secret).encrypt(nonce, token.encode(), bound)
        text = base64.b64encode(sealed).decode()
        return Replay(self.name, self.fingerprint, session_id, charge_id, start_before, text)

    def is_in(self, usage: Usage) -> bool:
        """Whether the key was used before, for any request."""
        return any(replay.key == self.name for replay in usage.replays)

    def find(self, usage: Usage, now: int) -> Replay | None:
        """Find the record of this request, if it was answered before.

        Raises:
            IdempotencyKeyReused: the key was used for another request.
            ReplayExpired: it was used for this one, and its token has expired.
        """
        replay = next((r for r in usage.replays if r.key == self.name), None)
        if replay is None:
            return None
        if replay.fingerprint != self.fingerprint:
            raise IdempotencyKeyReused(f"key {self.name[:8]} was used for another request")
        if now >= usage.token_expires(replay.session_id, replay.charge_id):
            raise ReplayExpired(f"key {self.name[:8]} was used for session {replay.session_id}")
        return replay

    def open(self, replay: Replay) -> str:
        """Open a seal of `find`: the token.

        Raises:
            ReplayExpired: the record is not as we wrote it; its token is lost.
        """
        try:
            sealed = base64.b64decode(replay.sealed, validate=True)
            bound = self._bound(replay.session_id, replay.charge_id, replay.start_before)
            nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
            return AESGCM(self.secret).decrypt(nonce, text, bound).decode()
        except (InvalidTag, ValueError) as error:
            raise ReplayExpired(f"the seal of key {self.name[:8]} is broken") from error

    def _bound(self, session_id: str, charge_id: str, start_before: int) -> bytes:
        parts = (self.user, self.fingerprint, session_id, charge_id, str(start_before))
        return "|".join(parts).encode()

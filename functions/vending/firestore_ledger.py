"""Usage in Firestore: one document a user, one read and one conditional write a mint.

`get` and a create or update with a precondition, never `@transactional`, and without the client's
own retries: it repeats a commit whose outcome is unknown for up to a minute, which counts twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from google.api_core import exceptions as api
from google.auth.exceptions import GoogleAuthError
from google.cloud.firestore import AsyncClient
from google.cloud.firestore_v1 import base_client

from vending.errors import StoreUnavailable
from vending.firestore_calls import FirestoreCalls
from vending.ledger import RETRY_AFTER_S, Conflict, Doubt, Reading
from vending.usage import Usage

COLLECTION = "live_token_users"
KEPT = timedelta(days=2)  # for Firestore's TTL policy on `expireAt`: garbage, never correctness
# What the client makes of an answer it cannot read, or of none: it goes on with None.
_NONSENSE = (AttributeError, TypeError, ValueError)
# gRPC's own pauses between two attempts to connect grow to 2 minutes, and it takes 20 s to give up
# a connection that does not acknowledge: Firestore would be back, and we not. The client takes no
# channel options but from these lists.
_CHANNEL_OPTIONS = (
    ("grpc.initial_reconnect_backoff_ms", 250),
    ("grpc.max_reconnect_backoff_ms", 1000),
    ("grpc.keepalive_timeout_ms", 2000),
)
base_client._DEFAULT_CHANNEL_OPTIONS.extend(_CHANNEL_OPTIONS)  # noqa: SLF001
base_client._GRPC_MSG_SIZE_OPTIONS.extend(_CHANNEL_OPTIONS)  # noqa: SLF001 - the emulator's


class FirestoreLedger:
    """A `Ledger` in a Firestore database. The channel is opened by the first call, in its event
    loop.
    """

    def __init__(self, project: str, database: str) -> None:
        self._project = project
        self._database = database
        self._opened: FirestoreCalls | None = None

    async def read(self, user: str, timeout_s: float) -> Reading:
        """Read a user's usage, at Firestore's time."""
        with _store_errors():
            found = await self._calls().read(f"{COLLECTION}/{user}", timeout_s)
        return Reading.at(found.read_ms, _usage(found.fields), found.version)

    async def write(
        self, user: str, usage: Usage, if_version: object | None, timeout_s: float
    ) -> None:
        """Write a user's usage if its version is still `if_version`.

        Only the fields of this revision are written, so that those of a newer one survive.

        Raises:
            Conflict: it is not.
        """
        expires = datetime.fromtimestamp(usage.last / 1000, UTC) + KEPT
        fields = {**usage.document(), "expireAt": expires}
        with _store_errors():
            await self._calls().write(f"{COLLECTION}/{user}", fields, if_version, timeout_s)

    def _calls(self) -> FirestoreCalls:
        if self._opened is None:
            client = AsyncClient(project=self._project, database=self._database)
            self._opened = FirestoreCalls(client)
        return self._opened


def _usage(document: Mapping[str, Any]) -> Usage:
    try:
        return Usage.of(document)
    except (TypeError, ValueError) as error:
        detail = f"firestore: a document is not as we write it: {error}"
        raise StoreUnavailable(detail, retry_after_s=RETRY_AFTER_S) from error


@contextmanager
def _store_errors() -> Iterator[None]:
    try:
        yield
    except (api.FailedPrecondition, api.AlreadyExists, api.NotFound) as error:
        raise Conflict(str(error)) from error
    except (api.Forbidden, api.Unauthorized, api.InvalidArgument) as error:
        raise StoreUnavailable(f"firestore: {error}", retry_after_s=RETRY_AFTER_S) from error
    except (api.GoogleAPICallError, api.RetryError, GoogleAuthError) as error:
        raise Doubt(f"firestore: {error}") from error
    except _NONSENSE as error:
        raise Doubt(f"firestore: an answer without sense: {error}") from error

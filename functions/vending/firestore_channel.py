"""One channel to Firestore for all that is kept there, and what its errors mean."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from google.api_core import exceptions as api
from google.auth.exceptions import GoogleAuthError
from google.cloud.firestore import AsyncClient
from google.cloud.firestore_v1 import base_client

from vending.errors import StoreUnavailable
from vending.firestore_calls import FirestoreCalls
from vending.ledger import RETRY_AFTER_S, Conflict, Doubt

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


class FirestoreChannel:
    """A Firestore database. The channel is opened by the first call, in its event loop."""

    def __init__(self, project: str, database: str) -> None:
        self._project = project
        self._database = database
        self._opened: FirestoreCalls | None = None

    @property
    def calls(self) -> FirestoreCalls:
        """The calls of the channel."""
        if self._opened is None:
            client = AsyncClient(project=self._project, database=self._database)
            self._opened = FirestoreCalls(client)
        return self._opened


@contextmanager
def store_errors() -> Iterator[None]:
    """Name what goes wrong as the ledger does."""
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

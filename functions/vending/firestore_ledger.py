"""Usage in Firestore: one document a user, one read and one conditional write a mint.

`get` and a create or update with a precondition, never `@transactional`, and without the client's
own retries: it repeats a commit whose outcome is unknown for up to a minute, which counts twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from google.api_core import exceptions as api
from google.auth.exceptions import GoogleAuthError
from google.cloud.firestore import AsyncClient, AsyncDocumentReference

from vending.errors import StoreUnavailable
from vending.ledger import RETRY_AFTER_S, Conflict, Doubt, Reading
from vending.usage import Usage

COLLECTION = "live_token_users"
KEPT = timedelta(days=2)  # for Firestore's TTL policy on `expireAt`: garbage, never correctness


class FirestoreLedger:
    """A `Ledger` in a Firestore database. The channel is opened by the first call, in its event
    loop.
    """

    def __init__(self, project: str, database: str) -> None:
        self._project = project
        self._database = database
        self._opened: AsyncClient | None = None

    async def read(self, user: str, timeout_s: float) -> Reading:
        """Read a user's usage, at Firestore's time."""
        with _store_errors():
            snapshot = await self._document(user).get(retry=None, timeout=timeout_s)
            usage = Usage.of(snapshot.to_dict() or {})
            return Reading.at(_ms(snapshot.read_time), usage, snapshot.update_time)

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
            document = self._document(user)
            if if_version is None:
                await document.create(fields, retry=None, timeout=timeout_s)
            else:
                option = AsyncClient.write_option(last_update_time=if_version)
                await document.update(fields, option=option, retry=None, timeout=timeout_s)

    def _document(self, user: str) -> AsyncDocumentReference:
        if self._opened is None:
            self._opened = AsyncClient(project=self._project, database=self._database)
        return self._opened.collection(COLLECTION).document(user)


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


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
    except (TypeError, ValueError) as error:
        detail = f"firestore: a document is not as we write it: {error}"
        raise StoreUnavailable(detail, retry_after_s=RETRY_AFTER_S) from error

"""The story in openapi-python-client's Python."""
# mypy: ignore-errors

import json
import os

from livepass_client import AuthenticatedClient
from livepass_client.api.service import health
from livepass_client.api.sessions import end_session, session
from livepass_client.api.tokens import mint, refresh, usage
from livepass_client.models import MintRequest, RefreshRequest

client = AuthenticatedClient(base_url=os.environ["LIVEPASS"], token=os.environ["ID_TOKEN"])
key = os.environ["KEY"]
minted = mint.sync(client=client, body=MintRequest(), idempotency_key=key)
again = mint.sync(client=client, body=MintRequest(), idempotency_key=key)
refused = mint.sync(client=client, body=MintRequest())  # without one it raises
refreshed = refresh.sync(client=client, body=RefreshRequest(session_id=minted.session.id))
used = usage.sync(client=client).hour.used
end_session.sync_detailed(minted.session.id, client=client)
story = {
    "same": again.token == minted.token,
    "code": refused.code,
    "violated": refused.violated,
    "another": refreshed.token != minted.token,
    "used": used,
    "state": session.sync(minted.session.id, client=client).state,
    "health": health.sync(client=client).status,
}
print(json.dumps(story))

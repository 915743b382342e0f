"""The story in openapi-generator's Python."""
# mypy: ignore-errors

import json
import os

from openapi_client import (
    ApiClient,
    ApiException,
    Configuration,
    Problem,
    RefreshRequest,
    ServiceApi,
    SessionsApi,
    TokensApi,
)

client = ApiClient(Configuration(host=os.environ["LIVEPASS"], access_token=os.environ["ID_TOKEN"]))
tokens, sessions, key = TokensApi(client), SessionsApi(client), os.environ["KEY"]
minted = tokens.mint(idempotency_key=key)
again = tokens.mint(idempotency_key=key)
try:
    tokens.mint()
except ApiException as error:
    refused = Problem.from_dict(json.loads(error.body))
refreshed = tokens.refresh(RefreshRequest(session_id=minted.session.id))
used = tokens.usage().hour.used
sessions.end_session(minted.session.id)
story = {
    "same": again.token == minted.token,
    "code": refused.code,
    "violated": refused.violated,
    "another": refreshed.token != minted.token,
    "used": used,
    "state": sessions.session(minted.session.id).state,
    "health": ServiceApi(client).health().status,
}
print(json.dumps(story))

"""(f) Both SDKs alone: a signature checked, one document read, one token made, one document written
if nobody else has; no limits, no log, no answer to anything that goes wrong.
"""

from __future__ import annotations

import datetime
import os
from functools import cache
from typing import Any

import aiohttp
import functions_framework.aio
import grpc.aio  # type: ignore[import-untyped]
import jwt
from google import genai
from google.cloud.firestore_v1 import types
from google.cloud.firestore_v1.services.firestore import FirestoreAsyncClient
from google.cloud.firestore_v1.services.firestore.transports import FirestoreGrpcAsyncIOTransport
from google.genai.types import HttpOptions
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

ISSUER = os.environ["ISSUER"]
DATABASE = f"projects/{os.environ['GOOGLE_CLOUD_PROJECT']}/databases/(default)"
METADATA = [("authorization", "Bearer owner"), ("google-cloud-resource-prefix", DATABASE)]
ONCE: Any = {"retry": None, "timeout": 5, "metadata": METADATA}
Commit, Read, Write = types.CommitRequest, types.BatchGetDocumentsRequest, types.Write.pb()


@cache
def key() -> jwt.PyJWK:
    """Fetch the issuer's one key."""
    return jwt.PyJWKClient(f"{ISSUER}/jwks.json").get_signing_keys()[0]


@cache
def firestore() -> FirestoreAsyncClient:
    """Open the one channel of the process."""
    channel = grpc.aio.insecure_channel(os.environ["FIRESTORE_EMULATOR_HOST"])
    return FirestoreAsyncClient(transport=FirestoreGrpcAsyncIOTransport(channel=channel))


@cache
def gemini() -> genai.Client:
    """Make the one client of the process, as many connections as there are calls."""
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
    url = os.environ["GEMINI_URL"]
    options = HttpOptions(base_url=url, api_version="v1beta", aiohttp_client=session)
    return genai.Client(api_key=os.environ["GEMINI_API_KEY"], http_options=options)


@functions_framework.aio.http
async def token(request: Request) -> Response:
    """Read, mint, write."""
    bearer = request.headers["authorization"].removeprefix("Bearer ")
    user = jwt.decode(bearer, key(), ["RS256"], audience="livepass", issuer=ISSUER)["sub"]
    name = f"{DATABASE}/documents/sdks_users/{user}"
    read = await firestore().batch_get_documents(Read(database=DATABASE, documents=[name]), **ONCE)
    (found,) = [types.BatchGetDocumentsResponse.pb(answer) async for answer in read]
    write = Write(update={"name": name, "fields": {"last": {"integer_value": 1}}})
    if found.HasField("found"):
        write.current_document.update_time.CopyFrom(found.found.update_time)
    else:
        write.current_document.exists = False
    until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=30)
    made = await gemini().aio.auth_tokens.create(config={"uses": 1, "expire_time": until})
    commit = Commit.pb()(database=DATABASE, writes=[write])
    await firestore().commit(Commit.wrap(commit), **ONCE)
    return JSONResponse({"token": made.name}, 201)

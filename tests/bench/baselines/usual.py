"""(b) The usual design: Flask with the framework's default threads, clients made at import, usage
counted in a transaction, tokens made by the SDK.
"""

from __future__ import annotations

import datetime
import os
import time
from typing import Any

import flask
import functions_framework
import jwt
from google import genai
from google.cloud import firestore

ISSUER = os.environ["ISSUER"]
MAX_PER_HOUR = int(os.environ["MAX_PER_HOUR"])

db = firestore.Client(project=os.environ["GOOGLE_CLOUD_PROJECT"])
gemini = genai.Client(
    api_key=os.environ["GEMINI_API_KEY"],
    http_options={"base_url": os.environ["GEMINI_URL"], "api_version": "v1alpha"},
)
keys = jwt.PyJWKClient(f"{ISSUER}/jwks.json")


@firestore.transactional
def count(transaction: firestore.Transaction, user: Any, now: float) -> bool:
    """Count one more in the last hour, if there is room."""
    document = user.get(transaction=transaction).to_dict() or {"mints": []}
    mints = [mint for mint in document["mints"] if mint > now - 3600]
    if len(mints) >= MAX_PER_HOUR:
        return False
    transaction.set(user, {"mints": [*mints, now]})
    return True


@functions_framework.http
def token(request: flask.Request) -> flask.typing.ResponseReturnValue:
    """Make a token for whoever is signed in and within the limit."""
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
    try:
        key = keys.get_signing_key_from_jwt(bearer)
        claims = jwt.decode(bearer, key, ["RS256"], audience="livepass", issuer=ISSUER)
    except jwt.PyJWTError:
        return {"error": "unauthenticated"}, 401
    user = db.collection("usual_users").document(claims["sub"])
    if not count(db.transaction(), user, time.time()):
        return {"error": "too many tokens"}, 429
    now = datetime.datetime.now(datetime.UTC)
    made = gemini.auth_tokens.create(
        config={
            "uses": 1,
            "expire_time": now + datetime.timedelta(minutes=30),
            "new_session_expire_time": now + datetime.timedelta(minutes=2),
            "live_connect_constraints": {
                "model": "gemini-3.8-live",
                "config": {"response_modalities": ["AUDIO"], "temperature": 0.7},
            },
        }
    )
    return {"token": made.name}, 201

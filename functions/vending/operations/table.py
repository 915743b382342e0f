"""Every operation of the contract, declared once, in the order of OpenAPI.

An operation's handler is the method of its name in this room; what that takes and returns is the
request and the answer of the contract. The table is not beside the handlers, since a new instance
answers preflights and strangers by it before it has loaded any, and what those import takes three
times as long as this does.
"""

from __future__ import annotations

from vending import errors
from vending.http.operation import Operation, Parameter
from vending.patterns import USER_HASH

BASE = "/api/v1"
ADMIN = f"{BASE}/admin"
_USER = f"{ADMIN}/users/{{user}}"
_TOKEN = f"{BASE}/live-token"
_SESSION = f"{_TOKEN}/sessions/{{sessionId}}"
_VENDING = (
    errors.ReplayExpired,
    errors.IdempotencyKeyReused,
    errors.QuotaExceeded,
    errors.UpstreamRejected,
    errors.UpstreamUnavailable,
)
_NO_SUCH = (errors.NotFound, errors.StoreUnavailable)

OPERATIONS = (
    Operation(
        name="mint",
        method="POST",
        path=_TOKEN,
        event="TOKEN_CREATED",
        summary="Mint a token and start a session",
        status=201,
        vends=True,
        refusals=(*_VENDING, errors.SessionEnded, errors.MintingPaused),
    ),
    Operation(
        name="refresh",
        method="POST",
        path=f"{_TOKEN}/refresh",
        event="TOKEN_REFRESHED",
        summary="A new token for one of the caller's live sessions",
        status=201,
        vends=True,
        refusals=(
            *(*_VENDING, errors.NotFound),
            *(errors.SessionEnded, errors.SessionExpired, errors.MintingPaused),
        ),
    ),
    Operation(
        name="usage",
        method="GET",
        path=f"{_TOKEN}/usage",
        event="USAGE_READ",
        summary="Limits, and what is used and left",
        refusals=(errors.QuotaExceeded,),
    ),
    Operation(
        name="sessions",
        method="GET",
        path=f"{_TOKEN}/sessions",
        event="SESSIONS_READ",
        summary="The caller's sessions from the last 24 hours",
        refusals=(errors.QuotaExceeded,),
    ),
    Operation(
        name="session",
        method="GET",
        path=_SESSION,
        event="SESSIONS_READ",
        summary="One of the caller's sessions",
        refusals=(errors.NotFound, errors.QuotaExceeded),
    ),
    Operation(
        name="report",
        method="POST",
        path=f"{_SESSION}/usage",
        event="USAGE_REPORTED",
        summary="Report the tokens a talk has used so far; three at once, then one every ten s",
        status=204,
        late=True,
        refusals=(errors.NotFound, errors.SessionExpired, errors.QuotaExceeded),
    ),
    Operation(
        name="end_session",
        method="DELETE",
        path=_SESSION,
        event="SESSION_ENDED",
        summary="End a session: no more refreshes, and its slot is free",
        status=204,
        late=True,
        refusals=(errors.NotFound, errors.QuotaExceeded),
    ),
    Operation(
        name="weather",
        method="GET",
        path=f"{BASE}/tools/weather",
        event="WEATHER_READ",
        summary="The weather at a place, for the tool `get_weather`",
        query=(
            Parameter(
                name="place",
                description="The place's name, in printable characters.",
                max_length=100,
                required=True,
            ),
        ),
        refusals=(errors.NotFound, errors.QuotaExceeded, errors.WeatherUnavailable),
        reads_usage=False,
        struck=False,
    ),
    Operation(
        name="admin_overview",
        method="GET",
        path=f"{ADMIN}/overview",
        event="ADMIN_READ",
        summary="For admins: the last 24 hours, by hour, reason, session and user",
        access="admin",
        refusals=(errors.AuditUnavailable,),
    ),
    Operation(
        name="admin_audit",
        method="GET",
        path=f"{ADMIN}/audit",
        event="ADMIN_READ",
        summary="For admins: the newest lines of the audit trail",
        access="admin",
        query=(
            Parameter(name="user", description="A user's hash.", pattern=USER_HASH),
            Parameter(name="event", description="What the lines are of.", pattern="[A-Z_]{1,40}"),
        ),
        refusals=(errors.AuditUnavailable,),
    ),
    Operation(
        name="admin_user",
        method="GET",
        path=_USER,
        event="ADMIN_READ",
        summary="For admins: one user's usage and sessions",
        access="admin",
        refusals=_NO_SUCH,
    ),
    Operation(
        name="admin_set_tier",
        method="PUT",
        path=f"{_USER}/tier",
        event="ADMIN_CHANGED",
        summary="For admins: change a user's tier for a limited time",
        access="admin",
        refusals=_NO_SUCH,
    ),
    Operation(
        name="admin_reset_tier",
        method="DELETE",
        path=f"{_USER}/tier",
        event="ADMIN_CHANGED",
        summary="For admins: restore a user's original tier",
        status=204,
        access="admin",
        refusals=_NO_SUCH,
    ),
    Operation(
        name="admin_blocks",
        method="GET",
        path=f"{ADMIN}/blocks",
        event="ADMIN_READ",
        summary="For admins: blocks, temporary tiers and the pause",
        access="admin",
        refusals=(errors.StoreUnavailable,),
    ),
    Operation(
        name="admin_block",
        method="PUT",
        path=f"{ADMIN}/blocks/{{subject}}",
        event="ADMIN_CHANGED",
        summary="For admins: block a user or an address prefix for a limited time",
        access="admin",
        refusals=_NO_SUCH,
    ),
    Operation(
        name="admin_unblock",
        method="DELETE",
        path=f"{ADMIN}/blocks/{{subject}}",
        event="ADMIN_CHANGED",
        summary="For admins: lift a block",
        status=204,
        access="admin",
        refusals=_NO_SUCH,
    ),
    Operation(
        name="admin_pause",
        method="PUT",
        path=f"{ADMIN}/pause",
        event="ADMIN_CHANGED",
        summary="For admins: pause new talks for a limited time; each live one gets one more token",
        access="admin",
        refusals=_NO_SUCH,
    ),
    Operation(
        name="admin_resume",
        method="DELETE",
        path=f"{ADMIN}/pause",
        event="ADMIN_CHANGED",
        summary="For admins: lift the pause, unless the settings impose it",
        status=204,
        access="admin",
        refusals=(errors.StoreUnavailable,),
    ),
    Operation(
        name="config",
        method="GET",
        path=f"{_TOKEN}/config",
        event="CONFIG_READ",
        summary="Models, voices, tools, limits and ways to sign in",
        access="public",
    ),
    Operation(
        name="health",
        method="GET",
        path=f"{_TOKEN}/health",
        event="HEALTH_READ",
        summary="Whether tokens can be vended",
        access="public",
    ),
)

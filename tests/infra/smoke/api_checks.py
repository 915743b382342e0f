"""What the token API owes everybody, signed in or not."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

import httpx2

from infra.smoke.report import Broken, DoesNotApply
from infra.smoke.visit import Visit, document, expect

LOCKED = (("POST", ""), ("POST", "/refresh"), ("GET", "/usage"), ("GET", "/sessions"))
FORGED = {
    "X-Forwarded-For": "127.0.0.1, 10.0.0.1",
    "Forwarded": "for=127.0.0.1",
    "X-Real-IP": "127.0.0.1",
    "X-Forwarded-Host": "forged.example",
}
UNSIGNED = "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9."


def health_is_ok(visit: Visit) -> None:
    """The API is healthy"""
    answer = visit.ask("GET", "/health")
    if answer.status_code not in (200, 503):
        expect(answer, 200)
    health = document(answer)
    if answer.status_code != 200 or health.get("status") != "ok":
        checks = health.get("checks", {})
        failing = [name for name, state in checks.items() if state == "failing"]
        raise Broken(f"health is {health.get('status')}; failing: {', '.join(failing) or '?'}")


def code_is_the_deployed(visit: Visit) -> None:
    """It runs the code that was deployed"""
    if not visit.source:
        raise DoesNotApply
    runs = document(visit.ask("GET", "/health")).get("source", "unnamed code")
    if runs != visit.source:
        raise Broken(f"the API runs {runs}, not {visit.source}: its last update did not arrive")


def offer_is_sound(visit: Visit) -> None:
    """Its config offers models, the default one among them, and has limits on"""
    names = [model["name"] for model in visit.offer["models"]]
    if visit.offer["defaultModel"] not in names:
        raise Broken(f"the default model {visit.offer['defaultModel']} is not on offer: {names}")
    limits = visit.offer["tiers"]["default"]
    if limits["mintsPerHour"] is None and limits["tokensPerDay"] is None:
        raise Broken("no limit by the hour or the day: anybody signed in may mint without end")


def answers_are_never_kept(visit: Visit) -> None:
    """Its answers are never cached, and each can be found in the log"""
    for answer in (visit.ask("GET", "/config"), visit.ask("POST", "")):
        if answer.headers.get("cache-control") != "no-store":
            told = answer.headers.get("cache-control", "none")
            raise Broken(f"{answer.request.url} has Cache-Control {told}; it must be no-store")
        if not answer.headers.get("x-request-id"):
            raise Broken(f"{answer.request.url} answers without X-Request-Id")


def page_may_ask(visit: Visit) -> None:
    """The page may ask it from another origin"""
    api = urlsplit(visit.api)
    if visit.origin == f"{api.scheme}://{api.netloc}":
        raise DoesNotApply
    preflight = _preflight(visit, visit.origin)
    if preflight.headers.get("access-control-allow-origin") != visit.origin:
        raise Broken(f"a page at {visit.origin} may not ask: LIVE_API_ALLOWED_ORIGINS lacks it")
    for name, needed in {
        "access-control-allow-methods": "post",
        "access-control-allow-headers": "authorization",
    }.items():
        if needed not in preflight.headers.get(name, "").lower():
            raise Broken(f"the preflight's {name} lacks {needed}")
    exposed = visit.ask("GET", "/config", headers={"Origin": visit.origin}).headers
    if "retry-after" not in exposed.get("access-control-expose-headers", "").lower():
        raise Broken("the page cannot read Retry-After: Access-Control-Expose-Headers lacks it")


def others_may_not_ask(visit: Visit) -> None:
    """Pages of other origins may not"""
    for origin in ("https://livepass-smoke.example", f"{visit.origin}.example", "null"):
        asked = visit.ask("GET", "/config", headers={"Origin": origin})
        preflight = visit.ask("OPTIONS", "", headers=_asking(origin))
        if preflight.status_code != HTTPStatus.FORBIDDEN:  # as what runs for its owner alone says
            expect(preflight, 204)
        for answer in (preflight, asked):
            allowed = answer.headers.get("access-control-allow-origin")
            if allowed is not None:
                raise Broken(f"a page at {origin} may ask: the answer allows {allowed}")


def strangers_get_nothing(visit: Visit) -> None:
    """Nobody gets in without signing in, forged tokens and addresses or not"""
    for method, path in LOCKED:
        for headers in ({}, FORGED, {"Authorization": UNSIGNED}):
            answer = visit.ask(method, path, headers=headers)
            if answer.is_success:
                raise Broken(f"{method} {answer.request.url} is open to anybody: no sign-in asked")
            expect(answer, 401)
            if not answer.headers.get("www-authenticate", "").startswith("Bearer"):
                raise Broken(f"401 of {answer.request.url} has no WWW-Authenticate: Bearer")


def forged_address_changes_nothing(visit: Visit) -> None:
    """A forged X-Forwarded-For changes nothing in what is on offer"""
    forged = document(expect(visit.ask("GET", "/config", headers=FORGED), 200))
    if changed := sorted(name for name in visit.offer if forged.get(name) != visit.offer[name]):
        raise Broken(f"with a forged X-Forwarded-For, config differs in {', '.join(changed)}")


def _preflight(visit: Visit, origin: str) -> httpx2.Response:
    return expect(visit.ask("OPTIONS", "", headers=_asking(origin)), 204)


def _asking(origin: str) -> dict[str, str]:
    return {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type",
    }


CHECKS = (
    health_is_ok,
    code_is_the_deployed,
    offer_is_sound,
    answers_are_never_kept,
    page_may_ask,
    others_may_not_ask,
    strangers_get_nothing,
    forged_address_changes_nothing,
)

"""What a person gets: one token, no second, a talk, a refresh, an end."""

from __future__ import annotations

import json
from urllib.parse import quote, urlsplit

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.sync.client import connect

from infra.smoke.api_checks import FORGED
from infra.smoke.report import Broken, NotChecked
from infra.smoke.visit import Visit, document, expect, is_loopback

GEMINI_HOST = "generativelanguage.googleapis.com"
SETUP_S = 15


def token_is_minted(visit: Visit) -> None:
    """A test user mints a token, for the model that config names"""
    minted = visit.minted
    connect_to, model = minted["connect"], f"models/{visit.offer['defaultModel']}"
    for told in (connect_to["model"], connect_to["setup"]["model"]):
        if told != model:
            raise Broken(f"the token is for {told}; config promises {model}")
    parts, api = urlsplit(connect_to["url"]), urlsplit(visit.api)
    if parts.hostname != GEMINI_HOST and not is_loopback(api.hostname or ""):
        raise Broken(f"the socket is at {parts.hostname}, which is not Gemini")


def second_token_is_refused(visit: Visit) -> None:
    """A second one is refused and told when to come back, forged addresses or not"""
    if not visit.minted["usage"]["cooldown"]["seconds"]:
        raise NotChecked("no cooldown is set (LIVE_API_COOLDOWN_PERIOD_MINUTES=0)")
    for headers in ({}, FORGED):
        answer = visit.ask_as(visit.person, "POST", "", headers=headers)
        if answer.is_success:
            how = "with a forged X-Forwarded-For" if headers else "at once"
            raise Broken(f"a second token was given {how}: the cooldown does not hold")
        problem = document(expect(answer, 429))
        if "cooldown" not in problem["violated"]:
            raise Broken(f"429 for {problem['violated']}, without the cooldown")
        if not answer.headers.get("retry-after", "").isdigit():
            raise Broken("429 without Retry-After: nobody knows when to come back")
        if '"cooldown";r=0' not in answer.headers.get("ratelimit", ""):
            raise Broken(f"429 with RateLimit '{answer.headers.get('ratelimit')}'")


def token_is_counted(visit: Visit) -> None:
    """Usage counts exactly one of them"""
    counted = visit.minted["usage"]["hour"]["used"]
    used = document(expect(visit.ask_as(visit.person, "GET", "/usage"), 200))["hour"]["used"]
    if used != counted or (visit.person.new and used != 1):
        raise Broken(f"usage says {used} mints this hour; after the mint it was {counted}")


def socket_takes_the_token(visit: Visit) -> None:
    """Gemini's socket takes the token and completes the setup"""
    told = visit.minted["connect"]
    url = f"{told['url']}?access_token={quote(visit.minted['token'], safe='')}"
    try:
        with connect(url, open_timeout=SETUP_S, close_timeout=1) as socket:
            socket.send(json.dumps({"setup": told["setup"]}))
            first = json.loads(socket.recv(timeout=SETUP_S))
    except ConnectionClosed as closed:
        why = closed.rcvd.reason if closed.rcvd else "no reason"
        raise Broken(f"Gemini closed the socket: {why}") from None
    except InvalidStatus as refused:
        raise Broken(f"Gemini answered {refused.response.status_code}") from None
    except (OSError, InvalidHandshake, ValueError) as error:  # their text may have the token's URL
        raise Broken(f"no Live socket at {told['url']}: {type(error).__name__}") from None
    if "setupComplete" not in first:
        raise Broken(f"Gemini's first message is {', '.join(first)}, not setupComplete")


def session_is_refreshed(visit: Visit) -> None:
    """A refresh gives another token for the same session, where a slot is free for another talk"""
    session, slots = visit.minted["session"]["id"], visit.minted["usage"]["sessions"]
    answer = visit.ask_as(visit.person, "POST", "/refresh", json={"sessionId": session})
    if slots["limit"] is not None and slots["active"] >= slots["limit"]:
        expect(answer, 429)
        return
    refreshed = document(expect(answer, 201))
    if refreshed["token"] == visit.minted["token"]:
        raise Broken("a refresh gave the same token again")
    if (refreshed["session"]["id"], refreshed["session"]["tokens"]) != (session, 2):
        raise Broken(f"a refresh gave a token of {refreshed['session']}, not the second of ours")


def ended_session_stays_ended(visit: Visit) -> None:
    """An ended session takes no more tokens"""
    session = visit.minted["session"]["id"]
    expect(visit.ask_as(visit.person, "DELETE", f"/sessions/{session}"), 204)
    again = visit.ask_as(visit.person, "POST", "/refresh", json={"sessionId": session})
    if again.is_success:
        raise Broken("a session that was ended was refreshed")
    expect(again, 409)


CHECKS = (
    token_is_minted,
    second_token_is_refused,
    token_is_counted,
    socket_takes_the_token,
    session_is_refreshed,
    ended_session_stays_ended,
)

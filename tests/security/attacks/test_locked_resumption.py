"""Locked resumption: what clients are told, and what is refused if it is off."""

from __future__ import annotations

import json

import pytest

from support.fakes.livepass import BASE, Answer, Livepass, bearer, id_token

ALICE = id_token("alice")
HANDLE = "CihjOWQ4-handle_of=a.talk"


async def refresh(livepass: Livepass, session: str, handle: str, key: str = "") -> Answer:
    headers = [bearer(ALICE), ("Content-Type", "application/json")]
    headers += [("Idempotency-Key", key)] if key else []
    body = json.dumps({"sessionId": session, "resumptionHandle": handle}).encode()
    return await livepass.ask("POST", f"{BASE}/refresh", headers, body)


@pytest.mark.parametrize("locks", [False, True])
async def test_setup_to_send_has_resumption_only_where_it_is_the_client_s(locks: bool) -> None:
    livepass = Livepass(lock_resumption=locks)

    minted = (await livepass.mint(ALICE)).body
    refreshed = (await livepass.refresh(ALICE, minted["session"]["id"])).body

    setup = {"model": "models/gemini-3.8-live", **({} if locks else {"sessionResumption": {}})}
    assert [minted["connect"]["setup"], refreshed["connect"]["setup"]] == [setup, setup]


async def test_handle_is_a_bad_field_where_tokens_lock_none_and_costs_no_read() -> None:
    livepass = Livepass()
    session = (await livepass.mint(ALICE)).body["session"]["id"]
    reads = livepass.ledger.reads

    refused = await refresh(livepass, session, HANDLE)

    assert (refused.status, refused.code) == (400, "invalid-request")
    assert [error["field"] for error in refused.body["errors"]] == ["resumptionHandle"]
    assert livepass.ledger.reads == reads


async def test_handle_is_a_part_of_what_is_repeated_and_in_no_line_and_no_document() -> None:
    livepass, key = Livepass(lock_resumption=True), "8e03978e-40d5-43e8-bc93-6894a57f9324"
    minted = await livepass.mint(ALICE)
    session = minted.body["session"]["id"]

    first = await refresh(livepass, session, HANDLE, key)
    again = await refresh(livepass, session, HANDLE, key)
    other = await refresh(livepass, session, HANDLE + "2", key)

    assert [first.status, again.status, other.status] == [201, 201, 422]
    assert again.body["token"] == first.body["token"]
    document = json.dumps(livepass.ledger.document(first.line["user"]))
    assert HANDLE not in first.logged + again.logged + other.logged + document

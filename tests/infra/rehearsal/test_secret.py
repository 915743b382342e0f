"""`make secret`, rehearsed: a key is passed by standard input only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from io import StringIO

import pytest

from infra.rehearsal.checkout import Checkout
from ops.secret import _asked, _try
from ops.stop import Stop
from support.servers.small_server import small_server

KEY = "AIzaSy-the-second-key-of-this-rehearsal"


@contextmanager
def gemini(status: int) -> Iterator[str]:
    with small_server(lambda _: (status, b"{}")) as url:
        yield url


@pytest.fixture(autouse=True)
def _gemini_takes_any_key(request: pytest.FixtureRequest) -> Iterator[None]:
    with gemini(200) as url:
        for name in ("ready", "empty", "deployed", "rolled_back"):
            if name in request.fixturenames:
                request.getfixturevalue(name).env["GOOGLE_GEMINI_BASE_URL"] = url
        yield


def versions(checkout: Checkout) -> list[tuple[str, str]]:
    return [(each["key"], each["state"]) for each in checkout.cloud.read()["secret"] or []]


def read_by(checkout: Checkout) -> tuple[str, str]:
    """The revision that answers, and the version of the key that it reads."""
    serving = checkout.cloud.serving()
    assert serving is not None
    return serving["name"], serving["key"]


def test_first_key_makes_its_secret_and_says_what_is_next(empty: Checkout) -> None:
    done = empty.make("secret", stdin=f"{KEY}\n", CONFIRM="yes")

    assert done.status == 0, done.said
    assert versions(empty) == [(KEY, "ENABLED")]
    assert "Next: make deploy ENV=dev" in done.said
    assert empty.cloud.read()["revisions"] == []


def test_rotation_turns_the_old_key_off_when_the_new_one_serves(deployed: Checkout) -> None:
    done = deployed.make("secret", stdin=f"{KEY}\n")

    assert done.status == 0, done.said
    assert versions(deployed) == [("first", "DISABLED"), (KEY, "ENABLED")]
    assert read_by(deployed) == ("token-api-00002", "latest")
    order = [" ".join(call[1:4]) for call in deployed.cloud.calls() if call[0] == "gcloud"]
    assert order.index("secrets versions add") < order.index("run services update")
    assert order.index("run services update") < order.index("secrets versions disable")
    assert KEY not in str(deployed.cloud.calls())  # anybody on the machine reads arguments
    assert KEY not in done.said

    kept = deployed.cloud.releases()
    again = deployed.make("deploy", CONFIRM="no")  # nothing to ask: the code is the same

    assert again.status == 0, again.said
    assert deployed.cloud.releases() == kept


def test_key_that_does_not_serve_leaves_the_old_one_in_use(deployed: Checkout) -> None:
    deployed.reached.bad_keys.add("2")

    done = deployed.make("secret", stdin=f"{KEY}\n")

    assert done.status != 0
    assert "version 1 is in use again" in done.said
    assert versions(deployed) == [("first", "ENABLED"), (KEY, "DISABLED")]
    assert read_by(deployed) == ("token-api-00003", "1")
    stopped = deployed.make("deploy", CONFIRM="yes")
    assert "the newest is disabled: make secret ENV=dev" in stopped.said

    mended = deployed.make("secret", stdin="AIzaSy-the-third-key\n")

    assert mended.status == 0, mended.said
    assert [state for _, state in versions(deployed)] == ["DISABLED", "DISABLED", "ENABLED"]
    assert read_by(deployed) == ("token-api-00004", "latest")


def test_key_that_gemini_refuses_is_not_stored(deployed: Checkout) -> None:
    with gemini(400) as url:
        deployed.env["GOOGLE_GEMINI_BASE_URL"] = url
        done = deployed.make("secret", stdin=f"{KEY}\n")

    assert "Gemini rejected this key" in done.said
    assert len(versions(deployed)) == 1


@pytest.mark.parametrize(
    ("status", "refused"), [(401, True), (403, True), (429, False), (500, False)]
)
def test_only_a_refusal_is_taken_for_one(
    status: int, refused: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with gemini(status) as url:
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", url)
        with pytest.raises(Stop, match="rejected this key") if refused else nullcontext():
            _try(KEY)

    assert ("could not check the key" in capsys.readouterr().out) != refused


def test_what_is_no_key_is_not_stored(deployed: Checkout) -> None:
    done = deployed.make("secret", stdin="two words\n")

    assert done.status != 0
    assert "That is not an API key" in done.said
    assert len(versions(deployed)) == 1


@pytest.mark.parametrize("nonsense", ["", "two words", "schlüssel", "tab\there", "\x1b[A"])
def test_no_nonsense_is_taken_for_a_key(nonsense: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO(f"{nonsense}\n"))

    with pytest.raises(Stop, match="That is not an API key"):
        _asked()


def test_rolled_back_deployment_is_not_moved_forward_by_a_new_key(rolled_back: Checkout) -> None:
    done = rolled_back.make("secret", stdin=f"{KEY}\n")

    assert done.status != 0
    assert "token-api-00001 serves people, not the newest revision" in done.said
    assert len(versions(rolled_back)) == 1

"""The Authorization header has one scheme and one token; anything else is a 401."""

from __future__ import annotations

import subprocess
import sys

import pytest

from vending.errors import Unauthenticated
from vending.identity.bearer import MAX_TOKEN_BYTES, bearer


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_scheme_is_read_in_any_case(scheme: str) -> None:
    assert bearer([f"{scheme} abc.def-_~+/.ghi=="]) == "abc.def-_~+/.ghi=="


def test_token_of_8_kib_is_taken_and_one_byte_more_is_not() -> None:
    assert bearer([f"Bearer {'x' * MAX_TOKEN_BYTES}"])

    with pytest.raises(Unauthenticated):
        bearer([f"Bearer {'x' * (MAX_TOKEN_BYTES + 1)}"])


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param((), id="none"),
        pytest.param(("Basic YTpi",), id="Basic"),
        pytest.param(("abc.def.ghi",), id="no scheme"),
        pytest.param(("Bearer\tabc",), id="a tab"),
        pytest.param(("",), id="empty"),
    ],
)
def test_no_credentials_get_a_challenge_without_an_error(headers: tuple[str, ...]) -> None:
    with pytest.raises(Unauthenticated) as refusal:
        bearer(headers)

    assert refusal.value.status == 401
    assert refusal.value.challenge is None  # RFC 6750 section 3.1


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer  abc",
        "Bearer abc ",
        "Bearer abc def",
        "Bearer abc, Bearer def",
        "Bearer abc\n",
        "Bearer abc\0",
        "Bearer =abc",
        "Bearer äbc",
        "Bearer \N{FULLWIDTH LATIN SMALL LETTER A}bc",
        'Bearer "abc"',
    ],
)
def test_what_is_no_token_is_an_invalid_one(header: str) -> None:
    with pytest.raises(Unauthenticated) as refusal:
        bearer([header])

    assert refusal.value.challenge == "invalid_token"
    assert "abc" not in str(refusal.value)


def test_two_headers_are_an_invalid_request_even_when_they_agree() -> None:
    with pytest.raises(Unauthenticated) as refusal:
        bearer(["Bearer abc", "Bearer abc"])

    assert refusal.value.challenge == "invalid_request"


def test_reading_a_header_imports_nothing_heavy() -> None:
    heavy = {"jwt", "cryptography", "httpx2", "google.genai", "pydantic", "starlette", "asyncio"}
    code = f"import sys, vending.identity.bearer; print(sorted({heavy} & sys.modules.keys()))"

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=ENV)

    assert run.stdout.strip() == b"[]"


ENV = {"PYTHONPATH": ":".join(sys.path)}

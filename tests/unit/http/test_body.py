"""A body becomes a request of the contract, or a refusal that names its fields."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vending.contract.requests import MAX_INSTRUCTION, MintRequest, RefreshRequest
from vending.errors import FieldError, InvalidRequest, PayloadTooLarge, UnsupportedMediaType
from vending.http.body import BODY_PATIENCE_S, MAX_BODY_BYTES, parse_body, read_body

JSON = {"content-type": "application/json"}
SESSION = "0123456789abcdef01234567"


class Sent:
    """A request's body as it comes in, in pieces; `read` is how many were taken."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = pieces
        self.read = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            self.read += 1
            yield piece


async def body(*pieces: bytes, headers: Mapping[str, str] = JSON) -> bytes:
    return await read_body(headers, aiter(Sent(*pieces)))


def problems(text: str | bytes, model: Any = MintRequest) -> dict[str, str]:
    with pytest.raises(InvalidRequest) as caught:
        parse_body(text.encode() if isinstance(text, str) else text, model)
    return {error.field: error.message for error in caught.value.errors}


# --- bytes ----------------------------------------------------------------------------------------


async def test_body_is_taken_in_pieces() -> None:
    assert await body(b'{"vo', b"", b'ice": ', b'"Puck"}') == b'{"voice": "Puck"}'


async def test_body_of_64_kib_is_taken_and_one_byte_more_is_not() -> None:
    assert len(await body(b" " * MAX_BODY_BYTES)) == 64 * 1024
    with pytest.raises(PayloadTooLarge):
        await body(b" " * MAX_BODY_BYTES, b" ")


def escapes(text: re.Match[str]) -> str:
    """Write each unit of a JSON string as an escape of six bytes."""
    units = json.loads(text[0]).encode("utf-16-be")
    return '"' + "".join(f"\\u{one:02x}{two:02x}" for one, two in batched(units)) + '"'


def batched(units: bytes) -> Iterator[tuple[int, int]]:
    return zip(units[::2], units[1::2], strict=True)


@pytest.mark.parametrize("letter", ["\U0001f600", "\u00e9", "x"])
async def test_longest_instruction_fits_in_whatever_escapes(letter: str) -> None:
    """With every other field as long as it may be, too, and all of it escaped that can be."""
    fields = {
        "systemInstruction": letter * MAX_INSTRUCTION,
        "model": "m" * 100,
        "voice": "v" * 100,
        "tools": ["t" * 100] * 16,
        "turnDetection": {"mode": "automatic", "silenceMs": 10_000},
    }
    written = json.dumps(fields)
    escaped = re.sub(r'"(?:[^"\\]|\\.)*"', escapes, written)

    for sent in (written, escaped):
        request = parse_body(await body(sent.encode()), MintRequest)
        assert request.system_instruction == letter * MAX_INSTRUCTION


async def test_reading_stops_at_the_limit() -> None:
    sent = Sent(*[b" " * 4096] * 1000)

    with pytest.raises(PayloadTooLarge):
        await read_body(JSON, aiter(sent))

    assert sent.read == 17


@pytest.mark.parametrize("length", [str(MAX_BODY_BYTES + 1), "9" * 5000])
async def test_announced_length_is_refused_before_anything_is_read(length: str) -> None:
    sent = Sent(b"{}")

    with pytest.raises(PayloadTooLarge):
        await read_body({**JSON, "content-length": length}, aiter(sent))

    assert sent.read == 0


@pytest.mark.parametrize("length", ["", "-1", "two", "1e3", "\u00b2", "2, 2"])
async def test_length_that_is_no_number_does_not_matter(length: str) -> None:
    assert await body(b"{}", headers={**JSON, "content-length": length}) == b"{}"


async def test_body_that_drips_is_left_when_patience_is_over() -> None:
    dripped = 0

    async def drip() -> AsyncIterator[bytes]:
        nonlocal dripped
        while True:
            dripped += 1
            await asyncio.sleep(0.01)
            yield b" "

    with pytest.raises(InvalidRequest) as refused:
        await read_body(JSON, drip(), patience_s=0.1)

    assert refused.value.errors == (FieldError("body", "did not arrive within 0.1 s"),)
    assert dripped < 20


def test_patience_is_ten_seconds() -> None:
    assert BODY_PATIENCE_S == 10


async def test_empty_body_needs_no_type() -> None:
    assert await body(headers={}) == b""
    assert await body(b"", headers={"content-type": "text/plain"}) == b""


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON",
        "application/json;charset=utf-8",
        'application/json; charset="UTF-8"',
    ],
)
async def test_json_in_utf_8_is_taken(content_type: str) -> None:
    assert await body(b"{}", headers={"content-type": content_type}) == b"{}"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": ""},
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "application/problem+json"},
        {"content-type": "application/jsonp"},
        {"content-type": "application/json, application/json"},
        {"content-type": "application/json; charset=utf-16"},
        {"content-type": "application/json; boundary=x"},
        {**JSON, "content-encoding": "gzip"},
        {**JSON, "content-encoding": "identity, gzip"},
    ],
    ids=str,
)
async def test_anything_but_plain_json_is_unsupported(headers: Mapping[str, str]) -> None:
    with pytest.raises(UnsupportedMediaType):
        await body(b"{}", headers=headers)


# --- JSON -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", " ", "\t\n\r ", "{}"])
def test_nothing_is_an_empty_request(text: str) -> None:
    assert parse_body(text.encode(), MintRequest) == MintRequest()


@pytest.mark.parametrize("text", ["[]", "7", '"x"', "true", "[{}]"])
def test_what_is_no_object_is_refused(text: str) -> None:
    assert problems(text) == {"body": "must be a JSON object"}


def nested(levels: int) -> str:
    return '{"tools":' + "[" * (levels - 1) + "]" * (levels - 1) + "}"


def test_nesting_is_taken_to_sixteen_levels() -> None:
    assert set(problems(nested(16))) == {"tools.0"}
    assert problems(nested(17)) == {"body": "must be plain JSON: too deep"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not JSON at line 1, column 2"),
        ('{"voice": "Puck", "voice": "Kore"}', "a name appears twice"),
        (b'{"voice": "\xff"}', "not UTF-8 at byte 11"),
        ('{"temperature": ' + "1" * 10_000 + "}", ""),
    ],
    ids=lambda value: str(value)[:24],
)
def test_what_readers_disagree_on_is_refused(text: str | bytes, reason: str) -> None:
    told = problems(text)

    assert list(told) == ["body"]
    assert told["body"].startswith("must be plain JSON: ")
    assert reason in told["body"]


# --- fields ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"surprise": 1}, "surprise"),
        ({"Voice": "Puck"}, "Voice"),
        ({"response_modality": "AUDIO"}, "response_modality"),
        ({"durationMinutes": 30, "x": 1}, "x"),
        ({"voice": 7}, "voice"),
        ({"voice": ""}, "voice"),
        ({"voice": "x" * 101}, "voice"),
        ({"voice": ["Puck"]}, "voice"),
        ({"responseModality": "VIDEO"}, "responseModality"),
        ({"temperature": "0.5"}, "temperature"),
        ({"temperature": -0.01}, "temperature"),
        ({"temperature": 2.01}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"systemInstruction": "x" * 4001}, "systemInstruction"),
        ({"tools": "get_weather"}, "tools"),
        ({"tools": ["x"] * 17}, "tools"),
        ({"tools": [1]}, "tools.0"),
        ({"thinkingLevel": "LOW"}, "thinkingLevel"),
        ({"turnDetection": "manual"}, "turnDetection"),
        ({"turnDetection": {"mode": "psychic"}}, "turnDetection.mode"),
        ({"turnDetection": {"silenceMs": 10_001}}, "turnDetection.silenceMs"),
        ({"turnDetection": {"silenceMs": 0.5}}, "turnDetection.silenceMs"),
        ({"turnDetection": {"more": 1}}, "turnDetection.more"),
        ({"turnDetection": {"mode": "manual", "silenceMs": 5}}, "turnDetection"),
        ({"durationMinutes": 0}, "durationMinutes"),
        ({"durationMinutes": 1200}, "durationMinutes"),
        ({"durationMinutes": 5.5}, "durationMinutes"),
        ({"durationMinutes": "5"}, "durationMinutes"),
        ({"durationMinutes": True}, "durationMinutes"),
        ({"durationMinutes": 10**30}, "durationMinutes"),
        ({"durationMinutes": 10**400}, "body"),
        ({"duration": -5}, "duration"),
        ({"duration": 5, "durationMinutes": 5}, "body"),
        ({"uses": 0}, "uses"),
        ({"uses": 101}, "uses"),
    ],
    ids=lambda value: json.dumps(value)[:40],
)
def test_bad_field_of_a_mint_is_named_as_it_was_written(
    document: dict[str, Any], field: str
) -> None:
    assert list(problems(json.dumps(document))) == [field]


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({}, "sessionId"),
        ({"sessionId": ""}, "sessionId"),
        ({"sessionId": None}, "sessionId"),
        ({"sessionId": SESSION.upper()}, "sessionId"),
        ({"sessionId": f"{SESSION}\n"}, "sessionId"),
        ({"sessionId": SESSION[1:]}, "sessionId"),
        ({"sessionId": "../../etc/passwd"}, "sessionId"),
        ({"sessionId": SESSION, "voice": "Puck"}, "voice"),
        ({"sessionId": SESSION, "durationMinutes": 0}, "durationMinutes"),
    ],
    ids=lambda value: json.dumps(value)[:40],
)
def test_bad_field_of_a_refresh_is_named_as_it_was_written(
    document: dict[str, Any], field: str
) -> None:
    assert list(problems(json.dumps(document), RefreshRequest)) == [field]


def test_unknown_field_is_said_to_be_none() -> None:
    assert problems('{"surprise": 1}') == {"surprise": "is not a field of this request"}


def test_all_bad_fields_are_named_together() -> None:
    assert set(problems('{"voice": 1, "uses": 0, "a": 1, "b": 2}')) == {"voice", "uses", "a", "b"}


def test_null_is_the_same_as_not_given() -> None:
    assert parse_body(b'{"voice": null, "tools": null, "uses": null}', MintRequest) == MintRequest()


def test_edges_of_every_range_are_taken() -> None:
    least = {"temperature": 0, "durationMinutes": 1, "uses": 1, "turnDetection": {"silenceMs": 0}}
    most = {
        "temperature": 2,
        "durationMinutes": 1199,
        "uses": 100,
        "turnDetection": {"silenceMs": 10_000},
        "systemInstruction": "x" * 4000,
    }

    assert parse_body(json.dumps(least).encode(), MintRequest).temperature == 0
    assert parse_body(json.dumps(most).encode(), MintRequest).uses == 100


def test_refusal_never_repeats_what_was_sent() -> None:
    canary = "alice@example.com"

    told = problems(json.dumps({"voice": [canary], "temperature": canary, "tools": canary}))

    assert canary not in str(told)


def test_name_of_a_field_is_told_in_ascii_and_short() -> None:
    told = problems(json.dumps({"\u202eevil\u0000" + "x" * 500: 1}))

    (field,) = told
    assert field.isascii()
    assert len(field) <= 60


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
))  # fmt: skip
def test_any_document_is_a_request_or_a_refusal(document: Any) -> None:
    text = json.dumps(document).encode()

    for model in (MintRequest, RefreshRequest):
        try:
            assert isinstance(parse_body(text, model), model)
        except InvalidRequest as error:
            assert error.errors  # noqa: PT017 - both ways are right


@pytest.mark.parametrize("written", ["30.0", "3e1", "300e-1", "30.00"])
def test_whole_number_is_one_however_it_is_written(written: str) -> None:
    """JSON Schema 2020-12 section 4.2.3: 30.0 is an integer; JavaScript has no other kind."""
    assert parse_body(b'{"durationMinutes": %s}' % written.encode(), MintRequest).minutes == 30


@pytest.mark.parametrize("written", ["30.5", "1e300", "9007199254740993.0", "3e-1"])
def test_number_that_is_not_whole_or_not_exact_is_no_integer(written: str) -> None:
    assert problems(f'{{"durationMinutes": {written}}}').keys() == {"durationMinutes"}


def test_number_with_a_fraction_may_be_whole() -> None:
    request = parse_body(b'{"temperature": 1.0}', MintRequest)

    assert request == parse_body(b'{"temperature": 1}', MintRequest)


@pytest.mark.parametrize(
    "body",
    [
        b"\x0c",
        b"\x0b",
        b" \x0c ",
        b"\xc2\xa0",
        b"\xe2\x80\x83",
        b"\xef\xbb\xbf",
        b"\x00",
        b"\x1c",
        b"\x85",
    ],
)
@pytest.mark.parametrize("around", [b"%s", b"%s{}", b"{}%s", b"{%s}"])
def test_any_other_whitespace_is_no_json(body: bytes, around: bytes) -> None:
    assert problems(around % body, MintRequest).keys() == {"body"}


def test_null_is_an_absent_body_where_nothing_is_needed() -> None:
    assert parse_body(b"null", MintRequest) == MintRequest()
    assert problems("null", RefreshRequest).keys() == {"body"}

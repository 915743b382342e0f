"""JSON that two parsers might read differently is refused."""

from __future__ import annotations

import contextlib
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vending import strict_json

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
NUMBERS = st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda children: st.lists(children) | st.dictionaries(TEXT, children),
)


@given(VALUES)
def test_every_value_is_read_as_it_was_written(value: object) -> None:
    assert strict_json.parse(json.dumps(value).encode(), max_depth=100) == value


@given(st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_nonsense_is_a_value_error_and_nothing_else(raw: bytes) -> None:
    with contextlib.suppress(ValueError):
        strict_json.parse(raw, max_depth=8)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b'{"a": 1, "a": 1}', "twice"),
        (b'[{"b": {"a": 1, "\\u0061": 2}}]', "twice"),
        (b"[NaN]", "NaN"),
        (b"[-Infinity]", "Infinity"),
        (b"[1e999]", "too large"),
        (b"1" * 41, "too long"),
        (b'["\\ud800"]', "Unicode"),
        (b'{"\\udfff": 1}', "Unicode"),
        (b'["\xff"]', "UTF-8"),
        (b"\xef\xbb\xbf[]", "JSON"),
        (b"[] []", "JSON"),
        (b"", "JSON"),
        (b"[[[[]]]]", "deep"),
        (b'[[{"a": []}]]', "deep"),
        (b"[" * 100_000, "deep"),
    ],
)
def test_ambiguous_document_is_refused(raw: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        strict_json.parse(raw, max_depth=3)


@pytest.mark.parametrize("raw", [b'{"secret": 1, "secret": 1}', b'["secret" x]', b"secret"])
def test_refusal_does_not_quote_the_document(raw: bytes) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011  whichever it is
        strict_json.parse(raw, max_depth=3)

    assert "secret" not in str(refusal.value)


def test_nesting_up_to_the_bound_is_read() -> None:
    assert strict_json.parse(b'[[["deep enough"]]]', max_depth=3) == [[["deep enough"]]]


ANY_TEXT = st.text(st.characters() | st.sampled_from("\ud800[]{}\\u"), max_size=4)
ANY_VALUES = st.recursive(
    st.integers() | ANY_TEXT,
    lambda children: st.lists(children) | st.dictionaries(ANY_TEXT, children),
    max_leaves=8,
)


@given(ANY_VALUES, st.booleans())
def test_document_is_refused_if_and_only_if_it_is_too_deep_or_no_text(
    value: object, ascii_only: bool
) -> None:
    raw = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    text = json.dumps(value, ensure_ascii=False)
    good = depth(value) <= 2 and not re.search("[\ud800-\udfff]", text)

    with contextlib.nullcontext() if good else pytest.raises(ValueError, match=r"deep|text|UTF-8"):
        assert strict_json.parse(raw, max_depth=2) == value


def depth(value: object) -> int:
    match value:
        case dict():
            return 1 + max(map(depth, value.values()), default=0)
        case list():
            return 1 + max(map(depth, value), default=0)
    return 0


@pytest.mark.parametrize(
    ("names", "is_taken"), [(strict_json.MAX_NAMES, True), (strict_json.MAX_NAMES + 1, False)]
)
def test_object_of_more_names_than_anything_we_read_is_refused(names: int, is_taken: bool) -> None:
    raw = json.dumps({f"{n}": n for n in range(names)}).encode()

    refused = pytest.raises(ValueError, match="too many names")
    with contextlib.nullcontext() if is_taken else refused:
        assert strict_json.parse(raw, max_depth=1) == json.loads(raw)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("30.0", True),
        ("3e1", True),
        ("-0.0", True),
        ("0." + "9" * 20, False),
        ("0." + "9" * 60, False),
    ],
)
def test_whole_number_is_an_integer_and_one_that_is_rounded_is_not(text: str, whole: bool) -> None:
    read = strict_json.parse(text.encode(), max_depth=1)

    assert read == round(float(text))
    assert isinstance(read, int) is whole

"""The contract only grows: whatever was made for an older revision's, such as the page that people
have open, asks for nothing that is gone, and finds in answers all that it reads, of the same kind.

That the page reads nothing unasked that older answers lack is `web/tests/revisions.test.ts`'s.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from support.servers.fleet import ROOT

Schema = dict[str, Any]
CONTRACT = "functions/openapi.yaml"
FIRST = "d68375605112"  # the first revision that vends
CLOSED = "6289248a1975"  # the last whose answers were closed, and whose mints had two shapes
LAST = "the one before the last change"
DEEPEST = 6  # fields within fields: parameters of functions have no end
# Bounds, and what a wider one of them is.
WIDER = {"minLength": min, "minimum": min, "maxLength": max, "maximum": max, "maxItems": max}


def git(*command: str) -> str:
    ran = subprocess.run(("git", *command), cwd=ROOT, capture_output=True, text=True, check=True)
    return ran.stdout


def contract_of(revision: str) -> Schema:
    if revision == LAST:
        revision = git("log", "-1", "--skip=1", "--format=%H", "--", CONTRACT).strip()
    return dict(yaml.safe_load(git("show", f"{revision}:{CONTRACT}")))


NOW: Schema = yaml.safe_load((ROOT / CONTRACT).read_text())


@pytest.fixture(scope="module", params=[FIRST, CLOSED, LAST])
def before(request: pytest.FixtureRequest) -> Schema:
    return contract_of(request.param)


def choices(document: Schema, schema: Schema) -> list[Schema]:
    """What a value may be, references followed: one schema for each."""
    if "$ref" in schema:
        return choices(document, document["components"]["schemas"][schema["$ref"].split("/")[-1]])
    if "anyOf" in schema:
        return [each for part in schema["anyOf"] for each in choices(document, part)]
    return [schema]


def kinds(found: list[Schema]) -> set[str]:
    return {each.get("type", "any") for each in found}


def of_kind(found: list[Schema], kind: str) -> Schema:
    return next((each for each in found if each.get("type", "any") == kind), {})


def lost(sender: Schema, sent: Schema, reader: Schema, read: Schema, at: str) -> Iterator[str]:
    """Say what the sender may send that the reader, of another revision, does not expect."""
    if at.count(".") > DEEPEST:
        return
    mine, theirs = choices(sender, sent), choices(reader, read)
    expected = kinds(theirs) | ({"integer"} if "number" in kinds(theirs) else set())
    if unexpected := kinds(mine) - expected:
        yield f"{at} may be {', '.join(sorted(unexpected))}"
    for kind in sorted(kinds(mine) & kinds(theirs)):
        here, there = of_kind(mine, kind), of_kind(theirs, kind)
        yield from lost_values(here, there, at)
        yield from lost_fields(here, there, at)
        known = there.get("properties", {})
        for name, value in here.get("properties", {}).items():
            if name in known:
                yield from lost(sender, value, reader, known[name], f"{at}.{name}")
        if "items" in here and "items" in there:
            yield from lost(sender, here["items"], reader, there["items"], f"{at}[]")


def lost_values(here: Schema, there: Schema, at: str) -> Iterator[str]:
    """Values that are not expected; in answers, more may come within a type."""
    known = there.get("enum") or here.get("enum") or ()
    if unknown := set(here.get("enum") or ()) - set(known):
        yield f"{at} may be {', '.join(sorted(unknown))}"
    for bound, wider in WIDER.items() if at.startswith("request") else ():
        if bound in there and wider(there[bound], here.get(bound, there[bound])) != there[bound]:
            yield f"{at} has another {bound}"


def lost_fields(here: Schema, there: Schema, at: str) -> Iterator[str]:
    """Fields that are expected and may be missing, or that are not taken."""
    for name in there.get("required", ()):
        if name not in here.get("required", ()):
            yield f"{at}.{name} may be missing"
    if at.startswith("request") and there.get("additionalProperties") is False:
        for name in here.get("properties", {}).keys() - there.get("properties", {}).keys():
            yield f"{at}.{name} is not taken"


def operations(document: Schema) -> Iterator[tuple[str, str, Schema]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def json_of(holder: Schema) -> Schema | None:
    found: list[Schema] = [media["schema"] for media in holder.get("content", {}).values()]
    return found[0] if found else None


def test_no_operation_is_gone(before: Schema) -> None:
    ours = {(path, method) for path, method, _ in operations(NOW)}

    assert {(path, method) for path, method, _ in operations(before)} <= ours


def test_every_request_of_before_is_taken(before: Schema) -> None:
    told = [
        f"{method} {path}: {what}"
        for path, method, operation in operations(before)
        if (asked := json_of(operation.get("requestBody", {})))
        if (taken := json_of(NOW["paths"][path][method].get("requestBody", {})))
        for what in lost(before, asked, NOW, taken, "request")
    ]

    assert not told


def test_every_answer_has_what_a_client_of_before_reads(before: Schema) -> None:
    told = [
        f"{method} {path} {status}: {what}"
        for path, method, operation in operations(before)
        for status, answer in operation["responses"].items()
        if status in NOW["paths"][path][method]["responses"]
        if (read := json_of(answer))
        if (sent := json_of(NOW["paths"][path][method]["responses"][status]))
        for what in lost(NOW, sent, before, read, "answer")
    ]

    assert not told


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"type": "object", "properties": {}}, "answer.a may be missing"),
        (
            {"type": "object", "properties": {"a": {"type": "null"}}, "required": ["a"]},
            "answer.a may be null",
        ),
    ],
)
def test_what_shrinks_is_noticed(sent: Schema, told: str) -> None:
    read = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}

    assert list(lost({}, sent, {}, read, "answer")) == [told]

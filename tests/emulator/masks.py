"""The field mask: what a token's constraints leave of a client's setup."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from emulator.fields import SETUP
from emulator.refusals import Refusal, invalid_argument
from emulator.schema import Kind

Setup = dict[str, Any]


def mask_paths(text: str) -> tuple[str, ...]:
    """Return the paths of a mask as protobuf JSON writes it, each one checked. Raises Refusal."""
    paths = tuple(path.strip() for path in text.split(",") if path.strip())
    if not all(_is_known(path) for path in paths):
        raise invalid_argument("field_mask is invalid for BidiGenerateContentSetup")
    return paths


def check_covered(setup: Setup, paths: tuple[str, ...]) -> None:
    """Refuse a setup with a value outside a mask that is not empty. Raises Refusal."""
    stray = [leaf for leaf in _leaves(setup) if not any(_covers(path, leaf) for path in paths)]
    if paths and stray:
        raise _outside(stray)


def effective_setup(token: Setup | None, paths: tuple[str, ...], client: Setup) -> Setup:
    """Return the setup that holds, of the token's and the client's.

    Neither setup nor mask: the client's. A setup alone: the token's, whole, and nothing of the
    client's, not even its handle. A mask: what it names is the token's, or unset where the token
    has no value; the rest is the client's.
    """
    if not paths:
        return copy.deepcopy(client if token is None else token)
    merged = copy.deepcopy(client)
    for path in paths:
        _overwrite(merged, token or {}, path.split("."))
    return merged


def _outside(stray: list[str]) -> Refusal:
    # Guess: the words. That it is a 400 was seen in a live deployment.
    return invalid_argument(
        f"bidi_generate_content_setup has fields that field_mask does not name: {', '.join(stray)}"
    )


def _is_known(path: str) -> bool:
    # Guess: a path into a message, such as systemInstruction.parts, is good, as protobuf's own
    # rules have it; one report suspects that the service refuses it.
    kind: Kind = SETUP
    for name in path.split("."):
        if not isinstance(kind, Mapping) or name not in kind:
            return False
        kind = kind[name]
    return True


def _leaves(value: Mapping[str, Any], above: str = "") -> Iterator[str]:
    for name, item in value.items():
        if isinstance(item, Mapping) and item:
            yield from _leaves(item, f"{above}{name}.")
        else:
            yield above + name


def _covers(path: str, leaf: str) -> bool:
    return leaf == path or leaf.startswith(path + ".")


def _overwrite(into: Setup, source: Mapping[str, Any], names: list[str]) -> None:
    name, *below = names
    if not below:
        into.pop(name, None)
        if name in source:
            into[name] = copy.deepcopy(source[name])
        return
    inner = into.setdefault(name, {})
    _overwrite(inner, source.get(name) or {}, below)
    if not inner:
        del into[name]

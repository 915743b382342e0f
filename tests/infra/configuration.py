"""The Terraform configuration as text: what a plan does not tell, such as who names whom."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from infra.terraform import INFRA

_BLOCK = re.compile(r'^(resource|data) "(\w+)" "(\w+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
_LOCALS = re.compile(r"^locals \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_LOCAL = re.compile(r"^  (\w+) += ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A resource, and the text between its braces."""

    kind: str
    name: str
    text: str

    @property
    def address(self) -> str:
        return f"{self.kind}.{self.name}"

    def attribute(self, name: str) -> str:
        """The line that sets an attribute, or a nested one; empty if none does."""
        found = re.search(rf"^ +{name} += (.*)$", self.text, re.MULTILINE)
        return found[1] if found else ""

    @property
    def replaced_before_removed(self) -> bool:
        return "create_before_destroy = true" in self.text


@dataclass(frozen=True, slots=True)
class Configuration:
    """All resources of a root, by address, and its locals, by name."""

    resources: dict[str, Block]
    locals: dict[str, str]

    @classmethod
    def of(cls, root: Path = INFRA) -> Configuration:
        """Read every file of a root."""
        text = "\n".join(path.read_text() for path in sorted(root.glob("*.tf")))
        blocks = [Block(kind, name, body) for role, kind, name, body in _BLOCK.findall(text)]
        return cls({each.address: each for each in blocks}, dict(_locals(text)))

    def named_by(self, block: Block) -> set[str]:
        """The resources that it names, itself or by way of locals."""
        return self._named(block.text, set()) - {block.address}

    def _named(self, text: str, seen: set[str]) -> set[str]:
        named = {
            address for address in re.findall(r"\b\w+\.\w+", text) if address in self.resources
        }
        for name in set(re.findall(r"\blocal\.(\w+)", text)) - seen:
            named |= self._named(self.locals[name], seen | {name})
        return named


def _locals(text: str) -> Iterator[tuple[str, str]]:
    for body in _LOCALS.findall(text):
        starts = [*_LOCAL.finditer(body)]
        ends = [each.start() for each in starts[1:]] + [len(body)]
        for start, end in zip(starts, ends, strict=True):
            yield start[1], body[start.end() : end]

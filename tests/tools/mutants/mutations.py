"""Small changes to a module's source, one at a time: the usual operators of mutation testing.

Left alone is what no decision hangs on: annotations, docstrings, decorators, and the words of a
refusal, which are for the log.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from itertools import islice

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_OPERATIONS: dict[type[ast.operator], ast.operator] = {
    ast.Add: ast.Sub(),
    ast.Sub: ast.Add(),
    ast.Mult: ast.FloorDiv(),
    ast.FloorDiv: ast.Mult(),
    ast.Div: ast.Mult(),
    ast.Mod: ast.Mult(),
    ast.BitAnd: ast.BitOr(),
    ast.Pow: ast.Mult(),
}
_TWINS = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change: its line, what stands there and what instead; and the whole module with it."""

    line: int
    was: str
    now: str
    source: str

    def __str__(self) -> str:
        return f"{self.line}: {self.was}  ->  {self.now}"


def mutations(source: str) -> Iterator[Mutation]:
    """Every change of every place."""
    tree = ast.parse(source)
    for number, place in enumerate(_places(tree)):
        for changed in _changes(place.node):
            was, now = (ast.unparse(node).partition("\n")[0] for node in (place.node, changed))
            whole = deepcopy(tree)
            next(islice(_places(whole), number, None)).put(changed)
            yield Mutation(
                place.node.lineno, was, now, ast.unparse(ast.fix_missing_locations(whole))
            )


@dataclass(frozen=True, slots=True)
class _Place:
    """A node, and where it hangs."""

    node: ast.expr | ast.stmt
    put: Callable[[ast.AST], None]


def _places(parent: ast.AST) -> Iterator[_Place]:
    """All nodes whose change could change a decision."""
    for name, value in ast.iter_fields(parent):
        if name in ("annotation", "returns", "decorator_list", "bases"):
            continue
        if isinstance(parent, ast.Raise) and name == "exc":
            continue  # which words it says
        if ast.unparse(parent).startswith(("Literal[", "TypeVar(")):
            continue  # a type
        for at, child in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(child, ast.expr | ast.stmt) and not _is_docstring(child):
                put = partial(value.__setitem__, at) if isinstance(value, list) else None
                yield _Place(child, put or partial(setattr, parent, name))
            if isinstance(child, ast.AST) and not _is_docstring(child):
                yield from _places(child)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _changes(node: ast.expr | ast.stmt) -> Iterator[ast.expr | ast.stmt]:
    new = deepcopy(node)
    match new:
        case ast.Compare(ops=[op]):
            new.ops = [_COMPARISONS[type(op)]()]
            yield new
        case ast.BoolOp():
            new.op = ast.Or() if isinstance(new.op, ast.And) else ast.And()
            yield new
        case ast.UnaryOp(op=ast.Not()):
            yield new.operand
        case ast.UnaryOp(op=ast.USub()):
            yield new.operand
        case ast.BinOp(op=op) if type(op) in _OPERATIONS:
            new.op = _OPERATIONS[type(op)]
            yield new
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() | float() as value):
            yield ast.Constant(value + 1)
        case ast.Constant(value=str() as value) if value:
            yield ast.Constant(f"X{value}X")
        case ast.If() | ast.IfExp() | ast.While():
            new.test = ast.UnaryOp(ast.Not(), new.test)
            yield new
        case ast.Call(func=ast.Name(id=name)) if name in _TWINS:
            new.func = ast.Name(_TWINS[name], ast.Load())
            yield new
        case ast.Return(value=ast.expr() as value) if ast.unparse(value) != "None":
            yield ast.Return(ast.Constant(None))
        case ast.Raise() | ast.Expr():
            yield ast.Pass()

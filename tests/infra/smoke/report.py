"""A line for each check, and what came of them all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar, overload

T = TypeVar("T")
V = TypeVar("V")


class Broken(Exception):
    """What the deployment does wrong, as a sentence for whoever has to mend it."""


class NotChecked(Exception):
    """Why a check could not be made. No failure, and said loudly."""


class DoesNotApply(Exception):
    """This deployment has nothing of the kind."""


class NotReached(Exception):
    """A check rests on something that failed before, and was told of then."""


class Fact(Generic[V, T]):
    """An attribute that is found out at its first use, once, whether that succeeds or fails."""

    def __init__(self, find_out: Callable[[V], T]) -> None:
        self._find_out = find_out
        self._name = f"_{find_out.__name__}"

    @overload
    def __get__(self, visit: None, owner: type[V]) -> Fact[V, T]: ...
    @overload
    def __get__(self, visit: V, owner: type[V]) -> T: ...
    def __get__(self, visit: V | None, owner: type[V]) -> Fact[V, T] | T:
        if visit is None:
            return self
        found = vars(visit)
        if self._name not in found:
            found[self._name] = None  # what stays when it fails
            found[self._name] = (self._find_out(visit),)
        if found[self._name] is None:
            raise NotReached
        value: T = found[self._name][0]
        return value


def run(checks: Iterable[Callable[[V], None]], visit: V) -> bool:
    """Make all checks, each named by its docstring; True when none failed."""
    outcomes = [_made(check, visit) for check in checks]
    failed, unmade = outcomes.count("FAILED"), outcomes.count("NOT CHECKED")
    lost, made = outcomes.count("not reached"), len(outcomes) - outcomes.count("none here")
    if failed:
        print(f"The smoke test failed: {failed} of {made} checks, {lost} not reached.")
    elif unmade + lost:
        print(f"The smoke test passed, BUT {unmade + lost} OF {made} CHECKS WERE NOT MADE.")
    else:
        print(f"The smoke test passed: {made} checks.")
    return not failed


def _made(check: Callable[[V], None], visit: V) -> str:
    outcome, why = "ok", ""
    try:
        check(visit)
    except DoesNotApply:
        outcome = "none here"
    except NotReached:
        outcome = "not reached"
    except Broken as broken:
        outcome, why = "FAILED", str(broken)
    except NotChecked as reason:
        outcome, why = "NOT CHECKED", str(reason)
    except (LookupError, TypeError, AttributeError) as error:
        lacks = f"it lacks {error}" if isinstance(error, LookupError) else str(error)
        outcome, why = "FAILED", f"an answer is not as the contract has it: {lacks}"
    print(f"  {outcome:<11}  {check.__doc__}" + (f"\n{'':15}{why}" if why else ""), flush=True)
    return outcome

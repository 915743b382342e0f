"""One change tried: a child of this process runs a module's tests on another source of it.

All libraries are imported in the parent and nothing of ours, so that a trial takes about a second.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from types import ModuleType

from tools.mutants.workshop import FAILED, PASSED, ROOT

PATIENCE_S = 180  # of a trial: what takes longer is taken for one that never ends
STILLBORN = 70  # our own exit code: the source cannot even be imported
BROKEN = 71
SURVIVED, KILLED, TIMED_OUT, NEVER_BORN = "survived", "killed", "timed out", "stillborn"
_VERDICTS = {
    PASSED: SURVIVED,
    FAILED: KILLED,
    -signal.SIGALRM: TIMED_OUT,
    STILLBORN: NEVER_BORN,
}


class NoVerdict(Exception):
    """The tests neither passed nor failed: nothing is known of the change."""


def verdict(module: str, source: str, tests: Sequence[str]) -> str:
    """Run tests on a source of a module.

    Raises:
        NoVerdict: they could not be run, or would run on the source that is imported already.
    """
    if f"vending.{module}" in sys.modules:
        raise NoVerdict(f"{module} is imported already")
    child = os.fork()
    if child == 0:
        _run_and_exit(module, source, tests)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code not in _VERDICTS:
        raise NoVerdict(f"{module}: its tests ended with {code}, which is no verdict")
    return _VERDICTS[code]


class _Mutant(MetaPathFinder, Loader):
    """Imports one module of ours from another source."""

    def __init__(self, name: str, source: str) -> None:
        self._name, self._source = name, source

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        """Find that one."""
        if fullname != self._name:
            return None
        file = ROOT / "functions" / f"{fullname.replace('.', '/')}.py"
        return spec_from_loader(fullname, self, origin=str(file))

    def exec_module(self, module: ModuleType) -> None:
        """Make it what the source says."""
        assert module.__spec__
        module.__file__ = module.__spec__.origin
        exec(compile(self._source, str(module.__file__), "exec"), module.__dict__)


def _run_and_exit(module: str, source: str, tests: Sequence[str]) -> None:
    import pytest  # noqa: PLC0415 - the parent has it

    os.setsid()
    signal.alarm(PATIENCE_S)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    sys.meta_path.insert(0, _Mutant(f"vending.{module}", source))
    paths = [f"tests/{part}" if part.endswith(".py") else part for part in tests]
    try:
        import_module(f"vending.{module}")
    except BaseException:  # noqa: BLE001 - a child says how it went by its exit code alone
        os._exit(STILLBORN)
    try:
        code = int(pytest.main(["-x", "--assert=plain", "-p", "no:cacheprovider", *paths]))
    except BaseException:  # noqa: BLE001
        code = BROKEN
    os._exit(code)

"""Mutation score of the modules that decide: `python -m mutants.score [module ...]`.

Each change is tried in a child of this process, in which all libraries are imported and nothing of
ours, so that a trial takes about a second; Firestore's emulator runs beside them. Ends with 1 below
85 %. mutmut and cosmic-ray did not fit: one rewrites copies of all sources and tests, the other
starts a whole pytest for each change.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from types import ModuleType

from mutants.mutations import Mutation, mutations
from mutants.workshop import FAILED, PASSED, ROOT
from stores.firestore_emulator import Firestore, emulator_at, environment, free_port, warm

LEAST = 0.85
AT_ONCE = 2
PATIENCE_S = 180  # of a trial: what takes longer is taken for one that never ends
LIBRARIES = (
    *(
        "cryptography.hazmat.primitives.ciphers.aead",
        "google.cloud.firestore",
        "httpx2",
        "hypothesis",
    ),
    *("hypothesis.stateful", "jwt", "pydantic", "pytest", "pytest_asyncio.plugin", "sqlite3"),
    *("starlette.testclient", "uvicorn", "websockets"),
)
_TOKENS = ("unit/test_bearer.py", "unit/test_authenticate.py", "unit/test_hostile_tokens.py")
_FEW = ("-k", "not changed_token and not nonsense_is_never and not 50_ms")
# None that runs processes or looks at the clock: they are long, or fail by chance when it is busy.
_STEADY = "not processes and not ledgers_see and not opened_at_once and not within_patience"
_LOCAL = ("-k", f"not cloud and not sdk and {_STEADY}")
_CLOUD = ("-k", f"not sqlite and {_STEADY}")
TESTS: dict[str, tuple[str, ...]] = {
    "admit": (
        "unit/test_admit.py",
        "unit/test_shape.py",
        "unit/test_vend.py",
        "unit/test_answers.py",
        "unit/test_report.py",
    ),
    "authenticate": (*_TOKENS, "attacks/test_admin_routes.py", *_FEW),
    "bearer": (*_TOKENS, *_FEW),
    "signature": ("unit/test_keys.py", *_TOKENS, "attacks/test_algorithms.py", *_FEW),
    "signed_claims": (*_TOKENS, "unit/test_app_check.py", *_FEW),
    "replay": ("unit/test_replay.py", "unit/test_vend.py"),
    "ledger": ("unit/test_vend.py", "contract/test_ledgers.py", *_LOCAL),
    "sqlite_ledger": ("contract/test_ledgers.py", *_LOCAL),
    "sqlite_file": ("contract/test_ledgers.py", "contract/test_documents.py", *_LOCAL),
    "firestore_ledger": ("contract/test_ledgers.py", *_CLOUD),
    "firestore_values": ("contract/test_firestore_calls.py", *_CLOUD),
    "firestore_calls": ("contract/test_firestore_calls.py", "contract/test_ledgers.py", *_CLOUD),
}


class Mutant(MetaPathFinder, Loader):
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


def trial(module: str, source: str) -> int:
    """Run the module's tests on a source of it, in a child; give pytest's verdict, or a signal."""
    child = os.fork()
    if child == 0:
        _run_and_exit(module, source)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _run_and_exit(module: str, source: str) -> None:
    import pytest  # noqa: PLC0415 - the parent has it

    os.setsid()
    signal.alarm(PATIENCE_S)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    sys.meta_path.insert(0, Mutant(f"vending.{module}", source))
    tests = [f"tests/{part}" if part.endswith(".py") else part for part in TESTS[module]]
    try:
        code = pytest.main(["-x", "--assert=plain", "-p", "no:cacheprovider", *tests])
    except BaseException:  # noqa: BLE001 - a child says how it went by its exit code alone
        code = FAILED
    os._exit(int(code))


def survivors(module: str) -> Iterator[tuple[Mutation, bool]]:
    """Try all changes of a module; tell of each whether it survived."""
    source = (ROOT / "functions" / "vending" / f"{module}.py").read_text()
    if (honest := trial(module, source)) != PASSED:
        raise SystemExit(f"{module}: its tests end with {honest} on the honest source")
    changes = [*mutations(source)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        verdicts = pool.map(lambda change: trial(module, change.source), changes)
        for change, verdict in zip(changes, verdicts, strict=True):
            yield change, verdict == PASSED


def main(modules: Sequence[str]) -> int:
    """Score modules, with Firestore's emulator where one needs it."""
    for library in LIBRARIES:
        __import__(library)
    os.environ |= {"LIVEPASS_RUNS": "20", "HYPOTHESIS_MAX_EXAMPLES": "50"}
    with ExitStack() as stack:
        if any(name.startswith("firestore") for name in modules):
            firestore, _ = stack.enter_context(emulator_at(free_port()))
            os.environ["LIVEPASS_FIRESTORE"] = firestore.host
            warmed_up(firestore)
        return score(modules)


def warmed_up(firestore: Firestore) -> None:
    """Have it called till it is fast, in a child: no channel may be open when we fork."""
    if (child := os.fork()) == 0:
        with environment("FIRESTORE_EMULATOR_HOST", firestore.host):
            warm(firestore)
        os._exit(0)
    os.waitpid(child, 0)


def score(modules: Sequence[str]) -> int:
    """Print what survived, and the score of each module and of all."""
    total: Counter[bool] = Counter()
    for module in modules:
        began, count = time.monotonic(), Counter[bool]()
        for change, survived in survivors(module):
            count[survived] += 1
            if survived:
                print(f"  survived: {module}.py:{change}", flush=True)
        total += count
        taken_s = time.monotonic() - began
        print(
            f"{module:14} {count[False]:4} of {count.total():4} killed, {taken_s:.0f} s", flush=True
        )
    reached = total[False] / total.total()
    print(
        f"mutation score {reached:.1%} of {total.total()} changes, at least {LEAST:.0%} asked for"
    )
    return 0 if reached >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or [*TESTS]))

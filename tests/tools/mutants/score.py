"""Mutation score of the modules that decide: `python -m tools.mutants.score [module ...]`.

Firestore's emulator runs beside the trials. Killed is what made a test fail; what never ended is
killed too, and shown; a source that cannot be imported counts neither way; anything else, or an
honest source that does not pass at the end, ends it red. Each module must reach 85 %. mutmut 3.8
was tried on the slots of limits.counts: it killed 63 of 70, as ours does nine of ten, but changes
only what stands in a function, so no row of a table and no default, and wants the sources in ./src.
cosmic-ray starts a whole pytest for each change.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from support.runs import tables
from support.stores.firestore_emulator import Firestore, emulator_at, environment, free_port, warm
from tools.mutants.mutations import Mutation, mutations
from tools.mutants.trial import KILLED, NEVER_BORN, SURVIVED, TIMED_OUT, NoVerdict, verdict
from tools.mutants.workshop import ROOT

LEAST = 0.85
AT_ONCE = 2
HEADS = ("module", "cases", "passed", "timed out", "stillborn", "worst", "seed", "took")
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
_TOKENS = (
    "unit/identity/test_bearer.py",
    "unit/identity/test_authenticate.py",
    "unit/identity/test_hostile_tokens.py",
)
_VEND = tuple(f"unit/tokens/test_vend{of}.py" for of in ("", "_again", "_orders", "_sessions"))
_IN_A_FILE = tuple(f"contract/test_{of}.py" for of in ("ledgers", "sqlite_ledger", "sqlite_files"))
_LASTING = "contract/test_lasting_names.py"
_FEW = ("-k", "not changed_token and not nonsense_is_never and not 50_ms")
# None that runs processes or looks at the clock: they are long, or fail by chance when it is busy.
_STEADY = "not processes and not opened_at_once and not within_patience"
_LOCAL = ("-k", f"not cloud and not sdk and {_STEADY}")
_CLOUD = ("-k", f"not sqlite and {_STEADY}")
TESTS: dict[str, tuple[str, ...]] = {
    "limits.admit": (
        "unit/limits/test_admit.py",
        "unit/tokens/test_shape.py",
        *_VEND,
        "unit/operations/test_present.py",
        "unit/limits/test_report.py",
        "unit/tokens/test_batch.py",
        "unit/limits/test_slots.py",
    ),
    "limits.violations": (
        "unit/limits/test_admit.py",
        "unit/limits/test_slots.py",
        "unit/tokens/test_batch.py",
        "unit/tokens/test_idempotency.py",
        "unit/operations/test_present.py",
    ),
    "limits.counts": (
        "unit/limits/test_counts.py",
        "unit/limits/test_slots.py",
        "unit/limits/test_admit.py",
        "unit/operations/test_present.py",
    ),
    "limits.session": (
        "unit/limits/test_slots.py",
        "unit/limits/test_admit.py",
        "unit/limits/test_report.py",
        "unit/operations/test_present.py",
        "contract/test_ledgers.py",
        *_LOCAL,
    ),
    "limits.report": ("unit/limits/test_report.py",),
    "limits.finished": ("unit/limits/test_finished.py", "unit/limits/test_report.py"),
    "tokens.session_ids": (
        "unit/tokens/test_session_ids.py",
        "security/guard/test_forgotten_sessions.py",
    ),
    "identity.authenticate": (*_TOKENS, "security/attacks/test_admin_routes.py", *_FEW),
    "identity.bearer": (*_TOKENS, _LASTING, *_FEW),
    "identity.signature": (
        "unit/identity/test_jwks.py",
        *_TOKENS,
        "security/attacks/test_algorithms.py",
        *_FEW,
    ),
    "identity.id_token": (
        *_TOKENS,
        "unit/identity/test_app_check.py",
        "unit/identity/test_jwks.py",
        *_FEW,
    ),
    "tokens.idempotency": ("unit/tokens/test_idempotency.py", "unit/tokens/test_vend_again.py"),
    "store.ledger": (
        "unit/store/test_account.py",
        *_VEND,
        "unit/operations/test_health.py",
        "security/attacks/test_reads.py",
        *_LOCAL,
    ),
    "store.retry": ("unit/store/test_account.py", *_VEND, *_LOCAL),
    "store.sqlite_ledger": (*_IN_A_FILE, _LASTING, *_LOCAL),
    "store.sqlite_file": (
        *_IN_A_FILE,
        "contract/test_documents.py",
        _LASTING,
        *_LOCAL,
    ),
    "store.firestore": (
        "contract/test_ledgers.py",
        "contract/test_firestore_ledger.py",
        "contract/test_documents.py",
        _LASTING,
        *_CLOUD,
    ),
    "store.firestore_fields": ("contract/test_firestore_client.py", *_CLOUD),
    "store.firestore_channel": ("contract/test_firestore_client.py", *_CLOUD),
    "store.firestore_client": (
        "contract/test_firestore_client.py",
        "contract/test_ledgers.py",
        "contract/test_firestore_ledger.py",
        "contract/test_documents.py",
        *_CLOUD,
    ),
}


def verdicts(module: str) -> Iterator[tuple[Mutation, str]]:
    """Try all changes of a module, and the honest source before and after.

    Raises:
        NoVerdict: a trial proved nothing, or the honest source did not pass.
    """
    tests, source = TESTS[module], source_of(module).read_text()
    _honest(module, source)
    changes = [*mutations(source)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        told = pool.map(lambda change: verdict(module, change.source, tests), changes)
        yield from zip(changes, told, strict=True)
    _honest(module, source)


def source_of(module: str) -> Path:
    """Tell where a module's source is."""
    return ROOT / "functions" / "vending" / f"{module.replace('.', '/')}.py"


def _honest(module: str, source: str) -> None:
    if (told := verdict(module, source, TESTS[module])) != SURVIVED:
        raise NoVerdict(f"{module}: on the honest source its tests end with: {told}")


def main(modules: Sequence[str]) -> int:
    """Score modules, with Firestore's emulator where one needs it."""
    for library in LIBRARIES:
        __import__(library)
    os.environ |= {"LIVEPASS_RUNS": "20", "HYPOTHESIS_MAX_EXAMPLES": "50"}
    with ExitStack() as stack:
        if any(name.startswith("store.firestore") for name in modules):
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
    """Print what survived or never ended, and each module's score; tell whether all reach it."""
    weak = []
    for module in modules:
        began, count = time.monotonic(), Counter[str]()
        for change, told in verdicts(module):
            count[told] += 1
            if told != KILLED:
                print(f"  {told}: {module}: {change}", flush=True)
        if row(module, count, time.monotonic() - began) < LEAST:
            weak.append(module)
    print(*tables.lines(), sep="\n")
    print(f"at least {LEAST:.0%} of each is asked for; below: {', '.join(weak) or 'none'}")
    return 1 if weak else 0


def row(module: str, count: Counter[str], taken_s: float) -> float:
    """Print a module's figures, and return its score: what is stillborn proves nothing."""
    killed, cases = count[KILLED] + count[TIMED_OUT], count.total() - count[NEVER_BORN]
    reached = killed / cases
    tail = (count[TIMED_OUT], count[NEVER_BORN], f"{reached:.1%}", "none", f"{taken_s:.0f} s")
    tables.add("Mutation score", HEADS, (module, cases, killed, *tail))
    print(f"{module}: {killed} of {cases} killed, {reached:.1%}, {taken_s:.0f} s", flush=True)
    return reached


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or [*TESTS]))

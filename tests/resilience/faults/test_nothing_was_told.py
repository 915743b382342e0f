"""No secret in any log or answer of the fault suites. Runs last: it searches what all wrote."""

from __future__ import annotations

from support.servers.canaries import Evidence


def test_no_canary_is_in_any_log_or_answer(evidence: Evidence) -> None:
    sizes = evidence.sizes()

    assert not sizes["answers.log"] or sizes[".log"], "there is no log to search"
    assert evidence.found() == []

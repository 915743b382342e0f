"""Google's answers to what was made a moment ago are not always of this moment.

An apply that fails for a reason known to pass is planned again and carried on after a while; one
that meets what is there already takes it over. Everything else stops, with what Terraform said.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from ops.adopt import Adoption
from ops.command import Failed, run
from ops.terminal import say
from ops.terraform import Terraform

WAITS_S = (15, 30, 60, 120)


class Delay(NamedTuple):
    """What an error says, and what it means."""

    pattern: str
    meaning: str


# Each with where Google, or somebody who met it, tells of it.
DELAYS = (
    # registry.terraform.io, google_project_service: "it may take a few minutes"
    Delay(
        r"SERVICE_DISABLED|has not been used in project \S+ before or it is disabled",
        "An API that was just switched on is not known everywhere yet",
    ),
    # cloud.google.com/iam/docs/service-accounts-create: "eventually consistent"
    Delay(
        r"[Ss]ervice account \S+ (?:does not exist|was not found)",
        "A service account that was just made is not known everywhere yet",
    ),
    # cloud.google.com/iam/docs/access-change-propagation: 2 minutes, at times 7 or more
    Delay(
        r"Error 403|PERMISSION_DENIED|does not have (?:the )?\S*\s?(?:permission|access)",
        "A grant that was just made may not hold everywhere yet",
    ),
    # cloud.google.com/iam/docs/retry-strategy: read-modify-write, ABORTED
    Delay(
        r"concurrent policy changes|Error 409: .*ABORTED",
        "Somebody else changed the same policy at the same time",
    ),
    # cloud.google.com/compute/docs/troubleshooting: resourceNotReady
    Delay(r"resourceNotReady|is not ready", "What was just made is not ready yet"),
    # cloud.google.com/apis/design/errors: RESOURCE_EXHAUSTED, UNAVAILABLE
    Delay(r"Error 429|RATE_LIMIT_EXCEEDED", "Google takes no more requests this minute"),
    Delay(r"Error 50[234]|code 14\b", "Google cannot be reached at the moment"),
)


def delay(complaint: str) -> str | None:
    """What is known to pass, in words; None if it is not."""
    text = " ".join(complaint.replace("│", " ").split())
    return next((each.meaning for each in DELAYS if re.search(each.pattern, text)), None)


def carry_out(
    terraform: Terraform, plan: Callable[[], bool], adoption: Adoption | None = None
) -> None:
    """Apply the plan that was agreed to, and what a failure left of it. Raises Failed."""
    waits = list(WAITS_S)
    while True:
        try:
            terraform.apply()
        except Failed as failed:
            _await(failed, waits, adoption)
        else:
            return
        while not _planned(terraform, plan, waits, adoption):
            pass
        if not terraform.plan_file.exists():
            return


def _planned(
    terraform: Terraform, plan: Callable[[], bool], waits: list[int], adoption: Adoption | None
) -> bool:
    """Plan what is left; False to try once more."""
    try:
        if adoption:
            adoption.untaint()
        if not plan():
            terraform.plan_file.unlink(missing_ok=True)
    except Failed as failed:
        _await(failed, waits, adoption)
        return False
    return True


def _await(failed: Failed, waits: list[int], adoption: Adoption | None) -> None:
    """Do what helps against a failure. Raises it again if nothing is known to."""
    if adoption and adoption.take_over(failed.complaint):
        return
    meaning = delay(failed.complaint)
    if meaning is None or not waits:
        raise failed
    wait_s = waits.pop(0)
    attempt = len(WAITS_S) + 1 - len(waits)
    say(f"{meaning}. Trying again in {wait_s} s (attempt {attempt} of {len(WAITS_S) + 1}).")
    run("sleep", str(wait_s))

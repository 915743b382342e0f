"""The runbooks of the alerts: the commands in infra/README.md, run in their order."""

from __future__ import annotations

import re

import pytest

from infra.rehearsal.checkout import Checkout
from infra.terraform import INFRA

RUNBOOKS = (INFRA / "README.md").read_text().split("\n## Runbooks\n")[1].split("\n## ")[0]
ALERTS = {
    *re.findall(
        r"^    ([a-z-]+) = {\n      severity", (INFRA / "alerts.tf").read_text(), re.MULTILINE
    ),
    "unreachable",
}
COMMANDS = {
    name: "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    for name, text in re.findall(
        r"^### (.+?)\n(.*?)(?=^### |\Z)", RUNBOOKS, re.MULTILINE | re.DOTALL
    )
}
# What the function wrote, for each event that a runbook looks for, and what of it must be shown.
LINES = {
    "TOKEN_CREATED": {"user": "ab12"},
    "TOKEN_REFUSED": {"code": "quota-exceeded"},
    "UPSTREAM_FAILED": {"detail": "429 from Gemini"},
    "STORE_FAILED": {"detail": "UNAVAILABLE"},
    "IDENTITY_FAILED": {"detail": "accounts.example.com"},
    "INTERNAL_ERROR": {"traceback": "KeyError: 'model'"},
    "BUDGET_WARNED": {"reason": "90 % of the day's budget: $18.00 of $20.00"},
}


def entry(event: str, facts: dict[str, str]) -> dict[str, object]:
    payload = {"message": f"{event} 503", "event": event, **facts}
    return {"timestamp": "2026-11-30T10:00:00Z", "severity": "ERROR", "jsonPayload": payload}


@pytest.fixture
def troubled(updated: Checkout) -> Checkout:
    """A project with two releases, whose function has had every trouble."""
    updated.cloud.change(log=[entry(event, facts) for event, facts in LINES.items()])
    (updated.folder / "new-key").write_text("AIza" + "n" * 35)
    return updated


def test_every_alert_has_a_runbook_with_commands() -> None:
    assert COMMANDS.keys() == ALERTS
    assert all(COMMANDS.values())


@pytest.mark.parametrize("alert", COMMANDS)
def test_runbook_can_be_followed(troubled: Checkout, alert: str) -> None:
    script = COMMANDS[alert].replace("ENV=prod", "ENV=dev")
    script = re.sub(r"(?<=deploy ENV=dev)", " CONFIRM=yes", script)
    script = script.replace("https://accounts.example.com", f"{troubled.reached.url}/issuer")

    done = troubled.run(["bash", "-exc", script])

    assert done.status == 0, done.said
    for event in re.findall(r'event="([A-Z_]+)"', script):
        (fact,) = LINES[event].values()
        assert f"{event} 503" in done.said
        assert fact in done.said

"""`make bootstrap`, `destroy` and `logs`, rehearsed."""

from __future__ import annotations

from infra.rehearsal.checkout import Checkout
from infra.rehearsal.stories import tell

FINE = "deletion_protection = false in infra/envs/dev.tfvars"


def test_bootstrap_makes_the_bucket_and_names_it_for_terraform(empty: Checkout) -> None:
    empty.cloud.change(buckets=[])
    backend = empty.folder / "infra" / "envs" / "dev.gcs.tfbackend"
    backend.unlink()

    done = empty.make("bootstrap", CONFIRM="yes")
    again = empty.make("bootstrap", CONFIRM="no")

    assert done.status == 0, done.said
    assert backend.read_text() == 'bucket = "dev-project-state"\nprefix = "livepass"\n'
    assert "Next: make secret ENV=dev" in done.said
    assert again.status == 0, again.said
    assert len([call for call in empty.cloud.calls() if "apply" in call]) == 1


def test_bootstrap_says_when_the_bucket_is_another(empty: Checkout) -> None:
    done = empty.make("bootstrap", CONFIRM="yes")

    assert 'In infra/envs/dev.gcs.tfbackend set bucket = "dev-project-state".' in done.said


def test_protected_deployment_is_not_destroyed(deployed: Checkout) -> None:
    before = deployed.cloud.read()

    done = deployed.make("destroy", CONFIRM="dev-project")

    assert done.status != 0
    assert "Nothing was destroyed, because these are protected" in done.said
    assert "google_firestore_database.ledger" in done.said
    assert FINE in done.said
    assert deployed.cloud.read() == before
    tell("destroy", "it is protected", done, "Nothing was destroyed", deployed)


def test_destroy_wants_the_name_of_the_project(deployed: Checkout) -> None:
    deployed.cloud.change(protected=False)

    refused = deployed.make("destroy", CONFIRM="yes")

    assert refused.status != 0
    assert deployed.cloud.read()["revisions"] != []


def test_destroy_removes_what_was_made_and_says_what_stays(deployed: Checkout) -> None:
    deployed.cloud.change(protected=False)

    done = deployed.make("destroy", CONFIRM="dev-project")
    again = deployed.make("destroy", CONFIRM="dev-project")

    assert done.status == 0, done.said
    assert deployed.cloud.read()["revisions"] == []
    assert "Kept: gs://dev-state, the APIs" in done.said
    assert "Livepass has nothing in dev-project." in again.said
    tell("destroy, destroy", "", again, "Livepass has nothing", deployed)


def test_logs_are_lines_for_people_oldest_first(deployed: Checkout) -> None:
    minted = {"message": "TOKEN_CREATED 201 POST /api/v1/live-token", "user": "ab12"}
    newest_first = [
        {"timestamp": "2026-11-21T10:00:02Z", "severity": "INFO", "jsonPayload": minted},
        {"timestamp": "2026-11-21T10:00:01Z", "severity": "ERROR", "textPayload": "Traceback"},
    ]
    deployed.cloud.change(log=newest_first)

    done = deployed.make("logs", SINCE="2h", FILTER="severity>=INFO")

    assert done.said.splitlines()[-2:] == [
        "2026-11-21T10:00:01Z ERROR Traceback",
        "2026-11-21T10:00:02Z INFO TOKEN_CREATED 201 POST /api/v1/live-token user=ab12",
    ]
    (asked,) = (call for call in deployed.cloud.calls() if "logging" in call)
    assert "--freshness=2h" in asked
    assert asked[3].endswith("(severity>=INFO)")


def test_logs_show_how_long_it_took_and_what_broke(deployed: Checkout) -> None:
    """In the form of functions/vending/audit/log.py, and of Cloud Run's own line of a request."""
    slow = {"message": "TOKEN_CREATED 201 POST /", "latencyMs": {"gemini": 2400.4, "total": 2501.6}}
    broken = {"message": "INTERNAL_ERROR 500 POST /", "traceback": "Traceback:\nKeyError: 'x'"}
    refused = {
        "status": 429,
        "requestMethod": "POST",
        "requestUrl": "https://token-api.example.com/api/v1/live-token",
        "latency": "0.002s",
    }
    deployed.cloud.change(
        log=[
            {"severity": "WARNING", "logName": "projects/x/logs/requests", "httpRequest": refused},
            {"severity": "ERROR", "jsonPayload": broken},
            {"severity": "INFO", "jsonPayload": slow},
        ]
    )

    done = deployed.make("logs")

    assert [line.strip() for line in done.said.splitlines()[-5:]] == [
        "INFO TOKEN_CREATED 201 POST / gemini=2400ms total=2502ms",
        "ERROR INTERNAL_ERROR 500 POST /",
        "Traceback:",
        "KeyError: 'x'",
        "WARNING 429 POST https://token-api.example.com/api/v1/live-token 0.002s",
    ]


def test_drift_is_told_and_nothing_is_locked_or_changed(deployed: Checkout) -> None:
    same = deployed.make("drift")
    deployed.change_code("not deployed")
    before = deployed.cloud.read()

    other = deployed.make("drift")

    assert same.status == 0, same.said
    assert "dev-project is what the code says." in same.said
    assert other.status != 0
    assert "dev-project differs from the code; see the plan above." in other.said
    assert deployed.cloud.read() == before
    plans = [call for call in deployed.cloud.calls() if call[0] == "terraform" and "plan" in call]
    assert all("-lock=false" in call for call in plans)

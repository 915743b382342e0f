"""Problems of the first days, each as a whole story: nobody has to repeat a command."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.rehearsal.checkout import Checkout
from infra.rehearsal.cloud import KEY
from infra.rehearsal.stories import tell

IDENTITY = "google_identity_platform_config.main[0]"
SITE_KEY = "google_apikeys_key.site[0]"

# In the form of public reports; infra/ops/retries.py says where Google tells of each.
PASSING = {
    "an API that was just enabled": (
        (
            "Error: googleapi: Error 403: Cloud Run Admin API has not been used in project 4711 "
            "before or it is disabled. Enable it by visiting the console, then retry. "
            "If you enabled this API recently, wait a few minutes"
        ),
        "An API that was just switched on is not known everywhere yet.",
    ),
    "an account that was just made": (
        (
            "Error: Error applying IAM policy: googleapi: Error 400: Service account "
            "livepass-build@dev-project.iam.gserviceaccount.com does not exist., badRequest"
        ),
        "A service account that was just made is not known everywhere yet.",
    ),
    "a grant that was just made": (
        (
            "Error: Error waiting for Creating function: Error code 7, message: Build "
            "failed: livepass-build@dev-project.iam.gserviceaccount.com does not have "
            "storage.objects.get access"
        ),
        "A grant that was just made may not hold everywhere yet.",
    ),
    "a policy that somebody else changes": (
        (
            "Error: Error applying IAM policy: googleapi: Error 409: There were concurrent policy "
            "changes. Please retry the whole read-modify-write with exponential backoff., aborted"
        ),
        "Somebody else changed the same policy at the same time.",
    ),
    "a minute with too many requests": (
        "Error: googleapi: Error 429: Quota exceeded for quota metric 'Mutate requests'",
        "Google takes no more requests this minute.",
    ),
    "an API that is down": (
        "Error: googleapi: Error 503: The service is currently unavailable., backendError",
        "Google cannot be reached at the moment.",
    ),
    "what is not ready": (
        (
            "Error: googleapi: Error 400: The resource 'projects/x/global/backendBuckets/b' "
            "is not ready, resourceNotReady"
        ),
        "What was just made is not ready yet.",
    ),
}


def waits(checkout: Checkout) -> list[str]:
    return [call[1] for call in checkout.cloud.calls() if call[0] == "sleep"]


def with_sign_in(checkout: Checkout) -> None:
    tfvars = checkout.folder / "infra" / "envs" / "dev.tfvars"
    tfvars.write_text(f'{tfvars.read_text()}identity_platform = {{ ways = ["email"] }}\n')


@pytest.mark.parametrize(("complaint", "told"), PASSING.values(), ids=PASSING)
def test_first_deployment_waits_for_google_and_goes_on(
    ready: Checkout, complaint: str, told: str
) -> None:
    ready.cloud.change(complaints=[complaint, complaint])

    done = ready.make("deploy", CONFIRM="yes")

    assert done.status == 0, done.said
    assert f"{told} Trying again in 15 s (attempt 2 of 5)." in done.said
    assert waits(ready) == ["15", "30"]
    assert complaint in done.said
    assert ready.cloud.object("gs://dev-source/releases/live.json").is_file()
    tell("first deployment", complaint, done, "Trying again in 15 s", ready)


@pytest.mark.parametrize("command", ["bootstrap", "secret", "destroy"])
def test_whatever_applies_waits_for_google(ready: Checkout, command: str) -> None:
    """An empty project's first commands switch on APIs, and use them at once."""
    if command == "destroy":
        assert ready.make("deploy", CONFIRM="yes").status == 0
        ready.cloud.change(protected=False)
    else:
        ready.cloud.change(secret=None)
    complaint = PASSING["an API that was just enabled"][0]
    ready.cloud.change(complaints=[complaint])

    answer = "dev-project" if command == "destroy" else "yes"
    done = ready.make(command, f"AIza{'n' * 35}\n", CONFIRM=answer)

    assert done.status == 0, done.said
    assert waits(ready) == ["15"]
    tell(command, complaint, done, "Trying again in 15 s", ready)


def test_what_never_passes_stops_with_the_reason(ready: Checkout) -> None:
    complaint = PASSING["a grant that was just made"][0]
    ready.cloud.change(complaints=[complaint] * 9)

    done = ready.make("deploy", CONFIRM="yes")

    assert done.status != 0
    assert waits(ready) == ["15", "30", "60", "120"]
    assert done.said.count(complaint) == 5
    assert "Traceback" not in done.said
    tell("first deployment", f"for ever: {complaint}", done, "attempt 5 of 5", ready)


def test_what_is_not_known_to_pass_stops_at_once(ready: Checkout) -> None:
    ready.cloud.change(complaints=["Error: googleapi: Error 400: Invalid value for field"])

    done = ready.make("deploy", CONFIRM="yes")

    assert done.status != 0
    assert waits(ready) == []


def test_identity_platform_that_was_begun_and_not_set_up_is_kept(ready: Checkout) -> None:
    with_sign_in(ready)
    ready.cloud.change(
        complaints=["Error: Error updating Config: googleapi: Error 403: PERMISSION_DENIED"]
    )

    done = ready.make("deploy", CONFIRM="yes")

    assert done.status == 0, done.said
    assert "Identity Platform was begun, but not set up: going on from there." in done.said
    assert ready.cloud.read()["held"] == [IDENTITY, SITE_KEY]
    tell("first deployment", "Identity Platform fails half-way", done, "going on from there", ready)


def test_identity_platform_that_was_there_before_is_taken_over(ready: Checkout) -> None:
    with_sign_in(ready)
    ready.cloud.change(identity="begun")

    done = ready.make("deploy", CONFIRM="yes")

    assert done.status == 0, done.said
    assert "This project has Identity Platform already: taking it over" in done.said
    assert waits(ready) == []
    tell("first deployment", "Identity Platform was there", done, "taking it over", ready)


def test_database_that_vanished_as_it_was_made_is_taken_over(ready: Checkout) -> None:
    """hashicorp/terraform-provider-google issue 22533, seen with 7.44.0."""
    vanished = (
        "│ Error: Provider produced inconsistent result after apply\n│\n"
        "│ When applying changes to google_firestore_database.ledger, provider\n"
        '│ "provider[\\"registry.terraform.io/hashicorp/google\\"]" produced an unexpected new\n'
        "│ value: Root object was present, but now absent."
    )
    ready.cloud.change(complaints=[vanished])

    done = ready.make("deploy", CONFIRM="yes")

    assert done.status == 0, done.said
    (taken,) = [call[-2:] for call in ready.cloud.calls() if "import" in call]
    assert taken == ["google_firestore_database.ledger", "projects/dev-project/databases/livepass"]
    tell("first deployment", "the database vanishes", done, "taking it over", ready)


def test_deployment_of_an_older_release_is_moved_on(deployed: Checkout) -> None:
    """Or one whose first apply made the token function, and not the budget guard."""
    deployed.cloud.change(no_outputs=["build", "guard_name", "source"])
    looked = [deployed.make(command) for command in ("status", "plan", "smoke")]
    deployed.change_code("second")

    done = deployed.make("deploy", CONFIRM="yes")

    assert [each.status for each in looked] == [0, 0, 0], looked
    assert done.status == 0, done.said
    tell("deploy over an older release", "", done, "Livepass is up", deployed)


def test_destroyed_deployment_comes_back(ready: Checkout) -> None:
    with_sign_in(ready)
    assert ready.make("deploy", CONFIRM="yes").status == 0
    ready.cloud.change(protected=False)
    assert ready.make("destroy", CONFIRM="dev-project").status == 0
    ready.cloud.change(secret=[KEY])

    done = ready.make("deploy", CONFIRM="yes")

    assert done.status == 0, done.said
    assert "The site's key of an earlier deployment is still there: taking it over." in done.said
    assert "This project has Identity Platform already" in done.said
    tell("deploy, destroy, secret, deploy", "", done, "taking it over", ready)


@pytest.mark.parametrize(
    ("constraint", "rule"),
    [
        ("iam.allowedPolicyMemberDomains", {"values": {"allowedValues": ["C0xxxxxxx"]}}),
        ("storage.publicAccessPrevention", {"enforce": True}),
        (
            "cloudfunctions.allowedIngressSettings",
            {"values": {"allowedValues": ["ALLOW_INTERNAL_ONLY"]}},
        ),
        ("run.allowedIngress", {"values": {"allowedValues": ["internal"]}}),
    ],
)
def test_policy_that_forbids_is_told_before_anything_is_made(
    ready: Checkout, constraint: str, rule: dict[str, Any]
) -> None:
    ready.cloud.change(policies={constraint: rule})

    done = ready.make("deploy", CONFIRM="yes")

    assert done.status != 0
    assert f"the organisation's policy {constraint} forbids" in done.said
    assert not [call for call in ready.cloud.calls() if "apply" in call]
    tell("first deployment", f"policy {constraint}", done, "policy", ready)


def test_policy_that_allows_is_no_hindrance(ready: Checkout) -> None:
    allowed = {"iam.allowedPolicyMemberDomains": {"allowAll": True}}
    ready.cloud.change(policies={**allowed, "storage.publicAccessPrevention": {"enforce": False}})

    assert ready.make("doctor").status == 0


def test_release_can_be_chosen_by_its_name(updated: Checkout) -> None:
    first = min(updated.cloud.releases())
    updated.change_site("third")
    assert updated.make("deploy", CONFIRM="yes").status == 0

    unknown = updated.make("rollback", RELEASE="token-api-00009-x")
    back = updated.make("rollback", RELEASE=first)

    assert unknown.status != 0
    assert all(f"\n  {name}" in unknown.said for name in updated.cloud.releases())
    assert back.status == 0, back.said
    assert updated.cloud.read()["traffic"] == "token-api-00001"
    live = json.loads(updated.cloud.text("gs://dev-source/releases/live.json"))
    assert live["name"] == first
    tell("three releases, rollback RELEASE=", "", back, first, updated)


def test_status_says_what_is_live_and_what_answers(rolled_back: Checkout) -> None:
    before = rolled_back.cloud.read()

    done = rolled_back.make("status")

    assert done.status == 0, done.said
    assert "token-api-00001; the newest is token-api-00002" in done.said
    assert f"{before['revisions'][1]['source']}, as deployed" in done.said
    assert "version 1, enabled" in done.said
    assert rolled_back.cloud.read() == before


def test_status_of_a_build_that_failed_says_so(deployed: Checkout) -> None:
    deployed.change_code("second")
    deployed.cloud.change(fails="build")
    assert deployed.make("deploy", CONFIRM="yes").status != 0

    done = deployed.make("status")

    assert done.status != 0
    assert "The last deployment did not arrive: make deploy ENV=dev" in done.said
    tell("deploy, status", "the build fails", done, "token-api", deployed)

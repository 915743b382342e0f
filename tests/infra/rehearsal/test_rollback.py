"""`make rollback`, rehearsed."""

from __future__ import annotations

from infra.rehearsal.address import SITE
from infra.rehearsal.checkout import Checkout
from infra.rehearsal.stories import tell


def test_rollback_brings_the_previous_revision_and_site(
    updated: Checkout, rolled_back: Checkout
) -> None:
    assert updated.cloud.text(f"{SITE}/assets/about.txt") == "// second\n"
    assert rolled_back.cloud.read()["traffic"] == "token-api-00001"
    assert rolled_back.cloud.text(f"{SITE}/assets/about.txt") == ""

    again = rolled_back.make("rollback")

    assert again.status != 0
    assert "There is no earlier release to restore." in again.said


def test_deployment_after_a_rollback_goes_forward(rolled_back: Checkout) -> None:
    done = rolled_back.make("deploy", CONFIRM="yes")

    assert done.status == 0, done.said
    assert rolled_back.cloud.read()["traffic"] == "LATEST"
    assert rolled_back.make("rollback").status == 0
    assert rolled_back.cloud.read()["traffic"] == "token-api-00001"
    tell("rollback, deploy", "", done, "Livepass is up", rolled_back)


def test_rollback_to_what_does_not_work_says_so(updated: Checkout) -> None:
    updated.reached.broken.add("token-api-00001")

    back = updated.make("rollback")

    assert back.status != 0
    assert "it fails the smoke test, too" in back.said
    tell(
        "rollback",
        "the release before does not work either",
        back,
        "it fails the smoke test, too",
        updated,
    )


def test_deployment_that_broke_off_is_rolled_back_to_what_was_there(deployed: Checkout) -> None:
    deployed.change_code("second")
    deployed.change_site("second")
    deployed.cloud.change(fails="invalidate-cdn-cache")
    assert deployed.make("deploy", CONFIRM="yes").status != 0
    assert deployed.cloud.text(f"{SITE}/assets/about.txt") == "// second\n"

    back = deployed.make("rollback")

    assert back.status == 0, back.said
    assert deployed.cloud.read()["traffic"] == "token-api-00001"
    assert deployed.cloud.text(f"{SITE}/assets/about.txt") == ""
    tell("deploy, rollback", "publishing breaks off", back, "token-api-00001", deployed)


def test_nothing_deployed_is_nothing_to_roll_back(ready: Checkout) -> None:
    back = ready.make("rollback")

    assert back.status != 0
    assert "Nothing is deployed in dev-project yet: make deploy ENV=dev" in back.said

"""`make deploy`, rehearsed: the order of its steps, its second run, and how it takes back."""

from __future__ import annotations

import json
import re
from pathlib import Path

from infra.rehearsal.address import SITE
from infra.rehearsal.checkout import Checkout, Done
from infra.rehearsal.cloud import Cloud
from infra.rehearsal.stories import tell

LIVE = "gs://dev-source/releases/live.json"
FOREVER = "public, max-age=31536000, immutable"


def steps(cloud: Cloud) -> list[str]:
    """The calls that do something, by their words alone."""
    asking = ("version", "auth", "projects", "buckets", "describe", "list", "cat", "output", "show")
    told = []
    for program, *arguments in cloud.calls():
        words = [word for word in arguments if not word.startswith("-")]
        if not set(words) & set(asking):
            told.append(" ".join([program, *(re.sub(r"\S*/", "", word) or "/" for word in words)]))
    return told


def test_first_deployment_goes_step_by_step(first: tuple[Checkout, Done]) -> None:
    released, done = first

    assert done.said.rstrip().endswith(f"Livepass is up: {released.reached.url}/index.html")
    assert "The smoke test passed: " in done.said
    assert steps(released.cloud) == [
        "npm ci",
        "npm run build error",
        "terraform init",
        "terraform plan",
        "terraform apply infra.tfplan",
        *(
            "gcloud storage cp * /",
            "gcloud storage cp * /",
            "gcloud storage cp index.html index.html",
        ),
        "gcloud storage cp release.json",
        *(
            "gcloud storage cp * /",
            "gcloud storage cp * /",
            "gcloud storage cp index.html index.html",
        ),
        "gcloud compute url-maps invalidate-cdn-cache livepass",
        "gcloud storage cp live.json",
    ]


def test_files_are_uploaded_with_their_headers_and_the_page_last(deployed: Checkout) -> None:
    cloud, headers = deployed.cloud, deployed.cloud.read()["headers"]
    site = {url: told for url, told in headers.items() if url.startswith(SITE)}

    cached = {
        url: told["cache-control"].removesuffix(", no-transform") for url, told in site.items()
    }
    assert len(cached) > 20
    assert {url for url, told in cached.items() if told == FOREVER} == {
        url for url in cached if url.startswith(f"{SITE}/assets/")
    }
    assert {told for url, told in cached.items() if "/assets/" not in url} == {"no-cache"}
    assert {url.rpartition(".")[2] for url, told in site.items() if not told["gzip"]} == {
        "html",
        "png",
    }
    assert list(site)[-1] == f"{SITE}/index.html"
    config = json.loads(cloud.text(f"{SITE}/config.json"))
    assert config["api"] == deployed.reached.url


def test_only_the_plan_that_was_shown_is_applied(first: tuple[Checkout, Done]) -> None:
    calls = [call for call in first[0].cloud.calls() if call[0] == "terraform"]

    (plan,) = (call for call in calls if "plan" in call)
    (apply,) = (call for call in calls if "apply" in call)
    assert f"-out={apply[-1]}" in plan
    assert "-auto-approve" not in apply


def test_second_run_changes_nothing(deployed: Checkout) -> None:
    before, kept = deployed.cloud.read(), deployed.cloud.releases()

    done = deployed.make("deploy", CONFIRM="no")  # nobody is asked, as nothing would change

    assert done.status == 0, done.said
    assert "nothing to change" in done.said
    assert deployed.cloud.read() | {"invalidated": 0} == before | {"invalidated": 0}
    assert deployed.cloud.releases() == kept
    assert not [step for step in steps(deployed.cloud) if "npm" in step or "apply" in step]
    tell("deploy, deploy", "", done, "nothing to change", deployed)


def test_refusal_stops_before_anything_is_changed(ready: Checkout) -> None:
    before = ready.cloud.read()

    refused = ready.make("deploy", CONFIRM="no")
    unasked = ready.make("deploy")

    assert refused.status != 0
    assert "Nothing was changed." in refused.said
    assert unasked.status != 0
    assert "There is no terminal to ask. To skip the question: CONFIRM=yes" in unasked.said
    assert ready.cloud.read() == before


def test_failed_smoke_test_gives_people_back_what_they_had(deployed: Checkout) -> None:
    live = json.loads(deployed.cloud.text(LIVE))
    deployed.change_code("does not work")
    deployed.change_site("a new page")
    deployed.reached.broken.add("token-api-00002")

    done = deployed.make("deploy", CONFIRM="yes")

    assert done.status != 0
    assert "health is degraded; failing: ledger" in done.said
    assert f"{live['name']} is live again, function and site." in done.said
    assert deployed.cloud.read()["traffic"] == "token-api-00001"
    assert json.loads(deployed.cloud.text(LIVE)) == live
    assert deployed.cloud.text(f"{SITE}/assets/about.txt") == ""

    deployed.change_code("works")
    mended = deployed.make("deploy", CONFIRM="yes")

    assert mended.status == 0, mended.said
    assert deployed.cloud.read()["traffic"] == "LATEST"
    assert deployed.cloud.text(f"{SITE}/assets/about.txt") == "// a new page\n"
    tell("deploy, mend, deploy", "the code does not work", done, "is live again", deployed)


def test_release_that_people_had_before_is_not_taken_back(deployed: Checkout) -> None:
    deployed.reached.broken.add("token-api-00001")

    done = deployed.make("deploy", CONFIRM="yes")

    assert done.status != 0
    assert "which was already live" in done.said
    assert "make rollback ENV=dev" in done.said


def test_first_release_that_fails_says_that_there_is_none_before(ready: Checkout) -> None:
    ready.reached.broken.add("token-api-00001")

    done = ready.make("deploy", CONFIRM="yes")

    assert done.status != 0
    assert "this is the first release: there is none to restore" in done.said
    assert not ready.cloud.object(LIVE).exists()
    tell("first deployment", "the code does not work", done, "there is none to restore", ready)


def test_deployment_that_broke_off_is_made_up_by_the_next(ready: Checkout) -> None:
    for step, told in {"apply": "terraform", "dev-site/index.html": "gcloud storage cp"}.items():
        ready.cloud.change(fails=step)

        broken = ready.make("deploy", CONFIRM="yes")

        assert broken.status != 0
        assert f"`{told}" in broken.said
        assert "Traceback" not in broken.said
        assert not ready.cloud.object(f"{SITE}/index.html").exists()
    again = ready.make("deploy", CONFIRM="yes")
    assert again.status == 0, again.said
    tell("deploy three times", "apply, then publishing breaks off", again, "Livepass is up", ready)


def test_build_that_failed_is_built_again_though_terraform_thinks_it_done(
    deployed: Checkout,
) -> None:
    deployed.change_code("second")
    deployed.cloud.change(fails="build")
    broken = deployed.make("deploy", CONFIRM="yes")

    again = deployed.make("deploy", CONFIRM="yes")
    third = deployed.make("deploy", CONFIRM="no")

    assert broken.status != 0
    assert "Build failed with status: FAILURE" in broken.said
    assert again.status == 0, again.said
    assert "The last deployment did not finish: token-api runs " in again.said
    assert deployed.cloud.serving() == deployed.cloud.read()["revisions"][1]
    assert "nothing to change" in third.said
    tell(
        "deploy, deploy",
        "a build fails, and is stored as done",
        again,
        "It is built again",
        deployed,
    )


def test_function_that_is_not_active_is_no_deployment(deployed: Checkout) -> None:
    deployed.cloud.change(function_state="FAILED")
    deployed.change_site("second")

    done = deployed.make("deploy", CONFIRM="yes")

    assert done.status != 0
    assert "token-api is FAILED" in done.said
    assert deployed.cloud.text(f"{SITE}/assets/about.txt") == ""  # the old site, with the old code
    tell("deploy", "the function is FAILED", done, "token-api is FAILED", deployed)


def test_two_machines_plan_the_same(deployed: Checkout, tmp_path: Path) -> None:
    other = deployed.copied_to(tmp_path / "a" / "laptop" / "elsewhere")
    other.cloud.forget_calls()
    for checkout in (deployed, other):
        assert checkout.make("plan").status == 0

    archives = {
        word
        for checkout in (deployed, other)
        for call in checkout.cloud.calls()
        for word in call
        if word.startswith("-var=source_archive=")
    }
    assert len(archives) == 1
    assert archives.pop().startswith("-var=source_archive=../.local/")


def test_plan_changes_nothing(deployed: Checkout) -> None:
    before = deployed.cloud.read()
    same = deployed.make("plan")
    deployed.change_code("something")

    other = deployed.make("plan")

    assert (same.status, other.status) == (0, 0), same.said + other.said
    assert "make deploy would change nothing." in same.said
    assert "make deploy would do this." in other.said
    assert deployed.cloud.read() == before


def test_environment_that_is_not_there_is_named(ready: Checkout) -> None:
    for name, told in {"prod": "there is no infra/envs/prod.tfvars", "": "say which"}.items():
        done = ready.make("deploy", ENV=name)

        assert done.status != 0
        assert told in done.said
        assert "ENV=dev" in done.said

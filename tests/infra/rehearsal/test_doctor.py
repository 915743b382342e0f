"""`make doctor`, which also begins `make deploy`: all that is missing, and nothing is touched."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.rehearsal.checkout import Checkout
from infra.rehearsal.cloud import KEY
from ops.permissions import COMMANDS, NEEDED

FINDINGS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "nobody is logged in, and Terraform is old": (
        {"logged_in": False, "terraform_version": "1.5.7"},
        (
            "not logged in: gcloud auth login",
            "not logged in: gcloud auth application-default login",
            "terraform is older than 1.11: https://",
        ),
    ),
    "no such project": ({"project": None}, ("dev-project cannot be seen: does it exist",)),
    "project on its way out that nobody pays for": (
        {"project": "DELETE_REQUESTED", "billing": False},
        (
            "dev-project is DELETE_REQUESTED",
            "dev-project has no billing: gcloud billing projects link",
        ),
    ),
    "no bucket for the state, no key": (
        {"buckets": [], "secret": None},
        ("make bootstrap ENV=dev", "there is no Gemini API key"),
    ),
    "key turned off": (
        {"secret": [{**KEY, "state": "DISABLED"}]},
        ("the newest is disabled: make secret ENV=dev",),
    ),
    "role of a viewer": (
        {"lacks": ["run.services.update", *sorted(NEEDED["google_storage_bucket"])]},
        (
            "you lack permissions for run: run.services.update. Ask an owner of dev-project",
            "you lack permissions for storage: storage.buckets.create, storage.buckets.delete. Ask",
        ),
    ),
}


def test_nothing_missing_is_said(ready: Checkout) -> None:
    done = ready.make("doctor")

    assert done.status == 0, done.said
    assert done.said == "Nothing is missing: make deploy ENV=dev\n"


@pytest.mark.parametrize(("state", "told"), FINDINGS.values(), ids=FINDINGS)
def test_all_that_is_missing_is_said_at_once(
    ready: Checkout, state: dict[str, Any], told: tuple[str, ...]
) -> None:
    ready.cloud.change(**state)

    done = ready.make("doctor")

    assert done.status == 2  # make's own, when a recipe fails
    lines = [line for line in done.said.splitlines() if line.startswith("  - ")]
    assert len(lines) == len(told)
    for line, each in zip(sorted(lines), sorted(told), strict=True):
        assert each in line


def test_permissions_of_a_load_balancer_are_asked_for_with_a_domain_only(ready: Checkout) -> None:
    behind = ["certificatemanager.certs.get", "compute.urlMaps.invalidateCache"]
    ready.cloud.change(lacks=["compute.urlMaps.create", *behind])
    without = ready.make("doctor")
    with (ready.folder / "infra" / "envs" / "dev.tfvars").open("a") as settings:
        settings.write('domain = "talk.example.com"\n')

    assert without.status == 0, without.said
    assert "for compute: compute.urlMaps.create, " in ready.make("doctor").said


def test_owner_lacks_nothing(ready: Checkout) -> None:
    """A project says no to an Owner for what buckets grant: roles/owner has create, delete and list
    of buckets, and nothing of objects (iann0036/iam-dataset, gcp/roles/owner.json at 000967c).
    """
    asked = {name for each in [*NEEDED.values(), *COMMANDS.values()] for name in each}
    has = {f"storage.buckets.{verb}" for verb in ("create", "delete", "list")}
    ready.cloud.change(lacks=[name for name in asked - has if name.startswith("storage.")])

    done = ready.make("doctor")

    assert done.status == 0, done.said


def test_what_cannot_be_asked_is_not_missing(ready: Checkout) -> None:
    ready.env["CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDRESOURCEMANAGER"] = "http://127.0.0.1:9/"

    assert ready.make("doctor").status == 0


def test_what_is_there_already_is_noted(ready: Checkout) -> None:
    key = {"name": "projects/1/locations/global/keys/livepass-site", "deleteTime": "2026-11-30"}
    ready.cloud.change(identity="begun", api_keys=[key])
    before = ready.make("doctor")
    with (ready.folder / "infra" / "envs" / "dev.tfvars").open("a") as settings:
        settings.write('identity_platform = { ways = ["email"] }\n')

    done = ready.make("doctor")

    assert "Note:" not in before.said
    assert done.status == 0
    notes = [line for line in done.said.splitlines() if line.startswith("Note: ")]
    assert [note.split(":")[1] for note in notes] == [
        " Identity Platform is set up already",
        " the site's key was deleted less than 30 days ago",
    ]


def test_deployment_stops_before_it_touches_anything(ready: Checkout) -> None:
    ready.cloud.change(buckets=[])

    done = ready.make("deploy", CONFIRM="yes")

    assert done.status == 2
    assert "make bootstrap ENV=dev" in done.said
    assert {call[0] for call in ready.cloud.calls()} == {"gcloud", "terraform"}
    assert not [c for c in ready.cloud.calls() if c[0] == "terraform" and "version" not in c]


def test_billing_that_may_not_be_seen_is_not_missing(ready: Checkout) -> None:
    ready.cloud.change(billing=None)

    assert ready.make("doctor").status == 0


def test_tool_that_is_not_installed_is_named(ready: Checkout) -> None:
    ready.without("node")

    said = ready.make("doctor").said

    assert "  - node is not installed: https://nodejs.org" in said


BAD_FUNCTION = {
    "name": "set_light",
    "parameters": {
        "type": "OBJECT",
        "properties": {"level": {"type": "INTEGER", "minimum": 9, "maximum": 1}},
    },
}
TOLD_OF_IT = (
    "  - infra/tools.json: at 1.parameters.properties.level of set_light: "
    "must have a minimum that is at most its maximum\n"
)


@pytest.mark.parametrize("command", ["doctor", "deploy"])
def test_function_that_could_not_be_declared_is_told_before_anything_is_touched(
    ready: Checkout, command: str
) -> None:
    tools = ready.folder / "infra" / "tools.json"
    tools.write_text(json.dumps([{"name": "open_door"}, BAD_FUNCTION], indent=2))

    done = ready.make(command, CONFIRM="yes")

    assert done.status == 2
    assert TOLD_OF_IT in done.said
    assert not [c for c in ready.cloud.calls() if c[0] == "terraform" and "version" not in c]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("[{]", "infra/own.json: not JSON at line 1, column 3"),
        ('{"name": "open_door"}', "infra/own.json: at body: must be a valid list"),
        (None, "infra/own.json, the tools_file of dev, is not there"),
        (f'[{{"name": "f"}}{" " * 20_000}]', "Nothing is missing"),
        (
            json.dumps([{"name": f"f{n}", "description": "<" * 2000} for n in range(2)]),
            "infra/own.json: must have at most 16384 bytes, got 240",
        ),
    ],
)
def test_file_of_functions_is_the_one_that_the_environment_names(
    ready: Checkout, written: str | None, told: str
) -> None:
    infra = ready.folder / "infra"
    with (infra / "envs" / "dev.tfvars").open("a") as tfvars:
        tfvars.write('tools_file = "own.json"\n')
    if written is not None:
        (infra / "own.json").write_text(written)

    assert told in ready.make("doctor").said


def test_environment_file_without_a_project_is_named(ready: Checkout) -> None:
    (ready.folder / "infra" / "envs" / "dev.tfvars").write_text('region = "europe-west1"\n')

    said = ready.make("doctor").said

    assert 'infra/envs/dev.tfvars has no line project_id = "..."' in said

"""Every step of a deployment may be made by those who make it, and they may do little else.

What a step needs is in infra/ops/permissions.py, which `make doctor` asks for. What a role has is
in google_roles.json, a snapshot with its source.
`gcloud iam roles describe ROLE` tells what it has today.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from infra.configuration import Configuration
from infra.terraform import INFRA
from ops.permissions import COMMANDS, NEEDED, of

ROLES: dict[str, dict[str, list[str]]] = json.loads(
    Path(__file__).with_name("google_roles.json").read_text()
)["roles"]
ROOT = Configuration.of()
BOOTSTRAP = Configuration.of(INFRA / "bootstrap")
WATCHER = (INFRA / "bootstrap" / "watcher.tf").read_text()
DEPLOYER = (INFRA / "bootstrap" / "deployer.tf").read_text()


# README says who may: somebody with a role on the billing account, and roles/firebase.admin.
APART = ("google_billing_budget", "google_firebase_")

# What runs, by its account's grants in the root.
RUNS = {
    "token_api": of("datastore.entities", "create delete get list update")
    | {"secretmanager.versions.access", "logging.views.access"},
    "budget_guard": of("datastore.entities", "create get list update"),
    "build": of("storage.objects", "get")
    | of("artifactregistry.repositories", "downloadArtifacts uploadArtifacts"),
}


def lists(name: str) -> list[str]:
    found = re.search(rf"^  {name} += .*?\[\n(.*?)^  \]", DEPLOYER, re.MULTILINE | re.DOTALL)
    assert found is not None
    return re.findall(r'"(roles/[\w.]+)"', found[1])


def deployer_has() -> dict[str, set[str]]:
    """What each of the deployer's roles gives."""
    wide = ["roles/resourcemanager.projectIamAdmin", "roles/iam.serviceAccountUser"]
    given = {role: set(ROLES[role]["permissions"]) for role in [*lists("deployer_roles"), *wide]}
    for block in BOOTSTRAP.resources.values():
        if block.kind == "google_project_iam_custom_role" and block.name != "watcher":
            given[block.name] = set(re.findall(r'"([a-z]+\.\w+\.\w+)"', block.text))
    return given


def test_every_kind_of_resource_says_what_it_needs() -> None:
    kinds = {block.kind for block in ROOT.resources.values()}

    assert {kind for kind in kinds if not kind.startswith(APART)} == NEEDED.keys()


@pytest.mark.parametrize(("step", "needed"), [*NEEDED.items(), *COMMANDS.items()])
def test_deployer_may_make_every_step(step: str, needed: set[str]) -> None:
    has = set().union(*deployer_has().values())

    assert needed - has == set(), step


def test_every_role_of_the_deployer_is_needed() -> None:
    needed = set().union(*NEEDED.values(), *COMMANDS.values())
    has = deployer_has()

    for role, permissions in has.items():
        others = set().union(*(each for name, each in has.items() if name != role))
        assert (permissions & needed) - others, f"{role} gives nothing that the others do not"


def test_watcher_may_read_what_a_plan_reads_and_nothing_else() -> None:
    listed = re.search(r"watcher_permissions = \[\n(.*?)\n  \]", WATCHER, re.DOTALL)
    assert listed is not None
    of_plan = {
        permission
        for permission in set().union(*NEEDED.values())
        if re.search(r"\.(get|getIamPolicy|getKeyString|getMetadata)$", permission)
        and not re.search(r"perations\.|storage\.objects", permission)
    }
    of_commands = {
        "resourcemanager.projects.get",
        "run.revisions.get",
        "run.services.get",
        "serviceusage.services.list",
        "serviceusage.services.use",
    }

    assert set(re.findall(r'"([\w.]+)"', listed[1])) == of_plan | of_commands


def test_deployer_may_grant_what_the_root_grants_and_nothing_else() -> None:
    granted = {
        block.attribute("role").strip('"')
        for block in ROOT.resources.values()
        if block.kind == "google_project_iam_member"
    }

    assert set(lists("grantable_roles")) == granted


@pytest.mark.parametrize(("account", "needed"), RUNS.items(), ids=RUNS)
def test_what_runs_may_do_what_it_does(account: str, needed: set[str]) -> None:
    member = f"google_service_account.{account}.member"
    roles = {
        block.attribute("role").strip('"')
        for block in ROOT.resources.values()
        if "_iam_" in block.kind and block.attribute("member") == member
    }
    has = set().union(*(ROLES[role]["permissions"] for role in roles if role in ROLES))

    assert needed - has == set()
    assert roles - ROLES.keys() <= {
        "roles/logging.logWriter",
        "roles/firebaseappcheck.tokenVerifier",
    }

"""Every step of a deployment may be made by those who make it, and they may do little else.

What a step needs is by the method it calls, from "Permissions" in Google's pages on audit logging
and access control of each API. What a role has is in google_roles.json, a snapshot with its source.
`gcloud iam roles describe ROLE` tells what it has today.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from infra.configuration import Configuration
from infra.terraform import INFRA

ROLES: dict[str, dict[str, list[str]]] = json.loads(
    Path(__file__).with_name("google_roles.json").read_text()
)["roles"]
ROOT = Configuration.of()
BOOTSTRAP = Configuration.of(INFRA / "bootstrap")
WATCHER = (INFRA / "bootstrap" / "watcher.tf").read_text()
DEPLOYER = (INFRA / "bootstrap" / "deployer.tf").read_text()


def of(prefix: str, verbs: str) -> set[str]:
    return {f"{prefix}.{verb}" for verb in verbs.split()}


POLICY = "getIamPolicy setIamPolicy"
ALL = "create delete get update"
CERTIFICATES = of("certificatemanager.operations", "get")
COMPUTE = of("compute.globalOperations", "get")
RULES = of("compute.globalForwardingRules", "create delete get setLabels setTarget")
ACT_AS = {"iam.serviceAccounts.actAs"}

# To create, read, change and destroy.
NEEDED: dict[str, set[str]] = {
    "google_apikeys_key": of("apikeys.keys", f"{ALL} getKeyString"),
    "google_artifact_registry_repository": of("artifactregistry.repositories", ALL),
    "google_artifact_registry_repository_iam_member": of("artifactregistry.repositories", POLICY),
    "google_certificate_manager_certificate": of("certificatemanager.certs", f"{ALL} use")
    | CERTIFICATES,
    "google_certificate_manager_certificate_map": of("certificatemanager.certmaps", ALL)
    | CERTIFICATES,
    "google_certificate_manager_certificate_map_entry": of("certificatemanager.certmapentries", ALL)
    | CERTIFICATES,
    "google_certificate_manager_dns_authorization": of(
        "certificatemanager.dnsauthorizations", f"{ALL} use"
    )
    | CERTIFICATES,
    "google_cloud_run_service_iam_member": of("run.services", POLICY),
    "google_cloud_scheduler_job": of("cloudscheduler.jobs", ALL) | ACT_AS,
    "google_cloudfunctions2_function": of("cloudfunctions.functions", ALL)
    | of("cloudfunctions.operations", "get")
    | ACT_AS,
    "google_compute_backend_bucket": of("compute.backendBuckets", f"{ALL} use") | COMPUTE,
    "google_compute_backend_service": of("compute.backendServices", f"{ALL} use setSecurityPolicy")
    | COMPUTE,
    "google_compute_global_address": of(
        "compute.globalAddresses", "create delete get setLabels use"
    )
    | COMPUTE,
    "google_compute_global_forwarding_rule": RULES | COMPUTE,
    "google_compute_managed_ssl_certificate": of(
        "compute.sslCertificates", "create delete get list"
    )
    | COMPUTE,
    "google_compute_region_network_endpoint_group": of(
        "compute.regionNetworkEndpointGroups", "create delete get use"
    )
    | of("compute.regionOperations", "get"),
    "google_compute_security_policy": of("compute.securityPolicies", f"{ALL} use") | COMPUTE,
    "google_compute_ssl_policy": of("compute.sslPolicies", f"{ALL} use") | COMPUTE,
    "google_compute_target_http_proxy": of("compute.targetHttpProxies", f"{ALL} use setUrlMap"),
    "google_compute_target_https_proxy": of(
        "compute.targetHttpsProxies",
        f"{ALL} use setUrlMap setSslCertificates setSslPolicy setCertificateMap",
    )
    | of("certificatemanager.certmaps", "use"),
    "google_compute_url_map": of("compute.urlMaps", f"{ALL} use"),
    "google_firebaserules_release": of("firebaserules.releases", ALL),
    "google_firebaserules_ruleset": of("firebaserules.rulesets", "create delete get"),
    "google_firestore_backup_schedule": of("datastore.backupSchedules", ALL),
    "google_firestore_database": of("datastore.databases", f"{ALL} getMetadata")
    | of("datastore.operations", "get"),
    "google_firestore_field": of("datastore.indexes", "get update"),
    "google_identity_platform_config": of("firebaseauth.configs", "create get update"),
    "google_logging_log_view": of("logging.views", ALL),
    "google_logging_log_view_iam_member": of("logging.views", POLICY),
    "google_logging_metric": of("logging.logMetrics", ALL),
    "google_monitoring_alert_policy": of("monitoring.alertPolicies", ALL),
    "google_monitoring_dashboard": of("monitoring.dashboards", ALL),
    "google_monitoring_notification_channel": of("monitoring.notificationChannels", ALL),
    "google_monitoring_uptime_check_config": of("monitoring.uptimeCheckConfigs", ALL),
    "google_project_iam_audit_config": of("resourcemanager.projects", POLICY),
    "google_project_iam_member": of("resourcemanager.projects", POLICY),
    "google_project_service": of("serviceusage.services", "enable get list")
    | of("serviceusage.operations", "get"),
    "google_secret_manager_secret": of("secretmanager.secrets", ALL),
    "google_secret_manager_secret_iam_member": of("secretmanager.secrets", POLICY),
    "google_service_account": of("iam.serviceAccounts", ALL),
    "google_storage_bucket": of("storage.buckets", ALL) | of("storage.objects", "delete list"),
    "google_storage_bucket_iam_member": of("storage.buckets", POLICY),
    "google_storage_bucket_object": of("storage.objects", "create delete get"),
}

# By what the commands ask of gcloud, and the providers' user_project_override.
COMMANDS = {
    "any call that bills its quota here": {"serviceusage.services.use"},
    "doctor": {"resourcemanager.projects.get", "secretmanager.versions.list"},
    "state": of("storage.objects", "create delete get list"),
    "site and releases": of("storage.objects", "create delete get list"),
    "certificate": {"certificatemanager.certs.get"},
    "cache": {"compute.urlMaps.invalidateCache"},
    "traffic": of("run.services", "get update") | of("run.revisions", "get list") | ACT_AS,
    "builds": {"cloudfunctions.functions.get"},
    "smoke test's user": of("firebaseauth.users", "create delete"),
}

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

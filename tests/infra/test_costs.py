"""The table of costs has a row for everything that Google charges for."""

from __future__ import annotations

import re

import pytest

from infra.configuration import Configuration
from infra.terraform import INFRA, Root

COSTS = (INFRA / "README.md").read_text().split("## What it costs")[1].split("\n## ")[0]
IDLE = COSTS.split("| per thousand talks")[0]
KINDS = {block.kind for block in Configuration.of().resources.values()}

# What a kind is charged for, as its line says it.
CHARGED = {
    "google_artifact_registry_repository": "images",
    "google_cloud_scheduler_job": "a job 0.10",
    "google_cloudfunctions2_function": "one instance kept ready",
    "google_compute_global_forwarding_rule": "four forwarding rules",
    "google_compute_security_policy": "Cloud Armor",
    "google_firestore_backup_schedule": "backups",
    "google_firestore_database": "Firestore",
    "google_logging_metric": "logs",
    "google_monitoring_alert_policy": "alerting",
    "google_monitoring_uptime_check_config": "uptime checks",
    "google_secret_manager_secret": "the API key",
    "google_storage_bucket": "releases",
}

# cloud.google.com/free/docs/free-cloud-features.
FREE_UP_TO_A_QUOTA = {
    "google_artifact_registry_repository",
    "google_cloud_scheduler_job",
    "google_cloudfunctions2_function",
    "google_firestore_database",
    "google_logging_metric",
    "google_secret_manager_secret",
    "google_storage_bucket",
}

# Nothing by themselves: accounts, grants, APIs, names, and what is charged for by its traffic.
FREE = re.compile(
    r"google_(apikeys|billing|certificate_manager|firebase|identity_platform|logging_log_view|project|service_account)"
    r"|google_compute_(backend|global_address|managed_ssl|region_network|ssl_policy|target|url_map)"
    r"|google_firestore_field|google_monitoring_(dashboard|notification)|google_storage_bucket_object"
)


def test_every_kind_of_resource_is_charged_for_by_a_line_or_free() -> None:
    known = {kind for kind in KINDS if "_iam_" in kind or FREE.match(kind)}

    assert KINDS - known == CHARGED.keys()


@pytest.mark.parametrize(("kind", "line"), CHARGED.items(), ids=CHARGED)
def test_what_is_charged_for_has_its_line(kind: str, line: str) -> None:
    assert any(line in row for row in COSTS.splitlines() if row.startswith("|")), kind


def test_alerting_is_charged_for_every_condition() -> None:
    """docs.cloud.google.com/monitoring/alerts/cost-control: "a per-condition cost"."""
    alerts = (INFRA / "alerts.tf").read_text()
    queries = len(re.findall(r"^      query    = ", alerts, re.MULTILINE))
    checks = len(re.findall(r"host = .*path = ", alerts))

    assert f"alerting: {queries + checks} conditions" in IDLE


def test_rules_of_cloud_armor_are_counted() -> None:
    armor = (INFRA / "armor.tf").read_text()
    rules = len(re.findall(r"^  rule {", armor, re.MULTILINE))
    watched = len(re.findall(r'^    \d+ = "', armor, re.MULTILINE))

    assert rules + watched == 9
    assert "Cloud Armor: a policy 5, nine rules at 1" in IDLE


def test_totals_are_the_sums_of_their_columns() -> None:
    rows = [row.strip()[1:-1].split("|") for row in IDLE.splitlines() if row.startswith("|")]
    for column in (1, 2, 3):
        lines = [each for each in rows[2:] if len(each) == 4 and "total" not in each[0]]
        numbers = [each[column].strip() for each in lines if "one instance" not in each[0]]
        total = next(each[column] for each in rows if "total" in each[0])

        summed = sum(float(number) for number in numbers if number)
        assert float(re.sub(r"[^\d.]", "", total)) == pytest.approx(summed, rel=0.02)


def test_free_tier_has_nothing_that_costs_money_while_nobody_talks(infra: Root) -> None:
    planned = infra.plan("-var-file=envs/free.tfvars", "-var=source_archive=versions.tf")
    functions = [e for e in planned if e.type == "google_cloudfunctions2_function"]
    (database,) = (e for e in planned if e.type == "google_firestore_database")

    assert {each.type for each in planned} & CHARGED.keys() == FREE_UP_TO_A_QUOTA
    assert len([each for each in planned if each.type == "google_cloud_scheduler_job"]) <= 3
    assert {each.values["service_config"][0]["min_instance_count"] or 0 for each in functions} == {
        0
    }
    assert database.values["point_in_time_recovery_enablement"] == "POINT_IN_TIME_RECOVERY_DISABLED"

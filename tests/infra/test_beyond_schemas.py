"""What Google's APIs and the real provider do that no schema tells.

A provider that knows schemas only, which checks run on where the registry is out of reach, accepts
all that is refused here. The provider is hashicorp/google 7.45.0.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from infra.configuration import Block, Configuration
from infra.terraform import INFRA, Planned, Root

CONFIGURATION = Configuration.of()

# Google refuses to delete these while another resource names them.
# Channels: `force_delete` of the resource's documentation, and the provider's issue 3008.
# Uptime checks: its issue 10176. Compute Engine: the error resourceInUseByAnotherResource.
# Certificate Manager: cloud.google.com/certificate-manager/docs/maps, "delete its entries first".
# Rulesets: firebaserules.googleapis.com, projects.rulesets.delete: "if the Ruleset is referenced by
# a Release, the operation will fail".
HELD = (
    "google_monitoring_notification_channel",
    "google_monitoring_uptime_check_config",
    "google_compute_",
    "google_certificate_manager_",
    "google_firebaserules_ruleset",
)

# What makes the provider replace them (ForceNew) and is no constant of ours by nature. Of the other
# kinds only what is named here may vary.
REPLACED_BY = {
    "google_certificate_manager_certificate": ("domains", "dns_authorizations"),
    "google_certificate_manager_certificate_map": (),
    "google_certificate_manager_dns_authorization": ("domain",),
    "google_compute_backend_bucket": (),
    "google_compute_backend_service": (),
    "google_compute_global_address": ("ip_version", "address_type"),
    "google_compute_region_network_endpoint_group": ("service", "network_endpoint_type"),
    "google_compute_security_policy": ("type",),
    "google_compute_ssl_policy": (),
    "google_compute_target_http_proxy": (),
    "google_compute_target_https_proxy": (),
    "google_compute_url_map": (),
}


def held() -> list[tuple[Block, str]]:
    """Resources that cannot be deleted while they are named, each with one that names it."""
    return [
        (CONFIGURATION.resources[address], block.address)
        for block in CONFIGURATION.resources.values()
        for address in sorted(CONFIGURATION.named_by(block))
        if address.startswith(HELD)
    ]


def varies(line: str) -> bool:
    return bool(re.search(r"\b(var|each|local)\.", line))


@pytest.mark.parametrize(
    "block", {each.address: each for each, _ in held()}.values(), ids=lambda block: block.address
)
def test_what_others_name_is_replaced_before_it_is_removed(block: Block) -> None:
    forced = REPLACED_BY.get(block.kind)
    by_us = bool(block.attribute("name"))
    constant = by_us and not varies(block.attribute("name")) and forced is not None
    constant = constant and not any(varies(block.attribute(name)) for name in forced or ())

    assert constant or block.replaced_before_removed
    if not constant and by_us:  # two cannot have one name at a time
        changing = set(re.findall(r"var\.\w+", "".join(map(block.attribute, forced or ()))))
        assert changing <= set(re.findall(r"var\.\w+", block.attribute("name")))


def test_channels_checks_and_certificates_are_among_them() -> None:
    pairs = {(block.address, by) for block, by in held()}

    assert len(pairs) > 10
    for alert in ("main", "uptime"):
        channel = "google_monitoring_notification_channel.email"
        assert (channel, f"google_monitoring_alert_policy.{alert}") in pairs
    check = "google_monitoring_uptime_check_config.main"
    assert (check, "google_monitoring_alert_policy.uptime") in pairs


@pytest.fixture(
    scope="module", params=sorted(path.name for path in (INFRA / "envs").glob("*.tfvars"))
)
def plan(infra: Root, request: pytest.FixtureRequest) -> list[Planned]:
    return infra.plan(f"-var-file=envs/{request.param}", "-var=source_archive=versions.tf")


def empty_values(value: Any, path: str = "") -> Iterator[str]:
    """Where JSON has what a proto3 API leaves out of its answer: 0, false, "", [] and {}."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from empty_values(each, f"{path}.{name}")
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from empty_values(each, f"{path}[{index}]")
    if not value:
        yield path


def of_kind(plan: list[Planned], kind: str) -> list[Planned]:
    found = [each for each in plan if each.type == kind]
    assert found
    return found


def test_dashboard_says_nothing_that_its_api_leaves_out(plan: list[Planned]) -> None:
    """Every plan would put it in again: the provider compares the JSON key by key."""
    (dashboard,) = of_kind(plan, "google_monitoring_dashboard")

    assert list(empty_values(json.loads(dashboard.values["dashboard_json"]))) == []


def test_cleanup_policies_have_ids_and_no_sentences(plan: list[Planned]) -> None:
    """As in all examples of cloud.google.com/artifact-registry/docs/repositories/cleanup-policy;
    what else is accepted is not documented.
    """
    for repository in of_kind(plan, "google_artifact_registry_repository"):
        for policy in repository.values["cleanup_policies"]:
            assert re.fullmatch(r"[a-z][a-z0-9-]{0,62}", policy["id"])


def test_functions_have_as_many_cpus_as_cloud_run_has(plan: list[Planned]) -> None:
    """cloud.google.com/run/docs/configuring/services/cpu: 1, 2, 4, 6 or 8 above one."""
    for function in of_kind(plan, "google_cloudfunctions2_function"):
        assert function.values["service_config"][0]["available_cpu"] in {"1", "2", "4", "6", "8"}


def test_sizes_that_cloud_run_has_not_are_refused_by_name(infra: Root) -> None:
    for cpu, memory in ((3, "2Gi"), (1.5, "512Mi"), (1, "512MB"), (4, "512Mi")):
        said = infra.said(
            "plan",
            "-var-file=envs/dev.tfvars",
            "-var=source_archive=versions.tf",
            f'-var=instances={{cpu={cpu},memory="{memory}"}}',
        )

        assert "instances.cpu must" in said or "instances.memory must" in said, (cpu, memory)


def test_a_budget_has_at_most_five_channels(infra: Root) -> None:
    """cloud.google.com/billing/docs/reference/budget/rest/v1/billingAccounts.budgets, of
    NotificationsRule: "a maximum of 5 channels are allowed".
    """
    emails = json.dumps([f"person-{number}@example.com" for number in range(7)])
    planned = infra.plan(
        "-var-file=envs/prod.tfvars",
        "-var=source_archive=versions.tf",
        f"-var=alert_emails={emails}",
    )

    budget = CONFIGURATION.resources["google_billing_budget.main"]
    assert len(of_kind(planned, "google_monitoring_notification_channel")) == 7
    assert "slice(local.alert_channels, 0, min(5, length(local.alert_channels)))" in budget.text


def test_firestore_fields_are_left_behind_with_their_database(plan: list[Planned]) -> None:
    """Each would be cleared one after the other on destroy, without the provider's retry of 409
    (resourceFirestoreFieldDelete), in a database that goes with them.
    """
    fields = of_kind(plan, "google_firestore_field")

    assert {field.values["deletion_policy"] for field in fields} == {"ABANDON"}
    assert all(field.values["skip_wait"] for field in fields)
    assert len(fields) < 8


def test_modules_are_compiled_for_good_by_the_build(plan: list[Planned]) -> None:
    """The build packs compile with the sources' times, which the image resets to 1980; with
    SOURCE_DATE_EPOCH Python compiles with their hashes instead (PEP 552, `py_compile`).
    """
    for function in of_kind(plan, "google_cloudfunctions2_function"):
        environ = function.values["build_config"][0]["environment_variables"]
        assert environ["SOURCE_DATE_EPOCH"] == "315532800"

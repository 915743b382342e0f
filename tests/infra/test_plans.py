"""What a whole plan must and must not contain, including resources added later."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from infra.terraform import INFRA, Planned, Root

ENVIRONMENTS = sorted(path.name for path in (INFRA / "envs").glob("*.tfvars"))
BROAD = {"roles/owner", "roles/editor", "roles/viewer"}
PUBLIC = {"google_cloud_run_service_iam_member.anyone", "google_storage_bucket_iam_member.anyone"}


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def plan(infra: Root, request: pytest.FixtureRequest) -> list[Planned]:
    return infra.plan(f"-var-file=envs/{request.param}", "-var=source_archive=versions.tf")


@pytest.fixture(scope="module")
def bootstrap_plan(bootstrap: Root) -> list[Planned]:
    github = '-var=github={owner="example",name="livepass",id=1,owner_id=2}'
    return bootstrap.plan("-var=project_id=livepass-dev", github)


def grants(plan: Sequence[Planned]) -> list[Planned]:
    return [each for each in plan if "_iam_" in each.type and "role" in each.values]


def public(plan: Sequence[Planned]) -> set[str]:
    everybody = ("allUsers", "allAuthenticatedUsers")
    return {
        each.address
        for each in grants(plan)
        if each.values.get("member") in everybody
        or any(one in everybody for one in each.values.get("members") or ())
    }


def test_both_shapes_are_planned() -> None:
    texts = [(INFRA / "envs" / name).read_text() for name in ENVIRONMENTS]
    shapes = {any(line.startswith("domain ") for line in text.splitlines()) for text in texts}

    assert shapes == {True, False}


def test_only_the_site_and_the_function_are_public(plan: list[Planned]) -> None:
    assert public(plan) == PUBLIC


def test_only_one_account_is_granted_the_secret(plan: list[Planned]) -> None:
    secret = [each for each in grants(plan) if "secret" in each.type]

    assert [each.address for each in secret] == [
        "google_secret_manager_secret_iam_member.token_api"
    ]
    assert not [
        each for each in grants(plan) if "secret" in each.values["role"] and each not in secret
    ]


def test_grants_only_ever_add(plan: list[Planned], bootstrap_plan: list[Planned]) -> None:
    kinds = {each.type for each in grants([*plan, *bootstrap_plan])}

    assert not [kind for kind in kinds if kind.endswith(("_policy", "_binding"))]


def test_nobody_is_granted_everything(plan: list[Planned], bootstrap_plan: list[Planned]) -> None:
    assert not [e.address for e in grants([*plan, *bootstrap_plan]) if e.values["role"] in BROAD]


def test_project_wide_grants_have_a_condition_or_write_logs(plan: list[Planned]) -> None:
    wide = [each for each in plan if each.type == "google_project_iam_member"]
    bare = {each.values["role"] for each in wide if not each.values["condition"]}

    assert wide
    assert bare == {"roles/logging.logWriter"}


def test_every_bucket_but_the_sites_is_closed_for_good(
    plan: list[Planned], bootstrap_plan: list[Planned]
) -> None:
    buckets = [each for each in [*plan, *bootstrap_plan] if each.type == "google_storage_bucket"]
    open_ones = [b.address for b in buckets if b.values["public_access_prevention"] != "enforced"]

    assert open_ones == ["google_storage_bucket.site"]
    assert all(b.values["uniform_bucket_level_access"] for b in buckets)


def test_every_function_has_a_finite_cap_and_an_account(plan: list[Planned]) -> None:
    functions = [each for each in plan if each.type == "google_cloudfunctions2_function"]

    assert functions
    for function in functions:
        service = function.values["service_config"][0]
        assert 1 <= service["max_instance_count"] <= 100
        assert function.unknown["service_config"][0]["service_account_email"]


def test_no_service_account_has_a_key(plan: list[Planned], bootstrap_plan: list[Planned]) -> None:
    kinds = {each.type for each in [*plan, *bootstrap_plan]}

    assert "google_service_account_key" not in kinds


def test_no_secret_value_is_in_the_state(plan: list[Planned]) -> None:
    assert "google_secret_manager_secret_version" not in {each.type for each in plan}


def test_every_alert_has_channels_and_a_runbook(plan: list[Planned]) -> None:
    alerts = [each for each in plan if each.type == "google_monitoring_alert_policy"]

    assert len(alerts) > 5 or not any("uptime_check" in each.type for each in plan)
    for alert in alerts:
        channels = alert.values.get("notification_channels")
        assert channels or alert.unknown.get("notification_channels"), alert.address
        assert "/infra/README.md#" in alert.values["documentation"][0]["content"]

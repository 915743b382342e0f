"""Moving to a domain, from the plain addresses or from another domain, shuts nobody out."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from infra.rehearsal.checkout import Checkout
from infra.rehearsal.stories import tell
from ops.domain import World, variables, waits_for
from ops.environment import Environment
from ops.terraform import Deployment

ENV = cast(Environment, SimpleNamespace(name="dev", domain="talk.example.com"))
RECORD = {"name": "_acme-challenge.talk.example.com.", "type": "CNAME", "data": "1.authorize."}
CERTIFICATE = {"domain": "talk.example.com", "name": "livepass-1", "record": RECORD}
IPV4, IPV6 = "203.0.113.7", "2001:db8::7"


def deployment(**outputs: Any) -> Deployment:
    plain = {
        "address": IPV4,
        "address_ipv6": IPV6,
        "certificate": CERTIFICATE,
        "classic_certificate": False,
        "serving_domain": None,
        "shape": "plain",
        "site_url": "https://bucket/",
    }
    return cast(Deployment, SimpleNamespace(**{**plain, **outputs}))


def world(leads_to: set[str], *, state: str = "ACTIVE", certified: bool = True) -> World:
    return World(lambda _: leads_to, lambda _: certified, lambda *_: state)


def with_domain(checkout: Checkout, domain: str) -> None:
    """Another line than before, if there was one."""
    tfvars = checkout.folder / "infra" / "envs" / "dev.tfvars"
    lines = [line for line in tfvars.read_text().splitlines() if not line.startswith("domain")]
    tfvars.write_text("\n".join([*lines, f'domain = "{domain}"', ""]))


def test_new_domain_ends_as_waiting_with_the_record_to_set(deployed: Checkout) -> None:
    with_domain(deployed, "talk.example.invalid")

    done = deployed.make("deploy", CONFIRM="yes")
    again = deployed.make("deploy", CONFIRM="no")

    assert done.status == 0, done.said
    assert "Waiting for talk.example.invalid: its certificate. Set the record" in done.said
    assert "    _acme-challenge.talk.example.invalid.  CNAME  4711.authorize." in done.said
    assert "(PROVISIONING CONFIG; it takes minutes" in done.said
    assert deployed.cloud.read()["applied"]["domain_ready"] == "false"
    assert "nothing to change" in again.said
    assert "Waiting for talk.example.invalid" in again.said
    tell("a domain, deploy, deploy", "no certificate yet", again, "Waiting for", deployed)


def test_domain_is_pointed_here_once_its_certificate_is_issued(deployed: Checkout) -> None:
    with_domain(deployed, "talk.example.invalid")
    assert deployed.make("deploy", CONFIRM="yes").status == 0
    deployed.cloud.change(certificates={"livepass-talk.example.invalid": "ACTIVE"})

    done = deployed.make("deploy", CONFIRM="yes")

    assert done.status == 0, done.said
    assert "its records; the certificate is ready" in done.said
    assert "    talk.example.invalid.  A     127.0.0.1" in done.said
    assert "    talk.example.invalid.  AAAA  ::1" in done.said
    assert "(now it leads nowhere)" in done.said
    tell("a domain, deploy, record, deploy", "", done, "the certificate is ready", deployed)


def test_another_domain_leaves_the_former_one_served(deployed: Checkout) -> None:
    with_domain(deployed, "old.example.invalid")
    assert deployed.make("deploy", CONFIRM="yes").status == 0
    applied = deployed.cloud.read()["applied"]
    deployed.cloud.change(applied={**applied, "domain_ready": "true"})
    with_domain(deployed, "new.example.invalid")

    done = deployed.make("deploy", CONFIRM="yes")

    assert done.status == 0, done.said
    applied = deployed.cloud.read()["applied"]
    assert (applied["former_domain"], applied["domain_ready"]) == ("old.example.invalid", "false")
    assert "    _acme-challenge.new.example.invalid.  CNAME" in done.said
    tell("another domain, deploy", "", done, "Waiting for", deployed)


@pytest.mark.parametrize(
    ("there", "waits"),
    [
        (world(set(), state="PROVISIONING"), "(PROVISIONING; it takes minutes"),
        (world(set(), state="FAILED CAA"), "(FAILED CAA; it takes minutes"),
        (world(set()), "now it leads nowhere"),
        (world({"198.51.100.1"}), "now it leads to 198.51.100.1"),
        (world({IPV4, "198.51.100.1"}), "now it leads to 198.51.100.1, 203.0.113.7"),
        (world({IPV6}), "now it leads to 2001:db8::7"),
        (world({IPV4}, certified=False), "half an hour at most"),
        (world({IPV4}), None),
        (world({IPV4, IPV6}), None),
    ],
)
def test_domain_is_ready_when_it_leads_here_alone_with_a_certificate(
    there: World, waits: str | None
) -> None:
    told = waits_for(ENV, deployment(), there)

    assert (told is None) if waits is None else waits in str(told)
    ready = [] if waits is None else ["-var=domain_ready=false"]
    assert variables(ENV, deployment(), there) == ready


def test_domain_that_was_served_is_served_whatever_the_network_says() -> None:
    served = deployment(shape="domain", serving_domain="talk.example.com")
    nothing = world(set(), state="PROVISIONING", certified=False)

    assert waits_for(ENV, served, nothing) is None
    assert variables(ENV, served, nothing) == []


@pytest.mark.parametrize(
    ("outputs", "state", "kept"),
    [
        ({"certificate": None, "classic_certificate": None}, "ACTIVE", True),
        ({"classic_certificate": True}, "PROVISIONING", True),
        ({"classic_certificate": True}, "not to be seen", True),
        ({"classic_certificate": True}, "ACTIVE", False),
        ({"classic_certificate": False}, "PROVISIONING", False),
    ],
)
def test_certificate_of_an_older_release_is_kept_until_its_successor_is_active(
    outputs: dict[str, Any], state: str, kept: bool
) -> None:
    """An older release has no output serving_domain."""
    older = deployment(shape="domain", site_url="https://talk.example.com/", **outputs)
    there = world(set(), state=state, certified=False)

    assert variables(ENV, older, there) == (["-var=classic_certificate=true"] if kept else [])
    assert (waits_for(ENV, older, there) is not None) == kept

"""Whether a domain leads to its load balancer yet; until then people keep the addresses they have.

Closing those before the domain works would be an outage: its records take as long as their zone
says, and a certificate is issued some minutes after the record that authorizes it, and known at
every edge half an hour later: https://cloud.google.com/certificate-manager/docs/troubleshooting
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

from ops.command import Failed
from ops.environment import Environment
from ops.gcloud import told
from ops.terraform import Deployment

TIMEOUT_S = 10
ACTIVE = "ACTIVE"


def addresses_of(name: str) -> set[str]:
    """Where a name leads; nowhere if it does not exist."""
    try:
        return {str(each[4][0]) for each in socket.getaddrinfo(name, 443, type=socket.SOCK_STREAM)}
    except OSError:
        return set()


def has_certificate(name: str) -> bool:
    """Whether HTTPS is answered with a certificate for it."""
    context = ssl.create_default_context()
    try:
        with (
            socket.create_connection((name, 443), timeout=TIMEOUT_S) as connection,
            context.wrap_socket(connection, server_hostname=name),
        ):
            return True
    except OSError:
        return False


def certificate_state(env: Environment, name: str) -> str:
    """ACTIVE, or what Certificate Manager says instead, with its reason if it has one.

    https://cloud.google.com/certificate-manager/docs/reference/certificate-manager/rest/v1/projects.locations.certificates
    """
    with suppress(Failed):  # not everybody may see it
        managed = told(env, "certificate-manager", "certificates", "describe", name)["managed"]
        attempts = managed.get("authorizationAttemptInfo", [])
        reasons = [each["failureReason"] for each in attempts if each.get("failureReason")]
        return " ".join([managed.get("state", "PROVISIONING"), *reasons])
    return "not to be seen"


class World(NamedTuple):
    """Whom to ask: the network, and Google."""

    addresses: Callable[[str], set[str]] = addresses_of
    certified: Callable[[str], bool] = has_certificate
    state: Callable[[Environment, str], str] = certificate_state


WORLD = World()


def waits_for(env: Environment, deployed: Deployment | None, world: World = WORLD) -> str | None:
    """What a domain lacks, and what to do; None without a domain, or if it lacks nothing."""
    if env.domain is None:
        return None
    if _keeps_classic(env, deployed, world):
        return _certificate(env, deployed, world) or "the certificate of Certificate Manager"
    if _served(deployed) == env.domain:
        return None  # it was there: what is wrong with it now, the smoke test tells
    return (
        _certificate(env, deployed, world)
        or _records(env.domain, deployed, world)
        or (
            None if world.certified(env.domain) else f"{env.domain} to answer: half an hour at most"
        )
    )


def variables(env: Environment, deployed: Deployment | None, world: World = WORLD) -> list[str]:
    """What a plan must know: whether the domain is ready, and what is served until it is."""
    if env.domain is None:
        return []
    classic = ["-var=classic_certificate=true"] if _keeps_classic(env, deployed, world) else []
    served = _served(deployed)
    if served == env.domain or waits_for(env, deployed, world) is None:
        return classic
    former = [f"-var=former_domain={served}"] if served else []
    return ["-var=domain_ready=false", *former, *classic]


def _served(deployed: Deployment | None) -> str | None:
    """The domain that people are served at. An older release told it only by the site's URL."""
    if deployed is None:
        return None
    if deployed.serving_domain:
        return deployed.serving_domain
    older = deployed.shape == "domain"
    return deployed.site_url.removeprefix("https://").rstrip("/") if older else None


def _keeps_classic(env: Environment, deployed: Deployment | None, world: World) -> bool:
    """Whether an older release's certificate is served, and its successor is not ready."""
    if deployed is None or _served(deployed) is None:
        return False
    if deployed.certificate is None:
        return True
    name = deployed.certificate["name"]
    return bool(deployed.classic_certificate) and world.state(env, name) != ACTIVE


def _certificate(env: Environment, deployed: Deployment | None, world: World) -> str | None:
    """What its certificate lacks."""
    known: dict[str, Any] = (deployed and deployed.certificate) or {}
    if known.get("domain") != env.domain:
        return f"{env.domain} has no load balancer yet"
    state = world.state(env, known["name"])
    if state == ACTIVE:
        return None
    record = known["record"]
    return (
        "its certificate. Set the record that lets Google issue it, and leave it there\n\n"
        f"    {record['name']}  {record['type']}  {record['data']}\n\n"
        f"({state}; it takes minutes, at times hours. {env.domain} may lead elsewhere meanwhile)"
    )


def _records(domain: str, deployed: Deployment | None, world: World) -> str | None:
    """Where it does not lead yet: to the load balancer, and nowhere else."""
    ipv4, ipv6 = (deployed.address, deployed.address_ipv6) if deployed else (None, None)
    found = world.addresses(domain)
    if ipv4 in found <= {ipv4, ipv6}:
        return None
    leads = f"now it leads to {', '.join(sorted(found))}" if found else "now it leads nowhere"
    return (
        "its records; the certificate is ready. Set\n\n"
        f"    {domain}.  A     {ipv4}\n    {domain}.  AAAA  {ipv6}\n\n({leads})"
    )

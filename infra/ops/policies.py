"""What an organisation forbids that a deployment needs: each stops a first apply half-way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

from ops.command import Failed
from ops.environment import Environment
from ops.gcloud import told


class Needed(NamedTuple):
    """A constraint, what it would stop, and a value it must allow, if it is about values."""

    constraint: str
    stops: str
    value: str = ""


# cloud.google.com/resource-manager/docs/organization-policy/org-policy-constraints
NEEDED = (
    Needed("iam.allowedPolicyMemberDomains", "grants to everybody, for the page and the API", "*"),
    Needed("storage.publicAccessPrevention", "the site's bucket from being public"),
    Needed("cloudfunctions.allowedIngressSettings", "functions that can be called", "ALLOW_ALL"),
    Needed("run.allowedIngress", "services that can be called", "all"),
)


def forbidden(env: Environment) -> Iterator[str]:
    """The constraints in force that stand in the way, as far as one may know."""
    for needed in NEEDED:
        with suppress(Failed):  # not everybody may see them, and the API may be off
            asked = ("org-policies", "describe", needed.constraint, "--effective")
            rules = told(env, *asked).get("spec", {}).get("rules", [])
            if any(_forbids(rule, needed.value) for rule in rules):
                yield (
                    f"the organisation's policy {needed.constraint} forbids {needed.stops}: "
                    f"have it lifted for {env.project}"
                )


def _forbids(rule: dict[str, Any], value: str) -> bool:
    if not value:
        return bool(rule.get("enforce"))
    if rule.get("allowAll"):
        return False
    values = rule.get("values", {})
    allowed, denied = values.get("allowedValues"), values.get("deniedValues", [])
    return bool(rule.get("denyAll")) or value in denied or bool(allowed and value not in allowed)

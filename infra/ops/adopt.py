"""What a project may have already, and Terraform cannot make again: it is taken over.

Identity Platform can be begun once in a project's life: the provider begins it, then sets it up,
and if that fails the resource is tainted; its deletion does nothing; beginning it again is refused
(hashicorp/terraform-provider-google issue 16520). An API key that was deleted keeps its name for 30
days (cloud.google.com/docs/authentication/api-keys, undelete). A database is at times not found
a moment after it was made: the provider takes it for gone, and the next apply is told that it is
there (its issue 22533).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ops.command import Failed, run
from ops.environment import Environment
from ops.gcloud import gcloud, told
from ops.google_api import GoogleApi
from ops.terminal import say
from ops.terraform import Terraform

IDENTITY = "google_identity_platform_config.main[0]"
KEY = "google_apikeys_key.site[0]"
KEY_NAME = "livepass-site"
LEDGER = "google_firestore_database.ledger"
BEGUN = "Identity Platform has already been enabled"
VANISHED = re.compile(rf"applying changes to {re.escape(LEDGER)}, .* but now absent")
APPEARS_S = 15


def there_already(env: Environment) -> Iterator[str]:
    """What a deployment would take over, as far as one may know."""
    if not _signs_in(env):
        return
    with suppress(Failed):  # not begun, or its API is off
        api = GoogleApi.of(env, "identitytoolkit", billed=True)
        api.get(f"admin/v2/projects/{env.project}/config")
        yield "Identity Platform is set up already: deploy keeps it, with its users."
    for key in _keys(env):
        if key.get("deleteTime"):
            yield "the site's key was deleted less than 30 days ago: deploy restores it."


def _signs_in(env: Environment) -> bool:
    return "\nidentity_platform" in f"\n{env.tfvars.read_text()}"


def _keys(env: Environment) -> list[dict[str, Any]]:
    with suppress(Failed):  # before the first deployment the API is off
        listed = told(env, "services", "api-keys", "list", "--show-deleted")
        return [key for key in listed if key["name"].endswith(f"/{KEY_NAME}")]
    return []


@dataclass(frozen=True, slots=True)
class Adoption:
    """What is there, for a root and what it is planned with."""

    env: Environment
    terraform: Terraform
    take: Callable[[str, str], None]
    """Import an address, given its id."""

    def untaint(self) -> None:
        """Keep an Identity Platform that was begun, and let the next apply set it up."""
        for each in self.terraform.resources():
            if each["address"] == IDENTITY and each.get("tainted"):
                say("Identity Platform was begun, but not set up: going on from there.")
                self.terraform.untaint(IDENTITY)

    def take_over(self, complaint: str) -> bool:
        """Import what an error says is there; False if it says no such thing."""
        text = " ".join(complaint.replace("│", " ").split())
        if BEGUN in text:
            say("This project has Identity Platform already: taking it over, with its users.")
            self.take(IDENTITY, f"projects/{self.env.project}")
        elif VANISHED.search(text):  # only what was made just now: another may hold people's usage
            say("The database was made, but not found a moment later: taking it over.")
            run("sleep", str(APPEARS_S))
            self.take(LEDGER, f"projects/{self.env.project}/databases/livepass")
        else:
            return False
        return True

    def restore_key(self) -> None:
        """Undelete and import the site's key, if a deployment before left one."""
        if not _signs_in(self.env):
            return
        if any(each["address"] == KEY for each in self.terraform.resources()):
            return
        for key in _keys(self.env):
            say("The site's key of an earlier deployment is still there: taking it over.")
            if key.get("deleteTime"):
                gcloud(self.env, "services", "api-keys", "undelete", key["name"])
            self.take(KEY, key["name"])

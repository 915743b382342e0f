"""What a project may have already, and Terraform cannot make again: it is taken over.

Identity Platform can be begun once in a project's life: the provider begins it, then sets it up,
and if that fails the resource is tainted; its deletion does nothing; beginning it again is refused
(hashicorp/terraform-provider-google issue 16520). An API key that was deleted keeps its name for 30
days (cloud.google.com/docs/authentication/api-keys, undelete).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from ops.command import Failed
from ops.environment import Environment
from ops.gcloud import gcloud, told
from ops.terminal import say
from ops.terraform import Terraform

IDENTITY = "google_identity_platform_config.main[0]"
KEY = "google_apikeys_key.site[0]"
KEY_NAME = "livepass-site"
BEGUN = "Identity Platform has already been enabled"


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
        if BEGUN not in " ".join(complaint.replace("│", " ").split()):
            return False
        say("This project has Identity Platform already: taking it over, with its users.")
        self.take(IDENTITY, f"projects/{self.env.project}")
        return True

    def restore_key(self) -> None:
        """Undelete and import the site's key, if a deployment before left one."""
        if "\nidentity_platform" not in f"\n{self.env.tfvars.read_text()}":
            return
        if any(each["address"] == KEY for each in self.terraform.resources()):
            return
        listing = ("services", "api-keys", "list", "--show-deleted")
        found = []
        with suppress(Failed):  # before the first deployment the API is off
            found = [k for k in told(self.env, *listing) if k["name"].endswith(f"/{KEY_NAME}")]
        for key in found:
            say("The site's key of an earlier deployment is still there: taking it over.")
            if key.get("deleteTime"):
                gcloud(self.env, "services", "api-keys", "undelete", key["name"])
            self.take(KEY, key["name"])

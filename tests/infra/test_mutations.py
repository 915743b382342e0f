"""Each harmful mistake is caught by a named test of infra/tests, in its own words."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from infra.terraform import Root


class Mistake(NamedTuple):
    """Where it is made, what sees it, and what that says."""

    name: str
    file: str
    old: str
    new: str
    seen_by: str
    sentence: str


MISTAKES = (
    Mistake(
        "a state bucket that may become public",
        "bootstrap/main.tf",
        'public_access_prevention    = "enforced"',
        'public_access_prevention    = "inherited"',
        "bootstrap.tftest.hcl",
        "The state's bucket cannot be made public.",
    ),
    Mistake(
        "a deployer that any repository becomes",
        "bootstrap/deployer.tf",
        """    "assertion.repository_id == '${var.github.id}'",
""",
        "",
        "bootstrap.tftest.hcl",
        "Google believes one repository, branch and environment, by number.",
    ),
    Mistake(
        "a login that knows one form of GitHub's subject",
        "bootstrap/deployer.tf",
        "'repository:' + assertion.repository_id + ':run:' + assertion.run_id",
        "assertion.sub",
        "bootstrap.tftest.hcl",
        "The form of GitHub's subject does not matter: "
        "it differs by the age of a repository, and may be too long.",
    ),
    Mistake(
        "a watcher that cannot list the state's bucket",
        "bootstrap/watcher.tf",
        "resource.name == 'projects/_/buckets/${var.project_id}-${name}' || ",
        "",
        "bootstrap.tftest.hcl",
        "The watcher lists the buckets and reads what is in them: "
        "terraform init lists the workspaces.",
    ),
    Mistake(
        "a secret that everybody reads",
        "gemini_key.tf",
        "member    = google_service_account.token_api.member",
        'member    = "allUsers"',
        "keys.tftest.hcl",
        "The secret is granted to the token function's account alone.",
    ),
    Mistake(
        "a second key in plain text",
        "settings.tf",
        "    GOOGLE_CLOUD_PROJECT ",
        '    SMOKE_API_KEY = "AIza-in-plain-text"\n    GOOGLE_CLOUD_PROJECT ',
        "keys.tftest.hcl",
        "No variable of the function's environment holds a key in plain text.",
    ),
    Mistake(
        "usage that is kept for ever",
        "firestore.tf",
        "  ttl_config {}\n  index_config {} # an index on a rising time",
        "  index_config {} # an index on a rising time",
        "keeping.tftest.hcl",
        "Usage that is over is deleted by TTL on expireAt.",
    ),
    Mistake(
        "instances without a cap",
        "function.tf",
        "    max_instance_count               = var.instances.max\n",
        "",
        "keeping.tftest.hcl",
        "The number of instances has a cap, which caps the bill.",
    ),
    Mistake(
        "a database anybody may write",
        "firestore.rules",
        "allow read, write: if false;",
        "allow read, write: if true;",
        "keeping.tftest.hcl",
        "Browsers and phones may neither read nor write the database.",
    ),
    Mistake(
        "a function beside the load balancer",
        "function.tf",
        'local.serves_domain ? "ALLOW_INTERNAL_AND_GCLB" : "ALLOW_ALL"',
        '"ALLOW_ALL"',
        "domain.tftest.hcl",
        "The function is closed to all but the load balancer.",
    ),
    Mistake(
        "a domain that is served before it works",
        "site.tf",
        "var.domain_ready ? var.domain : var.former_domain",
        "var.domain",
        "domain.tftest.hcl",
        "A domain that does not work yet shuts nobody out.",
    ),
    Mistake(
        "a new domain that takes the old one's certificate",
        "site.tf",
        "toset(compact([var.domain, var.former_domain]))",
        "toset(compact([var.domain]))",
        "domain.tftest.hcl",
        "The load balancer serves both.",
    ),
    Mistake(
        "a certificate that waits for the domain to lead here",
        "certificates.tf",
        "    dns_authorizations = "
        "[google_certificate_manager_dns_authorization.main[each.key].id]\n",
        "",
        "domain.tftest.hcl",
        "HTTPS is served with a managed certificate of the domain, "
        "which a record in its zone authorizes.",
    ),
    Mistake(
        "an upgrade that takes the certificate away",
        "loadbalancer.tf",
        "var.classic_certificate ? null : ",
        "",
        "domain.tftest.hcl",
        "The certificate that is served is not taken away.",
    ),
    Mistake(
        "an IPv6 address that nobody answers at",
        "loadbalancer.tf",
        """  ip_address            = google_compute_global_address.ipv6[0].id
  target                = google_compute_target_https_proxy.main[0].id
""",
        """  ip_address            = google_compute_global_address.main[0].id
  target                = google_compute_target_https_proxy.main[0].id
""",
        "domain.tftest.hcl",
        "People with IPv6 alone reach both ports, as the others do.",
    ),
    Mistake(
        "no Cloud Armor",
        "loadbalancer.tf",
        "  security_policy         = google_compute_security_policy.token_api[0].id\n",
        "",
        "domain.tftest.hcl",
        "Cloud Armor stands before the function.",
    ),
    Mistake(
        "a page that may be framed",
        "headers.tf",
        '    "X-Frame-Options"              = "DENY"\n',
        "",
        "domain.tftest.hcl",
        "The site is sent with all eight security headers.",
    ),
    Mistake(
        "an alert that nobody hears",
        "alerts.tf",
        "  severity              = each.value.severity\n"
        "  notification_channels = local.alert_channels\n",
        "  severity              = each.value.severity\n  notification_channels = []\n",
        "watching.tftest.hcl",
        "Every alert reaches every address.",
    ),
    Mistake(
        "an alert on a metric of no resource",
        "alerts.tf",
        "{${local.service_labels},code=",
        "{code=",
        "watching.tftest.hcl",
        "Every query says which resource it means: a metric made from logs may be of several.",
    ),
    Mistake(
        "alerts in the free tier",
        "alerts.tf",
        "for_each = var.free_tier ? {} : local.alerts",
        "for_each = local.alerts",
        "watching.tftest.hcl",
        "The free tier has no alerts and no uptime checks, which are charged for.",
    ),
    Mistake(
        "backups in the free tier",
        "firestore.tf",
        "count = var.free_tier ? 0 : 1",
        "count = 1",
        "watching.tftest.hcl",
        "The free tier keeps no second copy of the ledger, which is charged for.",
    ),
)

STOPPED = (
    Mistake(
        "the Gemini key in plain text",
        "settings.tf",
        "    GOOGLE_CLOUD_PROJECT ",
        '    GEMINI_API_KEY = "AIza-in-plain-text"\n    GOOGLE_CLOUD_PROJECT ',
        "precondition",
        "comes from its secret, never as plain text.",
    ),
    Mistake(
        "a site key that opens Gemini",
        "sign_in.tf",
        'for_each = ["identitytoolkit.googleapis.com", "securetoken.googleapis.com"]',
        'for_each = ["identitytoolkit.googleapis.com", "generativelanguage.googleapis.com"]',
        "postcondition",
        "it must open sign-in and nothing else",
    ),
)


@pytest.fixture(scope="module")
def said_of(
    infra: Root, bootstrap: Root, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], str]:
    """What a test file says of all the mistakes it should see, made at once, to save time."""

    @cache
    def said(test_file: str) -> str:
        root = "bootstrap" if test_file.startswith("bootstrap") else "."
        copy = Root.copied(tmp_path_factory.mktemp("mistakes") / "infra", root)
        made = [mistake for mistake in MISTAKES if mistake.seen_by == test_file]
        for mistake in made:
            Root(copy.folder.parent if root != "." else copy.folder).replace(
                mistake.file, mistake.old, mistake.new
            )
        copy.keep_runs(test_file, [mistake.sentence for mistake in made])
        return copy.test(test_file)

    return said


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_is_caught(mistake: Mistake, said_of: Callable[[str], str]) -> None:
    said = said_of(mistake.seen_by)

    assert mistake.sentence in said
    assert "Failure!" in said


def test_a_mistake_stops_the_plan(infra: Root, tmp_path: Path) -> None:
    copy = Root.copied(tmp_path / "infra")
    for mistake in STOPPED:
        copy.replace(mistake.file, mistake.old, mistake.new)

    said = copy.said("plan", "-var-file=envs/dev.tfvars", "-var=source_archive=versions.tf")

    for mistake in STOPPED:
        assert f"Resource {mistake.seen_by} failed" in said
        assert mistake.sentence in said

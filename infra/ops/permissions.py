"""What whoever deploys must be allowed to do, and what of it they are not.

What a step needs is by the method it calls, from "Permissions" in Google's pages on audit logging
and access control of each API; tests/infra holds the table to what infra/ declares.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from ops.command import Failed
from ops.environment import Environment
from ops.google_api import GoogleApi

ASKED_AT_ONCE = 8
NAMED = 3  # of what is lacking, in a line


def of(prefix: str, verbs: str) -> set[str]:
    """Write permissions short: one prefix, and the verbs after it."""
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

# An Owner has these by the policy of each bucket (projectOwner), not by the project's, where they
# would seem to be missing: cloud.google.com/storage/docs/access-control/iam-roles, "Basic roles".
BY_BUCKET = of("storage.buckets", f"get update {POLICY}") | of(
    "storage.objects", "create delete get list"
)

BEHIND_A_DOMAIN = ("google_compute_", "google_certificate_manager_", "certificate", "cache")


def lacking(env: Environment) -> Iterator[str]:
    """What the caller may not do in the project, one line a service, as far as it can be asked."""
    api = GoogleApi.of(env, "cloudresourcemanager")
    services = _by_service(env)
    with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
        missing = pool.map(lambda asked: _missing(api, asked), services.values())
        for service, without in zip(services, missing, strict=True):
            if without:
                named = ", ".join(without[:NAMED])
                more = f" and {len(without) - NAMED} more" if len(without) > NAMED else ""
                yield (
                    f"you lack permissions for {service}: {named}{more}. Ask an owner of "
                    f"{env.project} for a role with them; bootstrap/deployer.tf lists such roles"
                )


def _by_service(env: Environment) -> dict[str, list[str]]:
    """One unknown name fails a whole request, so each service is asked for by itself."""
    by_service = defaultdict(set)
    for step, permissions in {**NEEDED, **COMMANDS}.items():
        if env.domain or not step.startswith(BEHIND_A_DOMAIN):
            for permission in permissions - BY_BUCKET:
                by_service[permission.partition(".")[0]].add(permission)
    return {service: sorted(each) for service, each in sorted(by_service.items())}


def _missing(api: GoogleApi, asked: list[str]) -> list[str]:
    """cloud.google.com/resource-manager/reference/rest/v3/projects/testIamPermissions."""
    try:
        told = api.post(f"v3/projects/{api.project}:testIamPermissions", {"permissions": asked})
    except Failed:  # a name that cannot be asked for on a project, or the API is off
        return []
    return sorted(set(asked) - set(told.get("permissions", [])))

# Who looks from CI, every morning, whether the project is what the code says. It may read what a
# plan reads and nothing else: no person's usage, no secret's value.

locals {
  watcher_permissions = [
    "apikeys.keys.get",
    "apikeys.keys.getKeyString",
    "artifactregistry.repositories.get",
    "artifactregistry.repositories.getIamPolicy",
    "certificatemanager.certmapentries.get",
    "certificatemanager.certmaps.get",
    "certificatemanager.certs.get",
    "certificatemanager.dnsauthorizations.get",
    "cloudfunctions.functions.get",
    "cloudscheduler.jobs.get",
    "compute.backendBuckets.get",
    "compute.backendServices.get",
    "compute.globalAddresses.get",
    "compute.globalForwardingRules.get",
    "compute.regionNetworkEndpointGroups.get",
    "compute.securityPolicies.get",
    "compute.sslCertificates.get",
    "compute.sslPolicies.get",
    "compute.targetHttpProxies.get",
    "compute.targetHttpsProxies.get",
    "compute.urlMaps.get",
    "datastore.backupSchedules.get",
    "datastore.databases.get",
    "datastore.databases.getMetadata",
    "datastore.indexes.get",
    "firebaseauth.configs.get",
    "firebaserules.releases.get",
    "firebaserules.rulesets.get",
    "iam.serviceAccounts.get",
    "logging.logMetrics.get",
    "logging.views.get",
    "logging.views.getIamPolicy",
    "monitoring.alertPolicies.get",
    "monitoring.dashboards.get",
    "monitoring.notificationChannels.get",
    "monitoring.uptimeCheckConfigs.get",
    "resourcemanager.projects.get",
    "resourcemanager.projects.getIamPolicy",
    "run.revisions.get",
    "run.services.get",
    "run.services.getIamPolicy",
    "secretmanager.secrets.get",
    "secretmanager.secrets.getIamPolicy",
    "serviceusage.services.get",
    "serviceusage.services.list",
    "serviceusage.services.use",
    "storage.buckets.get",
    "storage.buckets.getIamPolicy",
  ]
}

resource "google_service_account" "watcher" {
  count = var.github == null ? 0 : 1

  account_id   = "livepass-watcher"
  display_name = "Looks for drift from ${var.github.owner}/${var.github.name}"

  depends_on = [google_project_service.main]
}

resource "google_project_iam_custom_role" "watcher" {
  count = var.github == null ? 0 : 1

  role_id     = "livepassWatcher"
  title       = "Reads what a plan reads"
  permissions = local.watcher_permissions
}

resource "google_project_iam_member" "watcher" {
  count = var.github == null ? 0 : 1

  project = var.project_id
  role    = google_project_iam_custom_role.watcher[0].id
  member  = google_service_account.watcher[0].member
}

# Terraform's state, and the function's zip beside it in the plan. To list objects is asked of the
# bucket, not of an object, and `terraform init` lists workspaces (Workspaces() in hashicorp/terraform,
# internal/backend/remote-state/gcs/backend_state.go).
resource "google_project_iam_member" "watcher_reads" {
  count = var.github == null ? 0 : 1

  project = var.project_id
  role    = "roles/storage.objectViewer"
  member  = google_service_account.watcher[0].member

  condition {
    title      = "the state, the releases and the site"
    expression = join(" || ", [for name in ["state", "source", "site"] : "resource.name == 'projects/_/buckets/${var.project_id}-${name}' || resource.name.startsWith('projects/_/buckets/${var.project_id}-${name}/')"])
  }
}

resource "google_service_account_iam_member" "github_watches" {
  count = var.github == null ? 0 : 1

  service_account_id = google_service_account.watcher[0].name
  role               = "roles/iam.workloadIdentityUser"
  member             = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.github[0].name}/attribute.environment/drift"
}

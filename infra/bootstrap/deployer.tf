# Who deploys from CI: GitHub proves which repository and branch a workflow runs for, and Google
# lets it act as the deployer for an hour. There is no key to lose.

locals {
  # All that the root creates, and no role that reads the secret's value. With app_check it also
  # needs roles/firebase.admin, which is too much to have for good: grant it for that deployment.
  deployer_roles = var.github == null ? [] : [
    "roles/artifactregistry.admin",
    "roles/certificatemanager.owner",
    "roles/cloudfunctions.admin",
    "roles/cloudscheduler.admin",
    "roles/compute.loadBalancerAdmin",
    "roles/compute.securityAdmin",
    "roles/datastore.backupSchedulesAdmin",
    "roles/datastore.owner",
    "roles/firebaserules.admin",
    "roles/iam.serviceAccountAdmin",
    "roles/identityplatform.admin",
    "roles/logging.configWriter",
    "roles/monitoring.editor",
    "roles/serviceusage.apiKeysAdmin",
    "roles/serviceusage.serviceUsageAdmin",
    "roles/storage.admin",
  ]

  # The only roles it may grant on the project: those that the root grants.
  grantable_roles = [
    "roles/datastore.user",
    "roles/firebaseappcheck.tokenVerifier",
    "roles/logging.logWriter",
    "roles/storage.objectViewer",
  ]
}

resource "google_service_account" "deployer" {
  count = var.github == null ? 0 : 1

  account_id   = "livepass-deployer"
  display_name = "Deploys Livepass from ${var.github.owner}/${var.github.name}"

  depends_on = [google_project_service.main]
}

resource "google_project_iam_member" "deployer" {
  for_each = toset(local.deployer_roles)

  project = var.project_id
  role    = each.key
  member  = google_service_account.deployer[0].member
}

resource "google_project_iam_member" "deployer_grants" {
  count = var.github == null ? 0 : 1

  project = var.project_id
  role    = "roles/resourcemanager.projectIamAdmin"
  member  = google_service_account.deployer[0].member

  condition {
    title      = "only the roles that the root grants"
    expression = "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly([${join(", ", [for role in local.grantable_roles : "'${role}'"])}])"
  }
}

# secretmanager.admin without the right to read a version.
resource "google_project_iam_custom_role" "secret_keeper" {
  count = var.github == null ? 0 : 1

  role_id = "livepassSecretKeeper"
  title   = "Keeps secrets without reading them"
  permissions = [
    "secretmanager.secrets.create",
    "secretmanager.secrets.delete",
    "secretmanager.secrets.get",
    "secretmanager.secrets.getIamPolicy",
    "secretmanager.secrets.list",
    "secretmanager.secrets.setIamPolicy",
    "secretmanager.secrets.update",
    "secretmanager.versions.get",
    "secretmanager.versions.list",
  ]
}

resource "google_project_iam_member" "deployer_secrets" {
  count = var.github == null ? 0 : 1

  project = var.project_id
  role    = google_project_iam_custom_role.secret_keeper[0].id
  member  = google_service_account.deployer[0].member
}

# configWriter without this makes views, but lets nobody read them; logging.admin would also read.
resource "google_project_iam_custom_role" "view_keeper" {
  count = var.github == null ? 0 : 1

  role_id = "livepassViewKeeper"
  title   = "Says who reads log views"
  permissions = [
    "logging.views.getIamPolicy",
    "logging.views.setIamPolicy",
  ]
}

resource "google_project_iam_member" "deployer_views" {
  count = var.github == null ? 0 : 1

  project = var.project_id
  role    = google_project_iam_custom_role.view_keeper[0].id
  member  = google_service_account.deployer[0].member
}

# The function and its build run as accounts of their own, which the deployer must be allowed to use.
# They do not exist yet, so it is granted on the project: keep other accounts out of it.
resource "google_project_iam_member" "deployer_acts_as" {
  #checkov:skip=CKV_GCP_41: the accounts are made later, by the deployer itself
  #checkov:skip=CKV_GCP_49: the accounts are made later, by the deployer itself
  count = var.github == null ? 0 : 1

  project = var.project_id
  role    = "roles/iam.serviceAccountUser"
  member  = google_service_account.deployer[0].member
}

resource "google_iam_workload_identity_pool" "github" {
  count = var.github == null ? 0 : 1

  workload_identity_pool_id = "github"
  display_name              = "GitHub Actions"

  depends_on = [google_project_service.main]
}

resource "google_iam_workload_identity_pool_provider" "github" {
  #checkov:skip=CKV_GCP_125: it knows a condition by `sub` alone; this one names more, and by number
  count = var.github == null ? 0 : 1

  workload_identity_pool_id          = google_iam_workload_identity_pool.github[0].workload_identity_pool_id
  workload_identity_pool_provider_id = "github"
  display_name                       = "GitHub Actions"

  # Not by `sub`, which has another form in repositories made or renamed since 15 July 2026 (with
  # the numbers in it) and may be too long for a subject, which holds 127 bytes:
  # https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/
  attribute_mapping = {
    "attribute.environment" = "assertion.environment"
    "google.subject"        = "'repository:' + assertion.repository_id + ':run:' + assertion.run_id"
  }

  # The repository and its owner by number (names can be taken over), the branch, and the
  # environment: that of deployments, whose rules on GitHub say who must approve, or the watcher's.
  attribute_condition = join(" && ", [
    "assertion.repository_id == '${var.github.id}'",
    "assertion.repository_owner_id == '${var.github.owner_id}'",
    "assertion.environment in ['${var.github.environment}', 'drift']",
    "assertion.ref == 'refs/heads/${var.github.branch}'",
  ])

  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }
}

resource "google_service_account_iam_member" "github" {
  count = var.github == null ? 0 : 1

  service_account_id = google_service_account.deployer[0].name
  role               = "roles/iam.workloadIdentityUser"
  member             = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.github[0].name}/attribute.environment/${var.github.environment}"
}

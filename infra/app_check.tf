# App Check for the mobile apps that use the API: Play Integrity and App Attest.

locals {
  has_app_check = var.app_check.mode != "off"
}

resource "google_firebase_project" "main" {
  count    = local.has_app_check ? 1 : 0
  provider = google-beta

  depends_on = [google_project_service.main]
}

resource "google_firebase_android_app" "main" {
  for_each = var.app_check.android
  provider = google-beta

  display_name  = each.key
  package_name  = each.value.package_name
  sha256_hashes = [each.value.sha256]

  depends_on = [google_firebase_project.main]
}

resource "google_firebase_apple_app" "main" {
  for_each = var.app_check.ios
  provider = google-beta

  display_name = each.key
  bundle_id    = each.value.bundle_id
  team_id      = each.value.team_id

  depends_on = [google_firebase_project.main]
}

resource "google_firebase_app_check_play_integrity_config" "main" {
  for_each = google_firebase_android_app.main

  app_id    = each.value.app_id
  token_ttl = "3600s"
}

resource "google_firebase_app_check_app_attest_config" "main" {
  for_each = google_firebase_apple_app.main

  app_id    = each.value.app_id
  token_ttl = "3600s"
}

# Using a token up is a call of the function's own; verifying one is not.
resource "google_project_iam_member" "token_api_app_check" {
  count = var.app_check.consume ? 1 : 0

  project = var.project_id
  role    = "roles/firebaseappcheck.tokenVerifier"
  member  = google_service_account.token_api.member
}

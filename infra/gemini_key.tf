# The Gemini API key. Its value is set by `make secret` and is never known to Terraform.
#
# It comes from another project: in this one every unrestricted API key, public ones too, would
# open Gemini at our cost if the Generative Language API were switched on here.

resource "google_secret_manager_secret" "gemini_api_key" {
  secret_id           = "gemini-api-key"
  deletion_protection = var.deletion_protection
  version_destroy_ttl = "604800s" # a version destroyed by mistake can be had back for a week

  replication {
    auto {}
  }

  depends_on = [google_project_service.main]
}

resource "google_secret_manager_secret_iam_member" "token_api" {
  secret_id = google_secret_manager_secret.gemini_api_key.secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.token_api.member
}

# Who read the key and when.
resource "google_project_iam_audit_config" "secrets" {
  project = var.project_id
  service = "secretmanager.googleapis.com"

  audit_log_config {
    log_type = "DATA_READ"
  }
}

# Beside the check, not in it: there it would be read again by every apply, so that no plan is empty.
data "google_project_service" "gemini" {
  service = "generativelanguage.googleapis.com"
}

check "gemini_lives_in_another_project" {
  assert {
    condition     = coalesce(one(data.google_project_service.gemini[*].id), "off") == "off"
    error_message = "The Generative Language API is on in ${var.project_id}, so this project's API keys may open Gemini. Use a Gemini key from another project and run: gcloud services disable generativelanguage.googleapis.com --project ${var.project_id}"
  }
}

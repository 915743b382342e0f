locals {
  labels = { app = "livepass" }

  # The Generative Language API is not among them, and must not be: see gemini_key.tf.
  apis = toset(concat(
    [
      "artifactregistry.googleapis.com",
      "cloudbuild.googleapis.com",
      "cloudfunctions.googleapis.com",
      "cloudscheduler.googleapis.com",
      "firebaserules.googleapis.com",
      "firestore.googleapis.com",
      "iam.googleapis.com",
      "logging.googleapis.com",
      "monitoring.googleapis.com",
      "run.googleapis.com",
      "secretmanager.googleapis.com",
      "storage.googleapis.com",
    ],
    local.has_domain ? ["certificatemanager.googleapis.com", "compute.googleapis.com"] : [],
    local.has_identity_platform ? ["apikeys.googleapis.com", "identitytoolkit.googleapis.com", "securetoken.googleapis.com"] : [],
    local.has_app_check ? ["firebase.googleapis.com", "firebaseappcheck.googleapis.com"] : [],
    var.budget == null ? [] : ["billingbudgets.googleapis.com"],
  ))
}

resource "google_project_service" "main" {
  for_each = local.apis

  service            = each.key
  disable_on_destroy = false # others in the project may need it
}

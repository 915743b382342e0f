# What the function is built from, and who builds it.

resource "google_service_account" "build" {
  account_id   = "livepass-build"
  display_name = "Builds the token function"

  depends_on = [google_project_service.main]
}

resource "google_project_iam_member" "build_logs" {
  project = var.project_id
  role    = "roles/logging.logWriter"
  member  = google_service_account.build.member
}

# Cloud Functions copies the zip into a bucket of its own and builds from there.
resource "google_project_iam_member" "build_source" {
  project = var.project_id
  role    = "roles/storage.objectViewer"
  member  = google_service_account.build.member

  condition {
    title      = "the function's sources"
    expression = "resource.name.startsWith('projects/_/buckets/gcf-v2-sources-')"
  }
}

resource "google_artifact_registry_repository_iam_member" "build_images" {
  location   = google_artifact_registry_repository.functions.location
  repository = google_artifact_registry_repository.functions.name
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.build.member
}

resource "google_artifact_registry_repository" "functions" {
  #checkov:skip=CKV_GCP_84: images hold no data; Google's own encryption at rest is enough
  repository_id = "livepass"
  description   = "Images of the token function"
  location      = var.region
  format        = "DOCKER"

  cleanup_policies {
    id     = "keep-for-rollbacks"
    action = "KEEP"
    most_recent_versions {
      keep_count = var.free_tier ? 2 : 10
    }
  }

  cleanup_policies {
    id     = "delete-old-ones"
    action = "DELETE"
    condition {
      older_than = var.free_tier ? "86400s" : "2592000s" # a day, or 30
    }
  }

  depends_on = [google_project_service.main]
}

resource "google_storage_bucket" "source" {
  #checkov:skip=CKV_GCP_62: only deployments read it; Cloud Audit Logs tell who changed it
  name                        = "${var.project_id}-source"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.deletion_protection

  versioning {
    enabled = true
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      days_since_noncurrent_time = 30
    }
  }
}

# Named by its content, so that the function is rebuilt if, and only if, the code has changed. The
# part of the hash in the function's environment shows which build answers.
locals {
  source = substr(filesha256(var.source_archive), 0, 16)
}

resource "google_storage_bucket_object" "token_api" {
  bucket = google_storage_bucket.source.name
  name   = "token-api/${filesha256(var.source_archive)}.zip"
  source = var.source_archive
}

# The token function: its account, what it may do, itself, who may call it.

resource "google_service_account" "token_api" {
  account_id   = "livepass-token-api"
  display_name = "The token function"

  depends_on = [google_project_service.main]
}

# Logs go to stdout, which needs no role; the key's grant is in gemini_key.tf.
resource "google_project_iam_member" "token_api_ledger" {
  project = var.project_id
  role    = "roles/datastore.user"
  member  = google_service_account.token_api.member

  condition {
    title      = "the ledger"
    expression = "resource.name == 'projects/${var.project_id}/databases/${google_firestore_database.ledger.name}'"
  }
}

resource "google_cloudfunctions2_function" "token_api" {
  name        = "token-api"
  description = "Vends short-lived tokens for the Gemini Live API"
  location    = var.region

  build_config {
    runtime           = "python311" # the Python that every check runs on
    entry_point       = "token_api"
    docker_repository = google_artifact_registry_repository.functions.id
    service_account   = google_service_account.build.id

    # Python then compiles with the sources' hashes, not their times, which the image changes.
    environment_variables = {
      LIVEPASS_BUILD    = tostring(var.build)
      SOURCE_DATE_EPOCH = "315532800" # 1980, as in the zip
    }

    source {
      storage_source {
        bucket = google_storage_bucket.source.name
        object = google_storage_bucket_object.token_api.name
      }
    }

    automatic_update_policy {}
  }

  service_config {
    available_cpu                    = tostring(var.instances.cpu)
    available_memory                 = var.instances.memory
    max_instance_count               = var.instances.max
    min_instance_count               = var.instances.min
    max_instance_request_concurrency = var.instances.concurrency
    timeout_seconds                  = 14 # the site gives up after 15, Gemini gets at most 8
    ingress_settings                 = local.serves_domain ? "ALLOW_INTERNAL_AND_GCLB" : "ALLOW_ALL"
    all_traffic_on_latest_revision   = true
    service_account_email            = google_service_account.token_api.email
    environment_variables            = local.settings

    secret_environment_variables {
      key        = "GEMINI_API_KEY"
      project_id = var.project_id
      secret     = google_secret_manager_secret.gemini_api_key.secret_id
      version    = "latest" # read when an instance starts; `make secret` starts new ones
    }
  }

  lifecycle {
    precondition {
      condition     = !contains(keys(local.settings), "GEMINI_API_KEY")
      error_message = "The Gemini API key comes from its secret, never as plain text."
    }
  }

  depends_on = [
    google_artifact_registry_repository_iam_member.build_images,
    google_project_iam_member.build_logs,
    google_project_iam_member.build_source,
    google_project_iam_member.token_api_ledger,
    google_secret_manager_secret_iam_member.token_api,
  ]
}

# Callers bring an ID token of their own, which the function checks. In the domain shape the
# ingress lets nobody in but the load balancer.
resource "google_cloud_run_service_iam_member" "anyone" {
  #checkov:skip=CKV_GCP_102: an API for browsers and phones is called by everybody
  location = google_cloudfunctions2_function.token_api.location
  service  = google_cloudfunctions2_function.token_api.name
  role     = "roles/run.invoker"
  member   = "allUsers"
}

# The guard of the budget in live.budget_..._usd: a function that only the scheduler may call,
# once a minute. It has no Gemini key.

resource "google_service_account" "budget_guard" {
  account_id   = "livepass-budget-guard"
  display_name = "Budget guard"

  depends_on = [google_project_service.main]
}

resource "google_service_account" "scheduler" {
  account_id   = "livepass-scheduler"
  display_name = "Calls the budget guard"

  depends_on = [google_project_service.main]
}

resource "google_project_iam_member" "budget_guard_ledger" {
  project = var.project_id
  role    = "roles/datastore.user"
  member  = google_service_account.budget_guard.member

  condition {
    title      = "the ledger"
    expression = "resource.name == 'projects/${var.project_id}/databases/${google_firestore_database.ledger.name}'"
  }
}

resource "google_cloudfunctions2_function" "budget_guard" {
  name        = "budget-guard"
  description = "Adds up spending, and pauses minting when the budget is used up"
  location    = var.region

  build_config {
    runtime           = "python311"
    entry_point       = "budget_guard"
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
    available_cpu                    = "1"
    available_memory                 = "512Mi"
    max_instance_count               = 1
    min_instance_count               = 0
    max_instance_request_concurrency = 1
    timeout_seconds                  = 55                    # before the next check
    ingress_settings                 = "ALLOW_INTERNAL_ONLY" # which the project's scheduler is
    all_traffic_on_latest_revision   = true
    service_account_email            = google_service_account.budget_guard.email
    environment_variables = {
      for name, value in local.settings : name => value if contains([
        "GOOGLE_CLOUD_PROJECT",
        "LIVE_API_BUDGET_DAY_USD",
        "LIVE_API_BUDGET_MONTH_USD",
        "LIVE_API_ISSUERS",
        "LIVE_API_LEDGER",
        "LIVE_API_SOURCE",
      ], name)
    }
  }

  depends_on = [
    google_artifact_registry_repository_iam_member.build_images,
    google_project_iam_member.budget_guard_ledger,
    google_project_iam_member.build_logs,
    google_project_iam_member.build_source,
  ]
}

resource "google_cloud_run_service_iam_member" "scheduler" {
  location = google_cloudfunctions2_function.budget_guard.location
  service  = google_cloudfunctions2_function.budget_guard.name
  role     = "roles/run.invoker"
  member   = google_service_account.scheduler.member
}

resource "google_cloud_scheduler_job" "budget_guard" {
  name             = "budget-guard"
  description      = "Runs the budget guard"
  region           = var.region
  schedule         = "* * * * *"
  time_zone        = "Etc/UTC"
  attempt_deadline = "60s"

  retry_config {
    retry_count = 0 # the next minute is the next attempt
  }

  http_target {
    http_method = "POST"
    uri         = google_cloudfunctions2_function.budget_guard.service_config[0].uri

    oidc_token {
      service_account_email = google_service_account.scheduler.email
      audience              = google_cloudfunctions2_function.budget_guard.service_config[0].uri
    }
  }

  depends_on = [google_cloud_run_service_iam_member.scheduler]
}

locals {
  budget_events  = "logging_googleapis_com:user_livepass_budget"
  _guard_labels  = "monitored_resource=\"cloud_run_revision\",service_name=\"${google_cloudfunctions2_function.budget_guard.name}\""
  budget_warned  = { for percent in ["50", "90", "100"] : percent => "sum(increase(${local.budget_events}{${local._guard_labels},event=\"BUDGET_WARNED\",percent=\"${percent}\"}[5m])) > 0" }
  budget_watched = "(sum(increase(${local.budget_events}{${local._guard_labels},event=\"BUDGET_CHECKED\"}[10m])) or vector(0)) < 1"
}

resource "google_logging_metric" "budget" {
  name        = "livepass/budget"
  description = "Budget checks, by result"
  filter      = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${google_cloudfunctions2_function.budget_guard.name}\" AND jsonPayload.event:*"

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"

    labels {
      key        = "event"
      value_type = "STRING"
    }
    labels {
      key        = "percent"
      value_type = "STRING"
    }
    labels {
      key        = "period"
      value_type = "STRING"
    }
  }

  label_extractors = {
    event   = "EXTRACT(jsonPayload.event)"
    percent = "EXTRACT(jsonPayload.percent)"
    period  = "EXTRACT(jsonPayload.period)"
  }

  depends_on = [google_project_service.main]
}

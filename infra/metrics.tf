# Numbers out of the audit lines (functions/vending/audit/). No label ever holds a user.

locals {
  _audit_lines = join(" AND ", [
    "resource.type=\"cloud_run_revision\"",
    "resource.labels.service_name=\"${google_cloudfunctions2_function.token_api.name}\"",
    "jsonPayload.event:*",
  ])

  # The same metrics as PromQL knows them.
  events         = "logging_googleapis_com:user_livepass_events"
  latency        = "logging_googleapis_com:user_livepass_latency_bucket"
  gemini_latency = "logging_googleapis_com:user_livepass_gemini_latency_bucket"

  # Of tokens alone: a refusal is quick, and many would hide that tokens are slow.
  _latencies = {
    latency        = { field = "total", description = "Time from a request to its token" }
    gemini_latency = { field = "gemini", description = "Time Gemini took to make the token" }
  }
}

resource "google_logging_metric" "events" {
  name        = "livepass/events"
  description = "Requests by event, and by code if refused"
  filter      = local._audit_lines

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"

    labels {
      key        = "event"
      value_type = "STRING"
    }
    labels {
      key        = "code"
      value_type = "STRING"
    }
  }

  label_extractors = {
    event = "EXTRACT(jsonPayload.event)"
    code  = "EXTRACT(jsonPayload.code)"
  }

  depends_on = [google_project_service.main]
}

resource "google_logging_metric" "latency" {
  for_each = local._latencies

  name            = "livepass/${each.key}"
  description     = each.value.description
  filter          = "${local._audit_lines} AND jsonPayload.event=(\"TOKEN_CREATED\" OR \"TOKEN_REFRESHED\") AND jsonPayload.latencyMs.${each.value.field}>=0"
  value_extractor = "EXTRACT(jsonPayload.latencyMs.${each.value.field})"

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "DISTRIBUTION"
    unit        = "ms"

    labels {
      key        = "operation"
      value_type = "STRING"
    }
  }

  label_extractors = {
    operation = "EXTRACT(jsonPayload.operation)"
  }

  bucket_options {
    exponential_buckets {
      num_finite_buckets = 24
      growth_factor      = 1.5
      scale              = 1 # 1 ms to 17 s
    }
  }

  depends_on = [google_project_service.main]
}

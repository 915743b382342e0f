# What wakes somebody. Each key is also the heading of its runbook in README.md.

locals {
  alert_channels = [for channel in google_monitoring_notification_channel.email : channel.name]

  # Which resource a metric is of has to be said: one that is made from logs may be of several.
  service_labels = "monitored_resource=\"cloud_run_revision\",service_name=\"${google_cloudfunctions2_function.token_api.name}\""
  _vended        = "event=~\"TOKEN_CREATED|TOKEN_REFRESHED|UPSTREAM_FAILED\""

  alerts = {
    refusal-storm = {
      severity = "WARNING"
      summary  = "More than ${var.alert_thresholds.refusals_per_minute} token requests per minute are refused."
      query    = "sum(rate(${local.events}{${local.service_labels},event=\"TOKEN_REFUSED\"}[5m])) * 60 > ${var.alert_thresholds.refusals_per_minute}"
    }
    upstream-failures = {
      severity = "ERROR"
      summary  = "Gemini fails to make tokens."
      query    = "sum(increase(${local.events}{${local.service_labels},event=\"UPSTREAM_FAILED\"}[10m])) / sum(increase(${local.events}{${local.service_labels},${local._vended}}[10m])) > ${var.alert_thresholds.error_ratio} and sum(increase(${local.events}{${local.service_labels},event=\"UPSTREAM_FAILED\"}[10m])) > 3"
    }
    key-rejected = {
      severity = "CRITICAL"
      summary  = "Gemini rejects our requests: the API key is wrong or withdrawn, or it does not accept a setting."
      query    = "sum(increase(${local.events}{${local.service_labels},code=\"upstream-rejected\"}[5m])) > 0"
    }
    store-failures = {
      severity = "CRITICAL"
      summary  = "Firestore cannot be reached, so no tokens are vended."
      query    = "sum(increase(${local.events}{${local.service_labels},event=\"STORE_FAILED\"}[5m])) > 3"
    }
    identity-failures = {
      severity = "ERROR"
      summary  = "An issuer's keys cannot be fetched, so nobody new can sign in."
      query    = "sum(increase(${local.events}{${local.service_labels},event=\"IDENTITY_FAILED\"}[5m])) > 3"
    }
    internal-errors = {
      severity = "ERROR"
      summary  = "The function hit an unexpected error; the traceback is in the log."
      query    = "sum(increase(${local.events}{${local.service_labels},event=\"INTERNAL_ERROR\"}[5m])) > 0"
    }
    server-errors = {
      severity = "ERROR"
      summary  = "More than ${var.alert_thresholds.error_ratio * 100} % of all answers are 5xx."
      query    = "sum(rate(run_googleapis_com:request_count{${local.service_labels},response_code_class=\"5xx\"}[10m])) / sum(rate(run_googleapis_com:request_count{${local.service_labels}}[10m])) > ${var.alert_thresholds.error_ratio} and sum(increase(run_googleapis_com:request_count{${local.service_labels},response_code_class=\"5xx\"}[10m])) > 3"
    }
    slow-tokens = {
      severity = "WARNING"
      summary  = "One token in twenty takes longer than ${var.alert_thresholds.latency_p95_ms} ms."
      query    = "histogram_quantile(0.95, sum by (le) (rate(${local.latency}{${local.service_labels}}[10m]))) > ${var.alert_thresholds.latency_p95_ms}"
    }
    instances-near-cap = {
      severity = "WARNING"
      summary  = "The function runs close to its cap of ${var.instances.max} instances; beyond it, callers get a 429."
      query    = "sum(run_googleapis_com:container_instance_count{${local.service_labels}}) > ${var.alert_thresholds.instance_ratio * var.instances.max}"
    }
    minting-spree = {
      severity = "ERROR"
      summary  = "More than ${var.alert_thresholds.mints_per_hour} talks began within an hour. Each costs money."
      query    = "sum(increase(${local.events}{${local.service_labels},event=\"TOKEN_CREATED\"}[1h])) > ${var.alert_thresholds.mints_per_hour}"
    }
    budget-half = {
      severity = "WARNING"
      summary  = "Half of a budget is spent."
      query    = local.budget_warned["50"]
    }
    budget-nearly = {
      severity = "WARNING"
      summary  = "Ninety percent of a budget is spent."
      query    = local.budget_warned["90"]
    }
    budget-used-up = {
      severity = "CRITICAL"
      summary  = "A budget is used up: minting is paused."
      query    = local.budget_warned["100"]
    }
    budget-unwatched = {
      severity = "ERROR"
      summary  = "The budget has not been checked for a quarter of an hour."
      query    = local.budget_watched
      duration = "300s" # longer than a deployment takes to its first check
    }
  }

  # Uptime checks by what they ask.
  uptime_checks = {
    api  = { host = trimprefix(local.api_url, "https://"), path = "/api/v1/live-token/health", expect = "\"status\":\"ok\"" }
    site = { host = trimprefix(local.site_origin, "https://"), path = "/index.html", expect = "Livepass" }
  }
}

resource "google_monitoring_notification_channel" "email" {
  for_each = toset(var.alert_emails)

  display_name = "Livepass: ${each.key}"
  type         = "email"
  labels       = { email_address = each.key }

  lifecycle {
    create_before_destroy = true # so that no alert names it any more when it goes
  }

  depends_on = [google_project_service.main]
}

resource "google_monitoring_alert_policy" "main" {
  for_each = var.free_tier ? {} : local.alerts

  display_name          = "Livepass: ${each.key}"
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = local.alert_channels

  conditions {
    display_name = each.value.summary

    condition_prometheus_query_language {
      query                     = each.value.query
      duration                  = try(each.value.duration, "0s") # most look back as far as they need
      evaluation_interval       = "60s"
      disable_metric_validation = true # before the first request there is no metric
    }
  }

  documentation {
    mime_type = "text/markdown"
    subject   = "Livepass ${var.project_id}: ${each.key}"
    content   = "${each.value.summary}\n\nWhat to do: ${var.runbooks}#${each.key}"
  }

  alert_strategy {
    auto_close = "3600s"
  }

  depends_on = [google_logging_metric.budget, google_logging_metric.events, google_logging_metric.latency]
}

resource "google_monitoring_uptime_check_config" "main" {
  for_each = var.free_tier ? {} : local.uptime_checks

  display_name     = "Livepass: ${each.key}"
  period           = "300s"
  timeout          = "10s"
  selected_regions = ["EUROPE", "USA_VIRGINIA", "ASIA_PACIFIC"]

  http_check {
    path         = each.value.path
    port         = 443
    use_ssl      = true
    validate_ssl = true
  }

  content_matchers {
    content = each.value.expect
  }

  monitored_resource {
    type   = "uptime_url"
    labels = { project_id = var.project_id, host = each.value.host }
  }

  lifecycle {
    create_before_destroy = true # another host is another check, and the alert names this one
  }

  depends_on = [google_project_service.main]
}

resource "google_monitoring_alert_policy" "uptime" {
  count = var.free_tier ? 0 : 1

  display_name          = "Livepass: unreachable"
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = local.alert_channels

  dynamic "conditions" {
    for_each = google_monitoring_uptime_check_config.main
    content {
      display_name = "The ${conditions.key} cannot be reached from two of three regions."

      condition_threshold {
        filter          = "resource.type=\"uptime_url\" AND metric.type=\"monitoring.googleapis.com/uptime_check/check_passed\" AND metric.labels.check_id=\"${conditions.value.uptime_check_id}\""
        comparison      = "COMPARISON_GT"
        threshold_value = 1
        duration        = "300s"

        aggregations {
          alignment_period     = "600s"
          per_series_aligner   = "ALIGN_NEXT_OLDER"
          cross_series_reducer = "REDUCE_COUNT_FALSE"
          group_by_fields      = ["resource.label.host"]
        }
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    subject   = "Livepass ${var.project_id}: unreachable"
    content   = "The site or the API does not answer as expected.\n\nWhat to do: ${var.runbooks}#unreachable"
  }

  alert_strategy {
    auto_close = "3600s"
  }
}

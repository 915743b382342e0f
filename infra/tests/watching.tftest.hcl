# What wakes somebody, and which variables are refused.

mock_provider "google" {
  override_during = plan

  mock_data "google_project_service" {
    defaults = { id = "" } # what the provider answers for an API that is off
  }
  mock_resource "google_monitoring_notification_channel" {
    defaults = { name = "projects/livepass-test/notificationChannels/1" }
  }
  mock_resource "google_monitoring_uptime_check_config" {
    defaults = { uptime_check_id = "check-1" }
  }
  mock_resource "google_cloudfunctions2_function" {
    defaults = { service_config = { uri = "https://token-api-x.a.run.app" } }
  }
  mock_resource "google_storage_bucket" {
    defaults = { project_number = 4711 }
  }
}

mock_provider "google-beta" {}

variables {
  project_id        = "livepass-test"
  alert_emails      = ["on-call@example.com", "second@example.com"]
  runbooks          = "https://example.com/infra/README.md"
  source_archive    = "versions.tf"
  identity_platform = { ways = ["email"] }
}

run "what_goes_wrong_wakes_the_right_person" {
  command = plan

  variables {
    budget    = { billing_account = "012345-6789AB-CDEF01", amount = 200, currency = "EUR" }
    app_check = { mode = "monitor", consume = true, ios = { talk = { bundle_id = "com.example.talk", team_id = "ABCDE12345" } } }
    instances = { max = 20 }
  }

  assert {
    condition     = alltrue([for alert in google_monitoring_alert_policy.main : length(alert.notification_channels) == 2]) && length(google_monitoring_alert_policy.uptime[0].notification_channels) == 2
    error_message = "Every alert reaches every address."
  }
  assert {
    condition     = toset(keys(google_monitoring_notification_channel.email)) == toset(var.alert_emails)
    error_message = "Every address has a channel."
  }
  assert {
    condition     = alltrue([for key, alert in google_monitoring_alert_policy.main : strcontains(alert.documentation[0].content, "https://example.com/infra/README.md#${key}")]) && strcontains(google_monitoring_alert_policy.uptime[0].documentation[0].content, "#unreachable")
    error_message = "Every alert links to its own runbook."
  }
  assert {
    condition     = alltrue([for name in ["refusal-storm", "upstream-failures", "key-rejected", "store-failures", "server-errors", "slow-tokens", "instances-near-cap", "minting-spree"] : contains(keys(google_monitoring_alert_policy.main), name)])
    error_message = "Refusals, Gemini, the key, the database, errors, slowness, the cap and spending are watched."
  }
  assert {
    condition     = alltrue([for query in concat(values(local.alerts)[*].query, flatten([for chart in local.charts : values(chart.lines)])) : length(regexall("_googleapis_com:", query)) == length(regexall("{monitored_resource=\"cloud_run_revision\",service_name=\"(?:token-api|budget-guard)\"", query))])
    error_message = "Every query says which resource it means: a metric made from logs may be of several."
  }
  assert {
    condition     = google_monitoring_alert_policy.main["key-rejected"].severity == "CRITICAL" && google_monitoring_alert_policy.main["store-failures"].severity == "CRITICAL" && google_monitoring_alert_policy.uptime[0].severity == "CRITICAL"
    error_message = "What stops everybody is critical."
  }
  assert {
    condition     = strcontains(google_monitoring_alert_policy.main["instances-near-cap"].conditions[0].condition_prometheus_query_language[0].query, "> 16")
    error_message = "There is an alert at four fifths of the cap."
  }
  assert {
    condition     = alltrue([for metric in concat([google_logging_metric.events], values(google_logging_metric.latency)) : length([for label in metric.metric_descriptor[0].labels : label.key if strcontains(label.key, "user")]) == 0])
    error_message = "No metric is labelled by user."
  }
  assert {
    condition     = alltrue([for metric in google_logging_metric.latency : strcontains(metric.filter, "jsonPayload.event=(\"TOKEN_CREATED\" OR \"TOKEN_REFRESHED\")")])
    error_message = "How long a token takes is not thinned by refusals, which are quick."
  }
  assert {
    condition     = alltrue([for check in google_monitoring_uptime_check_config.main : check.http_check[0].use_ssl && check.http_check[0].validate_ssl]) && google_monitoring_uptime_check_config.main["api"].http_check[0].path == "/api/v1/live-token/health"
    error_message = "Site and API are asked from outside, over HTTPS."
  }
  assert {
    condition     = google_monitoring_uptime_check_config.main["api"].monitored_resource[0].labels.host == "token-api-x.a.run.app"
    error_message = "It is the deployment's own address that is asked."
  }
  assert {
    condition     = length(jsondecode(google_monitoring_dashboard.main.dashboard_json).mosaicLayout.tiles) == 6
    error_message = "The dashboard is valid JSON and shows all six charts."
  }
  assert {
    condition     = google_billing_budget.main[0].budget_filter[0].projects == toset(["projects/4711"]) && google_billing_budget.main[0].amount[0].specified_amount[0].units == "200"
    error_message = "The budget is for this project alone."
  }
  assert {
    condition     = contains([for rule in google_billing_budget.main[0].threshold_rules : rule.spend_basis], "FORECASTED_SPEND") && length(google_billing_budget.main[0].all_updates_rule[0].monitoring_notification_channels) == 2
    error_message = "A month that will cost too much is reported before it does."
  }
  assert {
    condition     = length(google_firebase_app_check_app_attest_config.main) == 1 && local.settings.LIVE_API_APP_CHECK == "monitor" && local.settings.LIVE_API_APP_CHECK_PROJECT_NUMBER == "4711" && local.settings.LIVE_API_APP_CHECK_CONSUME == "true" && google_project_iam_member.token_api_app_check[0].role == "roles/firebaseappcheck.tokenVerifier"
    error_message = "App Check attests the listed apps, and the function looks for their tokens."
  }
}

run "the_budget_is_looked_after" {
  command = plan

  variables {
    live = { budget_day_usd = 20, budget_month_usd = 300 }
  }

  assert {
    condition     = google_cloudfunctions2_function.budget_guard.service_config[0].environment_variables.LIVE_API_BUDGET_DAY_USD == "20" && google_cloudfunctions2_function.budget_guard.service_config[0].environment_variables.LIVE_API_BUDGET_MONTH_USD == "300"
    error_message = "The guard knows the budget."
  }
  assert {
    condition     = length(google_cloudfunctions2_function.budget_guard.service_config[0].secret_environment_variables) == 0 && google_cloudfunctions2_function.budget_guard.service_config[0].ingress_settings == "ALLOW_INTERNAL_ONLY"
    error_message = "The guard has no key, and nobody outside reaches it."
  }
  assert {
    condition     = google_cloud_run_service_iam_member.scheduler.service == "budget-guard" && google_cloud_run_service_iam_member.scheduler.role == "roles/run.invoker" && google_cloud_scheduler_job.budget_guard.schedule == "* * * * *"
    error_message = "The scheduler calls it every minute, and its account may."
  }
  assert {
    condition     = alltrue([for name in ["budget-half", "budget-nearly", "budget-used-up", "budget-unwatched"] : contains(keys(google_monitoring_alert_policy.main), name)]) && google_monitoring_alert_policy.main["budget-used-up"].severity == "CRITICAL"
    error_message = "Half a budget, nearly all, all of it, and a guard that is silent wake somebody."
  }
}

run "bad_values_are_refused" {
  command = plan

  variables {
    alert_emails     = ["nobody"]
    alert_thresholds = { error_ratio = 1.5 }
    app_check        = { mode = "on" }
    armor            = { requests_per_minute = 1 }
    budget           = { billing_account = "mine", amount = 0.5, currency = "euro" }
    domain           = "https://talk.example.com"
    instances        = { max = 0, min = 2, concurrency = 0, cpu = 0.5 }
    live             = { mints_per_hour = -1, allowed_origins = ["*"], allowed_models = ["a"], default_model = "b" }
    project_id       = "Livepass"
    region           = "europe"
    runbooks         = "README.md"
    source_archive   = "nowhere.zip"
  }

  expect_failures = [
    var.alert_emails,
    var.alert_thresholds,
    var.app_check,
    var.armor,
    var.budget,
    var.domain,
    var.instances,
    var.live,
    var.project_id,
    var.region,
    var.runbooks,
    var.source_archive,
  ]
}

run "a_deployment_nobody_could_use_is_refused" {
  command = plan

  variables {
    alert_emails      = []
    identity_platform = null
    issuers           = [{ issuer = "http://login.example.net", audience = "livepass" }]
  }

  expect_failures = [var.alert_emails, var.issuers]
}

run "the_free_tier_is_free" {
  command = plan

  variables {
    free_tier = true
    region    = "us-central1"
  }

  assert {
    condition     = length(google_monitoring_alert_policy.main) + length(google_monitoring_alert_policy.uptime) + length(google_monitoring_uptime_check_config.main) == 0
    error_message = "The free tier has no alerts and no uptime checks, which are charged for."
  }
  assert {
    condition     = length(google_firestore_backup_schedule.daily) == 0 && google_firestore_database.ledger.point_in_time_recovery_enablement == "POINT_IN_TIME_RECOVERY_DISABLED"
    error_message = "The free tier keeps no second copy of the ledger, which is charged for."
  }
}

run "a_free_tier_with_what_costs_is_refused" {
  command = plan

  variables {
    free_tier = true
    region    = "europe-west1"
    instances = { min = 1 }
  }

  expect_failures = [var.free_tier]
}

run "guests_are_offered_only_where_they_are_let_in" {
  command = plan

  variables {
    identity_platform = { ways = ["anonymous"] }
  }

  expect_failures = [var.identity_platform]
}

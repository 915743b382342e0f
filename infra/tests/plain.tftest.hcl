# The plain shape: a bucket's address, and a function's.

mock_provider "google" {
  override_during = plan

  mock_data "google_project_service" {
    defaults = { id = "" } # what the provider answers for an API that is off
  }
  mock_resource "google_cloudfunctions2_function" {
    defaults = { service_config = { uri = "https://token-api-x.a.run.app" } }
  }
}

mock_provider "google-beta" {}

variables {
  project_id     = "livepass-test"
  alert_emails   = ["on-call@example.com"]
  runbooks       = "https://example.com/infra/README.md"
  source_archive = "versions.tf"
}

run "an_app_declares_functions_of_its_own" {
  command = plan

  variables {
    identity_platform = { ways = ["email"] }
    tools_file        = "tests/two_tools.json"
    live              = { client_tools = true, tiers = { guest = { tools = ["open_door"] } } }
  }

  assert {
    condition     = jsondecode(local.settings.LIVE_API_TOOLS) == jsondecode(file("tests/two_tools.json"))
    error_message = "The function gets the declarations as they are in the file."
  }
  assert {
    condition     = local.settings.LIVE_API_CLIENT_TOOLS == "true" && jsondecode(local.settings.LIVE_API_TIERS) == { guest = { tools = ["open_door"] } }
    error_message = "Who may bring functions, and who may ask for which, is set as it is said."
  }
}

run "no_functions_are_declared_unless_there_are_some" {
  command = plan

  variables {
    identity_platform = { ways = ["email"] }
  }

  assert {
    condition     = !contains(keys(local.settings), "LIVE_API_TOOLS") && !contains(keys(local.settings), "LIVE_API_CLIENT_TOOLS")
    error_message = "An empty list is left out."
  }
}

run "a_file_that_declares_nothing_is_refused" {
  command = plan

  variables {
    identity_platform = { ways = ["email"] }
    tools_file        = "versions.tf"
  }

  expect_failures = [var.tools_file]
}

run "plain_is_a_bucket_and_a_function_with_cors" {
  command = plan

  variables {
    identity_platform = { ways = ["email", "anonymous"] }
    live = {
      allow_anonymous = true
      allowed_origins = ["https://partner.example.org"]
      mints_per_hour  = 0
      tiers           = { guest = { mints_per_hour = 2 } }
    }
  }

  assert {
    condition     = length(google_compute_global_forwarding_rule.https) + length(google_compute_security_policy.token_api) + length(google_compute_global_address.main) == 0
    error_message = "Without a domain there is no load balancer to pay for."
  }
  assert {
    condition     = google_cloudfunctions2_function.token_api.service_config[0].ingress_settings == "ALLOW_ALL"
    error_message = "Without a load balancer the function is called directly."
  }
  assert {
    condition     = output.site_url == "https://livepass-test-site.storage.googleapis.com/index.html"
    error_message = "The site has an origin of its own, not the one that all buckets share."
  }
  assert {
    condition     = local.settings.LIVE_API_ALLOWED_ORIGINS == "https://livepass-test-site.storage.googleapis.com,https://partner.example.org"
    error_message = "Pages of the site and of the listed origins may call the function, and no others."
  }
  assert {
    condition     = output.api_url == "https://token-api-x.a.run.app" && output.web_config.api == output.api_url
    error_message = "The site has the function's own address."
  }
  assert {
    condition     = output.shape == "plain" && output.url_map == null && output.address == null
    error_message = "The outputs name no cache to invalidate and no address to point to."
  }
  assert {
    condition     = jsondecode(local.settings.LIVE_API_ISSUERS) == [{ issuer = "https://securetoken.google.com/livepass-test", audience = "livepass-test" }]
    error_message = "ID tokens of this project's Identity Platform are believed, and no others."
  }
  assert {
    condition     = local.settings.LIVE_API_MAX_TOKENS_PER_HOUR == "0" && !contains(keys(local.settings), "LIVE_API_MAX_SESSIONS") && jsondecode(local.settings.LIVE_API_TIERS) == { guest = { mints_per_hour = 2 } }
    error_message = "What is set is set, 0 too; what is left out is the function's to decide."
  }
  assert {
    condition     = alltrue([for name, value in local.settings : value != ""]) && !contains(keys(local.settings), "LIVE_API_ALLOWED_MODELS")
    error_message = "What is empty is left out: it may not come back from Google, and be a change for ever."
  }
  assert {
    condition     = local.settings.LIVE_API_AUDIT_TRAIL == "logging://livepass-test/global/_Default/livepass-audit"
    error_message = "Admins read the audit trail back from the view."
  }
  assert {
    condition     = google_logging_log_view_iam_member.token_api_audit.role == "roles/logging.viewAccessor" && google_logging_log_view_iam_member.token_api_audit.name == google_logging_log_view.audit.name
    error_message = "The function may read that one view, and no other log."
  }
  assert {
    condition     = local.settings.LIVE_API_LEDGER == "firestore://livepass-test/livepass"
    error_message = "The function counts in our database."
  }
  assert {
    condition     = google_identity_platform_config.main[0].authorized_domains == tolist(["livepass-test-site.storage.googleapis.com"]) && google_identity_platform_config.main[0].autodelete_anonymous_users
    error_message = "People come back from signing in to the site alone, and guests are forgotten."
  }
}

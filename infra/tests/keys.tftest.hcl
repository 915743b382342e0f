# Who holds which key.

mock_provider "google" {
  override_during = plan

  mock_data "google_project_service" {
    defaults = { id = "" } # what the provider answers for an API that is off
  }
  mock_resource "google_apikeys_key" {
    defaults = { key_string = "AIza-public" }
  }
}

mock_provider "google-beta" {}

override_resource {
  target          = google_service_account.token_api
  override_during = plan
  values          = { email = "token-api@test", member = "serviceAccount:token-api@test" }
}

variables {
  project_id        = "livepass-test"
  alert_emails      = ["on-call@example.com"]
  runbooks          = "https://example.com/infra/README.md"
  source_archive    = "versions.tf" # any file: only its content's hash is looked at
  identity_platform = { ways = ["email"] }
}

run "only_the_token_function_reads_the_api_key_and_never_as_plain_text" {
  command = plan

  assert {
    condition     = google_secret_manager_secret_iam_member.token_api.member == google_service_account.token_api.member
    error_message = "The secret is granted to the token function's account alone."
  }
  assert {
    condition     = google_secret_manager_secret_iam_member.token_api.role == "roles/secretmanager.secretAccessor"
    error_message = "The function may read the key, and not change it."
  }
  assert {
    condition     = google_secret_manager_secret_iam_member.token_api.secret_id == google_secret_manager_secret.gemini_api_key.secret_id
    error_message = "The grant is on the one secret, not on the project."
  }
  assert {
    condition     = google_cloudfunctions2_function.token_api.service_config[0].service_account_email == google_service_account.token_api.email
    error_message = "The function runs as its own account, never as the project's default one."
  }
  assert {
    condition     = google_service_account.build.account_id != google_service_account.token_api.account_id
    error_message = "Who builds the function is not who runs it: a build reads no key."
  }
  assert {
    condition     = [for each in google_cloudfunctions2_function.token_api.service_config[0].secret_environment_variables : "${each.key}=${each.secret}"] == ["GEMINI_API_KEY=gemini-api-key"]
    error_message = "GEMINI_API_KEY comes from its secret."
  }
  assert {
    condition     = length([for name in keys(google_cloudfunctions2_function.token_api.service_config[0].environment_variables) : name if can(regex("KEY|SECRET|PASSWORD", name))]) == 0
    error_message = "No variable of the function's environment holds a key in plain text."
  }
}

run "a_lost_secret_comes_back_and_a_reader_is_known" {
  command = plan

  assert {
    condition     = google_secret_manager_secret.gemini_api_key.deletion_protection
    error_message = "The secret is protected from deletion."
  }
  assert {
    condition     = google_secret_manager_secret.gemini_api_key.version_destroy_ttl == "604800s"
    error_message = "A version destroyed by mistake can be had back for a week."
  }
  assert {
    condition     = google_project_iam_audit_config.secrets.service == "secretmanager.googleapis.com" && [for each in google_project_iam_audit_config.secrets.audit_log_config : each.log_type] == ["DATA_READ"]
    error_message = "Reading a secret leaves a line in Cloud Audit Logs."
  }
}

run "the_public_key_opens_sign_in_only" {
  command = plan

  assert {
    condition     = toset(google_apikeys_key.site[0].restrictions[0].api_targets[*].service) == toset(["identitytoolkit.googleapis.com", "securetoken.googleapis.com"])
    error_message = "The site's key reaches sign-in and nothing else."
  }
  assert {
    condition     = output.sign_in.apiKey == google_apikeys_key.site[0].key_string
    error_message = "The site gets the restricted key, not the one Identity Platform makes by itself."
  }
  assert {
    condition     = !contains(keys(google_project_service.main), "generativelanguage.googleapis.com")
    error_message = "The Generative Language API is not switched on beside the public key."
  }
}

run "gemini_in_this_project_is_told" {
  command = plan

  override_data {
    target = data.google_project_service.gemini
    values = { id = "livepass-test/generativelanguage.googleapis.com" }
  }

  expect_failures = [check.gemini_lives_in_another_project]
}

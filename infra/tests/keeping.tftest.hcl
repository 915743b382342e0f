# What must not get lost, must not be open, and must not grow without bound.

mock_provider "google" {
  override_during = plan

  mock_data "google_project_service" {
    defaults = { id = "" } # what the provider answers for an API that is off
  }
  mock_resource "google_cloudfunctions2_function" {
    defaults = { service_config = { max_instance_count = 0 } } # what is not set has no cap
  }
}

mock_provider "google-beta" {}

variables {
  project_id        = "livepass-test"
  alert_emails      = ["on-call@example.com"]
  runbooks          = "https://example.com/infra/README.md"
  source_archive    = "versions.tf"
  identity_platform = { ways = ["email"] }
}

run "usage_survives_mistakes_and_is_swept_up" {
  command = plan

  assert {
    condition     = google_firestore_database.ledger.delete_protection_state == "DELETE_PROTECTION_ENABLED" && google_firestore_database.ledger.deletion_policy == "ABANDON"
    error_message = "The database is protected from deletion."
  }
  assert {
    condition     = google_firestore_database.ledger.point_in_time_recovery_enablement == "POINT_IN_TIME_RECOVERY_ENABLED"
    error_message = "The database can be read as it was at any minute of the last seven days."
  }
  assert {
    condition     = google_firestore_database.ledger.type == "FIRESTORE_NATIVE" && google_firestore_database.ledger.concurrency_mode == "OPTIMISTIC"
    error_message = "Firestore is native and optimistic: the ledger counts by compare-and-set."
  }
  assert {
    condition     = google_firestore_backup_schedule.daily[0].retention == "604800s" && length(google_firestore_backup_schedule.daily[0].daily_recurrence) == 1
    error_message = "A backup is made every day and kept for a week."
  }
  assert {
    condition     = google_firestore_field.expire_at.field == "expireAt" && length(google_firestore_field.expire_at.ttl_config) == 1
    error_message = "Usage that is over is deleted by TTL on expireAt."
  }
  assert {
    condition     = google_firestore_field.expire_at.collection == "live_token_users"
    error_message = "The TTL is on the collection that the function writes."
  }
  assert {
    condition     = alltrue([for field in google_firestore_field.expire_beside : field.field == "expireAt" && length(field.ttl_config) == 1])
    error_message = "What was decided and is over is deleted by TTL, too."
  }
  assert {
    condition     = google_firestore_field.unindexed.field == "*" && length(google_firestore_field.unindexed.index_config) == 1 && try(length(google_firestore_field.unindexed.index_config[0].indexes), 0) == 0
    error_message = "No field of a user's document is indexed."
  }
  assert {
    condition     = strcontains(google_firebaserules_ruleset.nobody.source[0].files[0].content, "allow read, write: if false;") && !strcontains(google_firebaserules_ruleset.nobody.source[0].files[0].content, "if true")
    error_message = "Browsers and phones may neither read nor write the database."
  }
  assert {
    condition     = google_firebaserules_release.ledger.name == "cloud.firestore/livepass"
    error_message = "The rules are those of our database."
  }
}

run "nothing_is_public_but_the_site_and_the_function" {
  command = plan

  assert {
    condition     = google_storage_bucket.source.public_access_prevention == "enforced" && google_storage_bucket.source.uniform_bucket_level_access
    error_message = "The bucket with the sources cannot be made public."
  }
  assert {
    condition     = google_storage_bucket.source.versioning[0].enabled && google_storage_bucket.site.versioning[0].enabled
    error_message = "What an upload overwrites can be had back."
  }
  assert {
    condition     = !google_storage_bucket.source.force_destroy && !google_storage_bucket.site.force_destroy
    error_message = "A bucket with something in it is not deleted."
  }
  assert {
    condition     = google_storage_bucket_iam_member.anyone.role == "roles/storage.legacyObjectReader"
    error_message = "Anybody may read the site's files by name, and not list them."
  }
  assert {
    condition     = google_storage_bucket.site.uniform_bucket_level_access && google_storage_bucket.site.website[0].main_page_suffix == "index.html"
    error_message = "The site's bucket serves a site, by one rule for all files."
  }
  assert {
    condition     = google_cloud_run_service_iam_member.anyone.role == "roles/run.invoker" && google_cloud_run_service_iam_member.anyone.service == "token-api"
    error_message = "Anybody may call the token function, and no more than call it."
  }
  assert {
    condition     = google_project_iam_member.token_api_ledger.condition[0].expression == "resource.name == 'projects/livepass-test/databases/livepass'"
    error_message = "The function reaches its own database and no other of the project."
  }
  assert {
    condition     = google_project_iam_member.build_source.condition[0].expression == "resource.name.startsWith('projects/_/buckets/gcf-v2-sources-')"
    error_message = "The build reads the function's sources and no other bucket."
  }
}

run "the_function_is_bounded" {
  command = plan

  assert {
    condition     = google_cloudfunctions2_function.token_api.service_config[0].max_instance_count == 10
    error_message = "The number of instances has a cap, which caps the bill."
  }
  assert {
    condition     = google_cloudfunctions2_function.token_api.service_config[0].max_instance_request_concurrency == 64 && google_cloudfunctions2_function.token_api.service_config[0].available_cpu == "1"
    error_message = "An instance serves 64 requests at a time, for which it has a whole CPU."
  }
  assert {
    condition     = google_cloudfunctions2_function.token_api.service_config[0].timeout_seconds < 15
    error_message = "The function gives up before the site does, after 15 seconds."
  }
  assert {
    condition     = google_storage_bucket_object.token_api.name == "token-api/${filesha256("versions.tf")}.zip"
    error_message = "The sources are named by their content, so that a change is deployed and nothing else is."
  }
  assert {
    condition     = google_cloudfunctions2_function.token_api.build_config[0].entry_point == "token_api" && google_cloudfunctions2_function.token_api.build_config[0].runtime == "python311"
    error_message = "The function is token_api of functions/main.py, on the Python it is tested with."
  }
  assert {
    condition     = google_cloudfunctions2_function.token_api.service_config[0].all_traffic_on_latest_revision
    error_message = "A deployment ends a rollback: the newest revision answers."
  }
}

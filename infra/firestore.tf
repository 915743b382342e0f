# The ledger: one document a user, `live_token_users/{hash}`, and beside it what has been decided about
# callers; read and written by the function alone.

resource "google_firestore_database" "ledger" {
  name                        = "livepass"
  location_id                 = var.region
  type                        = "FIRESTORE_NATIVE"
  concurrency_mode            = "OPTIMISTIC"
  app_engine_integration_mode = "DISABLED"
  point_in_time_recovery_enablement = (
    var.free_tier ? "POINT_IN_TIME_RECOVERY_DISABLED" : "POINT_IN_TIME_RECOVERY_ENABLED"
  )

  delete_protection_state = (
    var.deletion_protection ? "DELETE_PROTECTION_ENABLED" : "DELETE_PROTECTION_DISABLED"
  )
  deletion_policy = var.deletion_protection ? "ABANDON" : "DELETE"

  depends_on = [google_project_service.main]
}

# Garbage collection only: the function never trusts that an expired document is gone.
resource "google_firestore_field" "expire_at" {
  database   = google_firestore_database.ledger.name
  collection = "live_token_users"
  field      = "expireAt"

  # They go with their database, and building an index of nothing needs no waiting for.
  deletion_policy = "ABANDON"
  skip_wait       = true

  ttl_config {}
  index_config {} # an index on a rising time is a hot spot
}

# They are listed by the moment they last until, which is indexed as every field is by default.
resource "google_firestore_field" "expire_beside" {
  for_each = toset(["live_token_rulings", "live_token_strikes", "live_token_spending"])

  database   = google_firestore_database.ledger.name
  collection = each.key
  field      = "expireAt"

  deletion_policy = "ABANDON"
  skip_wait       = true

  ttl_config {}
  index_config {}
}

# Documents are read by their name alone: an index would only slow the write that counts a token.
# This is for all fields but those that have an entry of their own.
resource "google_firestore_field" "unindexed" {
  database        = google_firestore_database.ledger.name
  collection      = "live_token_users"
  field           = "*"
  deletion_policy = "ABANDON"
  skip_wait       = true

  index_config {}
}

# What was spent on a day is summed over all users.
resource "google_firestore_field" "spent" {
  database   = google_firestore_database.ledger.name
  collection = "live_token_users"
  field      = "spent"

  deletion_policy = "ABANDON"
  skip_wait       = true

  index_config {
    indexes {
      order = "ASCENDING"
    }
  }
}

resource "google_firestore_backup_schedule" "daily" {
  count = var.free_tier ? 0 : 1

  database  = google_firestore_database.ledger.name
  retention = "604800s" # 7 days: no limit looks back further than one

  daily_recurrence {}
}

resource "google_firebaserules_ruleset" "nobody" {
  source {
    files {
      name    = "firestore.rules"
      content = file("${path.module}/firestore.rules")
    }
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [google_project_service.main]
}

resource "google_firebaserules_release" "ledger" {
  name         = "cloud.firestore/${google_firestore_database.ledger.name}"
  ruleset_name = google_firebaserules_ruleset.nobody.name

  lifecycle {
    replace_triggered_by = [google_firebaserules_ruleset.nobody]
  }
}

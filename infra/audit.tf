# What admins read back of the audit trail: the functions' own lines and nothing else of the log.

resource "google_logging_log_view" "audit" {
  name        = "livepass-audit"
  description = "The functions' audit lines"
  bucket      = "projects/${var.project_id}/locations/global/buckets/_Default"
  filter      = "SOURCE(\"projects/${var.project_id}\") AND LOG_ID(\"run.googleapis.com/stdout\")"

  depends_on = [google_project_service.main]
}

resource "google_logging_log_view_iam_member" "token_api_audit" {
  parent   = "projects/${var.project_id}"
  location = "global"
  bucket   = "_Default"
  name     = google_logging_log_view.audit.name
  role     = "roles/logging.viewAccessor"
  member   = google_service_account.token_api.member
}

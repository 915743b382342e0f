# The site's bucket, and the addresses that follow from the shape.

locals {
  has_domain = var.domain != null

  # A new domain is made ready while people are still served at the one before it, or at the plain
  # addresses if there is none.
  domains        = toset(compact([var.domain, var.former_domain]))
  serving_domain = var.domain_ready ? var.domain : var.former_domain
  serves_domain  = local.serving_domain != null

  # Who opens the domain before it is ready gets the page, which then calls the function from there.
  domain_origins = [for domain in sort(local.domains) : "https://${domain}"]

  # Not storage.googleapis.com/BUCKET: that origin is shared with every bucket there is.
  bucket_origin = "https://${google_storage_bucket.site.name}.storage.googleapis.com"

  site_origin = local.serves_domain ? "https://${local.serving_domain}" : local.bucket_origin
  site_url    = local.serves_domain ? "https://${local.serving_domain}/" : "${local.bucket_origin}/index.html"
  api_url = (
    local.serves_domain
    ? "https://${local.serving_domain}"
    : google_cloudfunctions2_function.token_api.service_config[0].uri
  )
}

resource "google_storage_bucket" "site" {
  #checkov:skip=CKV_GCP_62: a public page; the load balancer's log has the visits
  #checkov:skip=CKV_GCP_114: a public page, in both shapes: the balancer reads as anybody does
  name                        = "${var.project_id}-site"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "inherited"
  force_destroy               = !var.deletion_protection

  website {
    main_page_suffix = "index.html"
    not_found_page   = "404.html"
  }

  versioning {
    enabled = true
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      days_since_noncurrent_time = 30
    }
  }
}

# To read what one knows the name of; objectViewer would also list.
resource "google_storage_bucket_iam_member" "anyone" {
  #checkov:skip=CKV_GCP_28: a public page
  bucket = google_storage_bucket.site.name
  role   = "roles/storage.legacyObjectReader"
  member = "allUsers"
}

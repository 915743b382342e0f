# The domain shape: one address for site and API.
#
# /api/*  ->  Cloud Armor  ->  the function
# others  ->  CDN          ->  the site's bucket

resource "google_compute_global_address" "main" {
  count = local.has_domain ? 1 : 0

  name = "livepass"

  depends_on = [google_project_service.main]
}

resource "google_compute_global_address" "ipv6" {
  count = local.has_domain ? 1 : 0

  name       = "livepass-ipv6"
  ip_version = "IPV6"

  depends_on = [google_project_service.main]
}

resource "google_compute_backend_bucket" "site" {
  count = local.has_domain ? 1 : 0

  name                    = "livepass-site"
  bucket_name             = google_storage_bucket.site.name
  enable_cdn              = true
  compression_mode        = "AUTOMATIC"
  custom_response_headers = local.site_headers

  cdn_policy {
    cache_mode        = "USE_ORIGIN_HEADERS" # assets say immutable, index.html says no-cache
    negative_caching  = true
    serve_while_stale = 0 # a page of yesterday asks for assets of yesterday

    negative_caching_policy {
      code = 404
      ttl  = 30
    }
  }

  depends_on = [google_project_service.main]
}

resource "google_compute_region_network_endpoint_group" "token_api" {
  count = local.has_domain ? 1 : 0

  name                  = "livepass-token-api"
  region                = var.region
  network_endpoint_type = "SERVERLESS"

  cloud_run {
    service = google_cloudfunctions2_function.token_api.name
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_compute_backend_service" "token_api" {
  count = local.has_domain ? 1 : 0

  name                    = "livepass-token-api"
  load_balancing_scheme   = "EXTERNAL_MANAGED"
  protocol                = "HTTPS"
  security_policy         = google_compute_security_policy.token_api[0].id
  custom_response_headers = local.api_headers

  backend {
    group = google_compute_region_network_endpoint_group.token_api[0].id
  }

  log_config {
    enable      = true
    sample_rate = 1
  }
}

resource "google_compute_url_map" "main" {
  count = local.has_domain ? 1 : 0

  name            = "livepass"
  default_service = google_compute_backend_bucket.site[0].id

  host_rule {
    hosts        = local.domains
    path_matcher = "livepass"
  }

  path_matcher {
    name            = "livepass"
    default_service = google_compute_backend_bucket.site[0].id

    path_rule {
      paths   = ["/api/*"]
      service = google_compute_backend_service.token_api[0].id
    }
  }
}

resource "google_compute_ssl_policy" "main" {
  count = local.has_domain ? 1 : 0

  name            = "livepass"
  profile         = "MODERN"
  min_tls_version = "TLS_1_2"

  depends_on = [google_project_service.main]
}

resource "google_compute_target_https_proxy" "main" {
  count = local.has_domain ? 1 : 0

  name             = "livepass"
  url_map          = google_compute_url_map.main[0].id
  certificate_map  = var.classic_certificate ? null : "//certificatemanager.googleapis.com/${google_certificate_manager_certificate_map.main[0].id}"
  ssl_certificates = var.classic_certificate ? google_compute_managed_ssl_certificate.main[*].id : null
  ssl_policy       = google_compute_ssl_policy.main[0].id
}

resource "google_compute_global_forwarding_rule" "https" {
  count = local.has_domain ? 1 : 0

  name                  = "livepass-https"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_address            = google_compute_global_address.main[0].id
  target                = google_compute_target_https_proxy.main[0].id
  port_range            = "443"
}

resource "google_compute_global_forwarding_rule" "https_ipv6" {
  count = local.has_domain ? 1 : 0

  name                  = "livepass-https-ipv6"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_address            = google_compute_global_address.ipv6[0].id
  target                = google_compute_target_https_proxy.main[0].id
  port_range            = "443"
}

resource "google_compute_url_map" "redirect" {
  count = local.has_domain ? 1 : 0

  name = "livepass-redirect"

  default_url_redirect {
    https_redirect         = true
    redirect_response_code = "MOVED_PERMANENTLY_DEFAULT"
    strip_query            = false
  }

  depends_on = [google_project_service.main]
}

resource "google_compute_target_http_proxy" "redirect" {
  count = local.has_domain ? 1 : 0

  name    = "livepass-redirect"
  url_map = google_compute_url_map.redirect[0].id
}

resource "google_compute_global_forwarding_rule" "http" {
  count = local.has_domain ? 1 : 0

  name                  = "livepass-http"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_address            = google_compute_global_address.main[0].id
  target                = google_compute_target_http_proxy.redirect[0].id
  port_range            = "80"
}

resource "google_compute_global_forwarding_rule" "http_ipv6" {
  count = local.has_domain ? 1 : 0

  name                  = "livepass-http-ipv6"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_address            = google_compute_global_address.ipv6[0].id
  target                = google_compute_target_http_proxy.redirect[0].id
  port_range            = "80"
}

# The domain's certificate, authorized by a record in its zone. It is issued while the domain still
# leads elsewhere, so that people move to it without an outage:
# https://cloud.google.com/certificate-manager/docs/domain-authorization

resource "google_certificate_manager_dns_authorization" "main" {
  for_each = local.domains

  name   = "livepass-${substr(sha256(each.key), 0, 8)}"
  domain = each.key

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [google_project_service.main]
}

resource "google_certificate_manager_certificate" "main" {
  for_each = local.domains

  name = "livepass-${substr(sha256(each.key), 0, 8)}"

  managed {
    domains            = [each.key]
    dns_authorizations = [google_certificate_manager_dns_authorization.main[each.key].id]
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_certificate_manager_certificate_map" "main" {
  count = local.has_domain ? 1 : 0

  name = "livepass"

  depends_on = [google_project_service.main]
}

resource "google_certificate_manager_certificate_map_entry" "main" {
  for_each = local.domains

  name         = "livepass-${substr(sha256(each.key), 0, 8)}"
  map          = google_certificate_manager_certificate_map.main[0].name
  hostname     = each.key
  certificates = [google_certificate_manager_certificate.main[each.key].id]

  lifecycle {
    create_before_destroy = true
  }
}

# What deployments of older releases were served with. `make deploy` keeps it until its successor is
# active: a map takes the place of all certificates of the proxy at once.
resource "google_compute_managed_ssl_certificate" "main" {
  count = local.has_domain && var.classic_certificate ? 1 : 0

  name = "livepass-${substr(sha256(coalesce(var.former_domain, var.domain)), 0, 8)}"

  managed {
    domains = [coalesce(var.former_domain, var.domain)]
  }

  lifecycle {
    create_before_destroy = true
  }
}

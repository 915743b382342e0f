output "address" {
  description = "The address the domain's A record must point to; null in the plain shape."
  value       = one(google_compute_global_address.main[*].address)
}

output "address_ipv6" {
  description = "The address the domain's AAAA record must point to; null in the plain shape."
  value       = one(google_compute_global_address.ipv6[*].address)
}

output "alert_channels" {
  description = "Where alerts go."
  value       = local.alert_channels
}

output "api_key_secret" {
  description = "The secret that holds the Gemini API key."
  value       = google_secret_manager_secret.gemini_api_key.secret_id
}

output "api_url" {
  description = "The API's address, without /api/v1."
  value       = local.api_url
}

output "build" {
  description = "The number of the build."
  value       = var.build
}

output "certificate" {
  description = "The domain's certificate: its name, and the record that lets Google issue it; null in the plain shape."
  value = one([
    for each in google_certificate_manager_dns_authorization.main : {
      domain = each.domain
      name   = google_certificate_manager_certificate.main[each.domain].name
      record = one(each.dns_resource_record)
    } if each.domain == var.domain
  ])
}

output "classic_certificate" {
  description = "Whether the domain is still served with the certificate of an older release."
  value       = var.classic_certificate
}

output "function_name" {
  description = "The token function."
  value       = google_cloudfunctions2_function.token_api.name
}

output "function_region" {
  description = "The token function's region."
  value       = google_cloudfunctions2_function.token_api.location
}

output "guard_name" {
  description = "The budget guard, and the Cloud Run service behind it."
  value       = google_cloudfunctions2_function.budget_guard.name
}

output "project_id" {
  description = "The project."
  value       = var.project_id
}

output "service_name" {
  description = "The Cloud Run service behind the token function."
  value       = google_cloudfunctions2_function.token_api.name
}

output "serving_domain" {
  description = "The domain that people are served at; null in the plain shape."
  value       = local.serving_domain
}

output "shape" {
  description = "plain or domain."
  value       = local.serves_domain ? "domain" : "plain"
}

output "sign_in" {
  description = "How the site signs people in: signIn in its config.json."
  value       = local.sign_in
}

output "site_bucket" {
  description = "The bucket the site is uploaded to."
  value       = google_storage_bucket.site.name
}

output "site_url" {
  description = "The address people open."
  value       = local.site_url
}

output "source" {
  description = "The hash of the function's zip: what health must report."
  value       = local.source
}

output "source_bucket" {
  description = "The bucket of the function's zip."
  value       = google_storage_bucket.source.name
}

output "url_map" {
  description = "The load balancer's map, whose cache is invalidated after an upload; null in the plain shape."
  value       = one(google_compute_url_map.main[*].name)
}

output "web_config" {
  description = "The site's config.json. Public, as the site is."
  value       = { api = local.api_url, signIn = local.sign_in }
}

# The domain shape: site and API on one origin, behind a load balancer.

mock_provider "google" {
  mock_data "google_project_service" {
    defaults = { id = "" } # what the provider answers for an API that is off
  }
}

mock_provider "google-beta" {}

variables {
  project_id     = "livepass-test"
  alert_emails   = ["on-call@example.com"]
  runbooks       = "https://example.com/infra/README.md"
  source_archive = "versions.tf"
}

run "domain_is_one_origin_behind_a_load_balancer" {
  command = apply # of mocks: what refers to what is known only then

  variables {
    domain = "talk.example.com"
    issuers = [{
      issuer    = "https://login.example.net/realm"
      audience  = "livepass"
      client_id = "livepass-web"
    }]
  }

  assert {
    condition     = google_cloudfunctions2_function.token_api.service_config[0].ingress_settings == "ALLOW_INTERNAL_AND_GCLB"
    error_message = "The function is closed to all but the load balancer."
  }
  assert {
    condition     = google_compute_backend_service.token_api[0].security_policy == google_compute_security_policy.token_api[0].id
    error_message = "Cloud Armor stands before the function."
  }
  assert {
    condition     = one([for rule in google_compute_security_policy.token_api[0].rule : rule.rate_limit_options[0].exceed_action if rule.action == "rate_based_ban"]) == "deny(429)"
    error_message = "An address that floods is banned with 429."
  }
  assert {
    condition     = length([for rule in google_compute_security_policy.token_api[0].rule : rule if startswith(try(rule.match[0].expr[0].expression, ""), "evaluatePreconfiguredWaf('cve-canary')") && rule.action == "deny(403)" && !coalesce(rule.preview, false)]) == 1
    error_message = "Known exploits are refused, not only watched."
  }
  assert {
    condition     = google_compute_url_map.main[0].path_matcher[0].path_rule[0].paths == toset(["/api/*"]) && google_compute_url_map.main[0].path_matcher[0].path_rule[0].service == google_compute_backend_service.token_api[0].id
    error_message = "/api goes to the function, everything else to the site."
  }
  assert {
    condition     = google_compute_url_map.redirect[0].default_url_redirect[0].https_redirect && google_compute_global_forwarding_rule.http[0].port_range == "80" && google_compute_target_http_proxy.redirect[0].url_map == google_compute_url_map.redirect[0].id
    error_message = "Plain HTTP is answered with a redirect to HTTPS and nothing else."
  }
  assert {
    condition     = google_certificate_manager_certificate.main["talk.example.com"].managed[0].domains == tolist(["talk.example.com"]) && google_certificate_manager_certificate.main["talk.example.com"].managed[0].dns_authorizations == tolist([google_certificate_manager_dns_authorization.main["talk.example.com"].id]) && one(google_certificate_manager_certificate_map_entry.main["talk.example.com"].certificates) == google_certificate_manager_certificate.main["talk.example.com"].id && google_compute_target_https_proxy.main[0].certificate_map == "//certificatemanager.googleapis.com/${google_certificate_manager_certificate_map.main[0].id}"
    error_message = "HTTPS is served with a managed certificate of the domain, which a record in its zone authorizes."
  }
  assert {
    condition     = length(google_compute_managed_ssl_certificate.main) == 0 && google_compute_target_https_proxy.main[0].ssl_certificates == null
    error_message = "Nothing waits for the domain to lead here before there is a certificate."
  }
  assert {
    condition     = google_compute_global_address.ipv6[0].ip_version == "IPV6" && alltrue([for rule in [google_compute_global_forwarding_rule.http_ipv6[0], google_compute_global_forwarding_rule.https_ipv6[0]] : rule.ip_address == google_compute_global_address.ipv6[0].id]) && google_compute_global_forwarding_rule.https_ipv6[0].target == google_compute_target_https_proxy.main[0].id && google_compute_global_forwarding_rule.http_ipv6[0].target == google_compute_target_http_proxy.redirect[0].id
    error_message = "People with IPv6 alone reach both ports, as the others do."
  }
  assert {
    condition     = google_compute_ssl_policy.main[0].min_tls_version == "TLS_1_2" && google_compute_target_https_proxy.main[0].ssl_policy == google_compute_ssl_policy.main[0].id
    error_message = "Nothing older than TLS 1.2 is spoken."
  }
  assert {
    condition     = google_compute_backend_bucket.site[0].enable_cdn && google_compute_backend_bucket.site[0].cdn_policy[0].cache_mode == "USE_ORIGIN_HEADERS"
    error_message = "The CDN keeps what its uploader said may be kept: assets for good, index.html never."
  }
  assert {
    condition     = alltrue([for rule in [google_compute_global_forwarding_rule.http[0], google_compute_global_forwarding_rule.https[0], google_compute_backend_service.token_api[0]] : rule.load_balancing_scheme == "EXTERNAL_MANAGED"])
    error_message = "The load balancer is the current kind."
  }
  assert {
    condition     = output.api_url == "https://talk.example.com" && output.site_url == "https://talk.example.com/" && output.url_map == "livepass" && output.shape == "domain"
    error_message = "Site and API are one origin."
  }
  assert {
    condition     = jsonencode(output.sign_in) == jsonencode({ kind = "oidc", issuer = "https://login.example.net/realm", clientId = "livepass-web", name = "login.example.net", scope = "profile offline_access", origins = [] })
    error_message = "Without Identity Platform the site signs people in with the first issuer."
  }
  assert {
    condition     = length(google_identity_platform_config.main) + length(google_apikeys_key.site) == 0
    error_message = "Without Identity Platform there is no public key."
  }
  assert {
    condition     = local.settings.LIVE_API_TRUSTED_PROXY_HOPS == "2"
    error_message = "Behind the load balancer the caller's address is the last but one."
  }
  assert {
    condition     = alltrue([for name in ["Strict-Transport-Security", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "Permissions-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", "Content-Security-Policy"] : anytrue([for header in google_compute_backend_bucket.site[0].custom_response_headers : startswith(header, "${name}: ")])])
    error_message = "The site is sent with all eight security headers."
  }
  assert {
    condition     = alltrue([for name in ["Strict-Transport-Security", "X-Content-Type-Options", "Content-Security-Policy"] : anytrue([for header in google_compute_backend_service.token_api[0].custom_response_headers : startswith(header, "${name}: ")])])
    error_message = "The API's answers have security headers too."
  }
  assert {
    condition     = strcontains(local._content_security_policy, "connect-src 'self' wss://generativelanguage.googleapis.com https://login.example.net;") && strcontains(local._content_security_policy, "frame-ancestors 'none'") && !strcontains(local._content_security_policy, "unsafe") && !strcontains(local._content_security_policy, "*")
    error_message = "The page reaches itself, Gemini and its sign-in, is framed by nobody, and runs nothing inline."
  }
}

run "people_keep_the_plain_addresses_until_the_domain_is_ready" {
  command = apply

  variables {
    domain            = "talk.example.com"
    domain_ready      = false
    identity_platform = { ways = ["email"] }
  }

  assert {
    condition     = google_cloudfunctions2_function.token_api.service_config[0].ingress_settings == "ALLOW_ALL" && output.shape == "plain" && output.site_url == "https://livepass-test-site.storage.googleapis.com/index.html"
    error_message = "A domain that does not work yet shuts nobody out."
  }
  assert {
    condition     = output.address != null && length(google_compute_global_forwarding_rule.https) == 1
    error_message = "Its load balancer is there, and its address is told."
  }
  assert {
    condition     = startswith(local.settings.LIVE_API_ALLOWED_ORIGINS, "https://livepass-test-site.storage.googleapis.com,https://talk.example.com") && length(google_identity_platform_config.main[0].authorized_domains) == 2 && strcontains(local._content_security_policy, local.api_url)
    error_message = "Pages of both addresses can sign in and call the function."
  }
}

run "people_keep_the_former_domain_until_the_new_one_is_ready" {
  command = apply

  variables {
    domain            = "talk.example.com"
    domain_ready      = false
    former_domain     = "old.example.com"
    identity_platform = { ways = ["email"] }
  }

  assert {
    condition     = output.site_url == "https://old.example.com/" && output.api_url == "https://old.example.com" && output.shape == "domain" && output.serving_domain == "old.example.com" && google_cloudfunctions2_function.token_api.service_config[0].ingress_settings == "ALLOW_INTERNAL_AND_GCLB"
    error_message = "A new domain that does not work yet takes nobody's old one."
  }
  assert {
    condition     = toset(one(google_compute_url_map.main[0].host_rule).hosts) == toset(["old.example.com", "talk.example.com"])
    error_message = "The load balancer serves both."
  }
  assert {
    condition     = toset([for entry in google_certificate_manager_certificate_map_entry.main : entry.hostname]) == toset(["old.example.com", "talk.example.com"]) && output.certificate.domain == "talk.example.com"
    error_message = "Each has its own certificate, and the new one's record is told."
  }
  assert {
    condition     = strcontains(local.settings.LIVE_API_ALLOWED_ORIGINS, "https://talk.example.com") && strcontains(local._content_security_policy, "https://old.example.com")
    error_message = "Who opens the new domain already gets a page that works."
  }
}

run "older_releases_keep_their_certificate_until_the_new_one_is_active" {
  command = apply

  variables {
    classic_certificate = true
    domain              = "talk.example.com"
    identity_platform   = { ways = ["email"] }
  }

  assert {
    condition     = google_compute_target_https_proxy.main[0].certificate_map == null && google_compute_target_https_proxy.main[0].ssl_certificates == tolist([google_compute_managed_ssl_certificate.main[0].id]) && google_compute_managed_ssl_certificate.main[0].managed[0].domains == tolist(["talk.example.com"])
    error_message = "The certificate that is served is not taken away."
  }
  assert {
    condition     = length(google_certificate_manager_certificate.main) == 1
    error_message = "Its successor is made beside it."
  }
}

run "former_domain_is_refused_when_nothing_waits" {
  command = plan

  variables {
    domain            = "talk.example.com"
    former_domain     = "old.example.com"
    identity_platform = { ways = ["email"] }
  }

  expect_failures = [var.former_domain]
}

# What the load balancer adds to every answer. A bucket alone can add none: there the page has its
# policy in index.html.

locals {
  _every_answer = {
    "Strict-Transport-Security"    = "max-age=63072000; includeSubDomains"
    "X-Content-Type-Options"       = "nosniff"
    "X-Frame-Options"              = "DENY"
    "Referrer-Policy"              = "no-referrer"
    "Cross-Origin-Opener-Policy"   = "same-origin"
    "Cross-Origin-Resource-Policy" = "same-origin"
  }

  # index.html's own policy, closed where the page alone cannot: connect-src, framing.
  _content_security_policy = join("; ", [
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob: data:",
    "media-src 'self' blob:",
    "connect-src ${join(" ", concat(["'self'", "wss://generativelanguage.googleapis.com"], local.serving_domain != null && var.former_domain == null ? [] : [local.api_url], local.sign_in_origins))}",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types lit-html livepass-live",
    "upgrade-insecure-requests",
  ])

  _site_headers = merge(local._every_answer, {
    "Content-Security-Policy" = local._content_security_policy
    "Permissions-Policy"      = "microphone=(self), camera=(self), display-capture=(self), screen-wake-lock=(self), geolocation=(), payment=(), usb=()"
  })

  _api_headers = merge(local._every_answer, {
    "Content-Security-Policy" = "default-src 'none'; frame-ancestors 'none'"
  })

  site_headers = [for name, value in local._site_headers : "${name}: ${value}"]
  api_headers  = [for name, value in local._api_headers : "${name}: ${value}"]
}

# Cloud Armor before the function. The limits that count are the function's, by user; these are by
# address, against floods.

locals {
  # What instructions to a model may look like by accident is only watched, until armor.waf_preview
  # is off.
  waf = {
    200 = "sqli-v33-stable"
    201 = "xss-v33-stable"
    202 = "lfi-v33-stable"
    203 = "rce-v33-stable"
    204 = "protocolattack-v33-stable"
    205 = "scannerdetection-v33-stable"
  }
}

resource "google_compute_security_policy" "token_api" {
  count = local.has_domain ? 1 : 0

  name = "livepass-token-api"
  type = "CLOUD_ARMOR"

  rule {
    description = "Known exploits, including Log4j"
    action      = "deny(403)"
    priority    = 100
    preview     = false
    match {
      expr {
        expression = "evaluatePreconfiguredWaf('cve-canary')"
      }
    }
  }

  dynamic "rule" {
    for_each = local.waf
    content {
      description = rule.value
      action      = "deny(403)"
      priority    = rule.key
      preview     = var.armor.waf_preview
      match {
        expr {
          expression = "evaluatePreconfiguredWaf('${rule.value}', {'sensitivity': 1})"
        }
      }
    }
  }

  rule {
    description = "Too many requests from one address"
    action      = "rate_based_ban"
    priority    = 1000
    match {
      versioned_expr = "SRC_IPS_V1"
      config {
        src_ip_ranges = ["*"]
      }
    }
    rate_limit_options {
      conform_action   = "allow"
      exceed_action    = "deny(429)"
      enforce_on_key   = "IP"
      ban_duration_sec = var.armor.ban_seconds
      rate_limit_threshold {
        count        = var.armor.requests_per_minute
        interval_sec = 60
      }
    }
  }

  rule {
    description = "Everyone else"
    action      = "allow"
    priority    = 2147483647
    match {
      versioned_expr = "SRC_IPS_V1"
      config {
        src_ip_ranges = ["*"]
      }
    }
  }

  adaptive_protection_config {
    layer_7_ddos_defense_config {
      enable = true
    }
  }

  depends_on = [google_project_service.main]
}

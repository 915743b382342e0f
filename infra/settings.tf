# The function's environment, by the names that functions/vending/settings/settings.py knows. A setting that
# is null or empty is left out: the function's own default holds.

locals {
  issuers = concat(
    local.has_identity_platform ? [{
      issuer     = "https://securetoken.google.com/${var.project_id}"
      audiences  = [var.project_id]
      jwks_uri   = null
      tier_claim = null
    }] : [],
    [for each in var.issuers : {
      issuer     = each.issuer
      audiences  = concat([each.audience], each.other_audiences)
      jwks_uri   = each.jwks_uri
      tier_claim = each.tier_claim
    }],
  )

  # The function's own tables say which models there are, and by which variable a limit is set.
  models = flatten(regexall("\n    Model\\(\\s*\"([a-z0-9.-]+)\"", file("${path.module}/../functions/vending/gemini/models.py")))
  limits = {
    for row in regexall("\n    (\\w+): int = _limit\\(\\s*\\d+,\\s*\"(\\w+)\"", file("${path.module}/../functions/vending/policy.py")) :
    row[0] => "LIVE_API_${row[1]}"
  }
  _limits = { for name, value in var.live : local.limits[name] => value if contains(keys(local.limits), name) }

  tools = jsondecode(file("${path.module}/${var.tools_file}"))

  _settings = merge(local._limits, {
    GOOGLE_CLOUD_PROJECT                  = var.project_id
    LIVE_API_ABUSE                        = var.live.abuse
    LIVE_API_ALLOW_ANONYMOUS              = var.live.allow_anonymous
    LIVE_API_ALLOW_CUSTOM_INSTRUCTIONS    = var.live.allow_custom_instructions
    LIVE_API_ALLOWED_MODELS               = join(",", var.live.allowed_models)
    LIVE_API_ALLOWED_ORIGINS              = join(",", distinct(concat([local.site_origin], local.domain_origins, var.live.allowed_origins)))
    LIVE_API_APP_CHECK                    = var.app_check.mode
    LIVE_API_APP_CHECK_CONSUME            = var.app_check.consume ? true : null
    LIVE_API_APP_CHECK_PROJECT_NUMBER     = local.has_app_check ? google_storage_bucket.source.project_number : null
    LIVE_API_BUDGET_DAY_USD               = var.live.budget_day_usd
    LIVE_API_BUDGET_MONTH_USD             = var.live.budget_month_usd
    LIVE_API_AUDIT_TRAIL                  = "logging://${var.project_id}/global/_Default/${google_logging_log_view.audit.name}"
    LIVE_API_CLIENT_TOOLS                 = var.live.client_tools
    LIVE_API_CLOCK_LEEWAY_SECONDS         = var.live.clock_leeway_seconds
    LIVE_API_DEFAULT_MODEL                = var.live.default_model
    LIVE_API_DEFAULT_SYSTEM_INSTRUCTION   = var.live.default_system_instruction
    LIVE_API_LEDGER                       = "firestore://${var.project_id}/${google_firestore_database.ledger.name}"
    LIVE_API_LOCK_RESUMPTION              = var.live.lock_resumption
    LIVE_API_MAX_ADMIN_ID_TOKEN_MINUTES   = var.live.max_admin_id_token_minutes
    LIVE_API_MAX_ID_TOKEN_MINUTES         = var.live.max_id_token_minutes
    LIVE_API_MAX_TOKEN_DURATION_MINUTES   = var.live.max_token_minutes
    LIVE_API_MINTING_PAUSED               = var.live.minting_paused
    LIVE_API_PLACES_URL                   = var.live.places_url
    LIVE_API_SESSION_START_WINDOW_MINUTES = var.live.start_window_minutes
    LIVE_API_SOURCE                       = local.source
    LIVE_API_TOKEN_DURATION_MINUTES       = var.live.token_minutes
    LIVE_API_TOOLS                        = length(local.tools) > 0 ? jsonencode(local.tools) : null
    LIVE_API_TRUSTED_PROXY_HOPS           = local.serves_domain ? 2 : 1 # the front end; before it the balancer
    LIVE_API_VERSION                      = var.live.version
    LIVE_API_WEATHER_URL                  = var.live.weather_url

    LIVE_API_ISSUERS = jsonencode([for each in local.issuers : {
      for key, value in {
        issuer    = each.issuer
        audience  = jsondecode(length(each.audiences) == 1 ? jsonencode(each.audiences[0]) : jsonencode(each.audiences))
        jwksUri   = each.jwks_uri
        tierClaim = each.tier_claim
      } : key => value if value != null
    }])
    LIVE_API_TIERS = jsonencode({
      for tier, limits in var.live.tiers : tier => { for name, limit in limits : name => limit if limit != null }
    })
  })

  settings = { for name, value in local._settings : name => tostring(value) if try(length(tostring(value)), 0) > 0 }
}

# In alphabetical order. infra/README.md has them in a table.

variable "alert_emails" {
  description = "Who gets alerts: at least one address that a person reads, preferably a group's."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.alert_emails) > 0
    error_message = "alert_emails must name at least one address: an alert without a channel reaches nobody."
  }
  validation {
    condition     = alltrue([for email in var.alert_emails : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", email))])
    error_message = "alert_emails must be e-mail addresses, got ${jsonencode(var.alert_emails)}."
  }
}

variable "alert_thresholds" {
  description = "The values at which alerts are raised. Set mints_per_hour to twice a busy hour: it is the first sign of rising cost."
  type = object({
    error_ratio         = optional(number, 0.02)
    instance_ratio      = optional(number, 0.8)
    latency_p95_ms      = optional(number, 3000)
    mints_per_hour      = optional(number, 500)
    refusals_per_minute = optional(number, 60)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name, value in var.alert_thresholds : value > 0])
    error_message = "alert_thresholds must all be above 0, got ${jsonencode(var.alert_thresholds)}."
  }
  validation {
    condition     = var.alert_thresholds.error_ratio < 1 && var.alert_thresholds.instance_ratio < 1
    error_message = "alert_thresholds: ratios must be below 1, or their alerts are never raised, got ${jsonencode(var.alert_thresholds)}."
  }
}

variable "app_check" {
  description = "App Check for mobile apps. Start with monitor, read the audit lines for a week, then enforce. The site sends no App Check token (its policy allows no third-party scripts), so use enforce only if nobody uses the site."
  type = object({
    mode    = optional(string, "off")
    consume = optional(bool, false) # a token allows one mint: apps must request limited-use ones
    android = optional(map(object({ package_name = string, sha256 = string })), {})
    ios     = optional(map(object({ bundle_id = string, team_id = string })), {})
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["off", "monitor", "enforce"], var.app_check.mode)
    error_message = "app_check.mode must be off, monitor or enforce, got '${var.app_check.mode}'."
  }
  validation {
    condition     = var.app_check.mode != "off" || !var.app_check.consume
    error_message = "app_check.mode must be monitor or enforce if consume is on."
  }
  validation {
    condition     = var.app_check.mode != "off" || length(var.app_check.android) + length(var.app_check.ios) == 0
    error_message = "app_check.mode must be monitor or enforce if apps are listed: 'off' registers none."
  }
}

variable "armor" {
  description = "Cloud Armor, used in the domain shape. An office behind one address shares requests_per_minute. Leave waf_preview on until the log shows no false alarms: instructions can look like an injection."
  type = object({
    ban_seconds         = optional(number, 600)
    requests_per_minute = optional(number, 120)
    waf_preview         = optional(bool, true)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.armor.requests_per_minute >= 10 && var.armor.requests_per_minute <= 10000
    error_message = "armor.requests_per_minute must be from 10 to 10000, got ${var.armor.requests_per_minute}."
  }
  validation {
    condition     = var.armor.ban_seconds >= 60 && var.armor.ban_seconds <= 86400
    error_message = "armor.ban_seconds must be from 60 to 86400, got ${var.armor.ban_seconds}."
  }
}

variable "budget" {
  description = "What a month may cost before alert_emails are notified. It warns but stops nothing. null: no budget. To deploy a budget, you need a role on the billing account."
  type = object({
    amount          = number
    billing_account = string
    currency        = optional(string, "USD")
  })
  default = null

  validation {
    condition     = var.budget == null || can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.budget.billing_account))
    error_message = "budget.billing_account must look like 000000-000000-000000, got '${try(var.budget.billing_account, "")}'."
  }
  validation {
    condition     = var.budget == null || try(var.budget.amount >= 1 && floor(var.budget.amount) == var.budget.amount, false)
    error_message = "budget.amount must be a whole number of 1 or more, got ${try(var.budget.amount, 0)}."
  }
  validation {
    condition     = var.budget == null || can(regex("^[A-Z]{3}$", var.budget.currency))
    error_message = "budget.currency must be the billing account's currency, three capital letters, got '${try(var.budget.currency, "")}'."
  }
}

variable "build" {
  description = "The number of the build. `make deploy` raises it to have the same code built again, because Terraform regards a failed build as done."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.build >= 1 && floor(var.build) == var.build
    error_message = "build must be a whole number of 1 or more, got ${var.build}."
  }
}

variable "classic_certificate" {
  description = "Whether the load balancer keeps the certificate of an older release. `make deploy` sets this until the one of Certificate Manager is active."
  type        = bool
  default     = false
  nullable    = false
}

variable "deletion_protection" {
  description = "Whether the database, the secret and non-empty buckets are protected from deletion. To destroy them, turn it off, apply, and only then destroy."
  type        = bool
  default     = true
  nullable    = false
}

variable "domain" {
  description = "The name people open, such as talk.example.com. Adds a load balancer, CDN, Cloud Armor and a certificate. null: the plain shape, with a bucket's address and a function's."
  type        = string
  default     = null

  validation {
    condition     = var.domain == null || can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,}$", var.domain))
    error_message = "domain must be a lower-case host name without scheme or path, got '${coalesce(var.domain, "null")}'."
  }
}

variable "domain_ready" {
  description = "Whether the domain leads to the load balancer and has its certificate. `make deploy` finds out and sets this; until then, people keep the addresses they have: those of the plain shape, with the function open, or former_domain."
  type        = bool
  default     = true
  nullable    = false
}

variable "former_domain" {
  description = "The domain that people are served at until the new one is ready. `make deploy` finds out and sets this."
  type        = string
  default     = null

  validation {
    condition     = var.former_domain == null || (var.domain != null && !var.domain_ready && var.former_domain != var.domain)
    error_message = "former_domain is served only while another domain is made ready, got '${coalesce(var.former_domain, "null")}'."
  }
}

variable "free_tier" {
  description = "Whether the deployment stays within what Google gives for free while nobody talks: no alerts, no uptime checks, no backups, images of two releases. In the plain shape, in a region with free storage, and without an instance kept ready."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.free_tier || (var.domain == null && var.instances.min == 0)
    error_message = "free_tier cannot be had with a domain or with instances.min: a load balancer and an instance cost money while idle."
  }
  validation {
    condition     = !var.free_tier || contains(["us-central1", "us-east1", "us-west1"], var.region)
    error_message = "free_tier needs region us-central1, us-east1 or us-west1: storage is free only there, got '${var.region}'."
  }
}

variable "identity_platform" {
  description = "Sign-in with Google's Identity Platform in this project. ways: any of google, email and anonymous (for google, also turn on its provider by hand, because its client secret would end up in the state). null: only issuers."
  type = object({
    sign_up = optional(bool, true)
    ways    = optional(list(string), ["email"])
  })
  default = null

  validation {
    condition     = var.identity_platform == null || try(length(var.identity_platform.ways) > 0 && alltrue([for way in var.identity_platform.ways : contains(["google", "email", "anonymous"], way)]), false)
    error_message = "identity_platform.ways must be some of google, email and anonymous, got ${jsonencode(try(var.identity_platform.ways, []))}."
  }
  validation {
    condition     = var.live.allow_anonymous || !contains(try(var.identity_platform.ways, []), "anonymous")
    error_message = "identity_platform.ways has anonymous, but live.allow_anonymous is false: the site would offer what the API refuses."
  }
}

variable "instances" {
  description = "The function's size. max is a hard cap on its cost; min = 1 spares the first caller a cold start of about a second, for about 10 USD a month."
  type = object({
    concurrency = optional(number, 64)
    cpu         = optional(number, 1)
    max         = optional(number, 10)
    memory      = optional(string, "512Mi")
    min         = optional(number, 0)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.instances.max >= 1 && var.instances.max <= 100
    error_message = "instances.max must be from 1 to 100 (it caps the bill), got ${var.instances.max}."
  }
  validation {
    condition     = var.instances.min >= 0 && var.instances.min <= var.instances.max
    error_message = "instances.min must be from 0 to instances.max (${var.instances.max}), got ${var.instances.min}."
  }
  validation {
    condition     = var.instances.concurrency >= 1 && var.instances.concurrency <= 250
    error_message = "instances.concurrency must be from 1 to 250, got ${var.instances.concurrency}."
  }
  validation {
    condition     = contains([1, 2, 4, 6, 8], var.instances.cpu)
    error_message = "instances.cpu must be 1, 2, 4, 6 or 8 (less than 1 serves one request at a time), got ${var.instances.cpu}."
  }
  validation {
    condition = contains(lookup({
      "1" = ["512Mi", "1Gi", "2Gi", "4Gi"]
      "2" = ["512Mi", "1Gi", "2Gi", "4Gi", "8Gi"]
      "4" = ["2Gi", "4Gi", "8Gi", "16Gi"]
      "6" = ["4Gi", "8Gi", "16Gi"]
      "8" = ["4Gi", "8Gi", "16Gi", "32Gi"]
    }, tostring(var.instances.cpu), []), var.instances.memory)
    error_message = "instances.memory must be 512Mi, 1Gi, 2Gi, 4Gi, 8Gi, 16Gi or 32Gi, at most 4Gi for each of instances.cpu, and at least 2Gi for 4 and 4Gi for more, got '${var.instances.memory}' for ${var.instances.cpu}."
  }
}

variable "issuers" {
  description = "OpenID Connect issuers whose ID tokens are accepted, in addition to identity_platform. Without identity_platform, the site signs people in with the first, which then needs client_id. other_audiences: the client ids of phone apps, beside the page's. prompt: \"\" where the provider gives refresh tokens without asking for consent."
  type = list(object({
    issuer          = string
    audience        = string
    other_audiences = optional(list(string), [])
    jwks_uri        = optional(string)
    tier_claim      = optional(string)
    client_id       = optional(string)
    name            = optional(string)
    origins         = optional(list(string), [])
    scope           = optional(string, "profile offline_access")
    prompt          = optional(string)
  }))
  default  = []
  nullable = false

  validation {
    condition     = var.identity_platform != null || length(var.issuers) > 0
    error_message = "issuers must name at least one, or identity_platform must be set; otherwise nobody can sign in."
  }
  validation {
    condition     = alltrue([for each in var.issuers : startswith(each.issuer, "https://")])
    error_message = "issuers must have https addresses, got ${jsonencode(var.issuers[*].issuer)}."
  }
  validation {
    condition     = var.identity_platform != null || try(var.issuers[0].client_id, null) != null
    error_message = "issuers: the first, '${try(var.issuers[0].issuer, "none")}', needs the site's client_id."
  }
}

variable "live" {
  description = "The function's settings; README.md says what each does. Omitted ones have the function's defaults. minting_paused = true is the emergency stop: no new sessions, and each live one gets one more token, near the end of its last."
  type = object({
    abuse                      = optional(string)
    allow_anonymous            = optional(bool, false)
    allow_custom_instructions  = optional(bool)
    allowed_models             = optional(list(string), [])
    allowed_origins            = optional(list(string), [])
    batch                      = optional(number)
    budget_day_usd             = optional(number)
    budget_month_usd           = optional(number)
    client_tools               = optional(bool)
    clock_leeway_seconds       = optional(number)
    cooldown_minutes           = optional(number)
    default_model              = optional(string)
    default_system_instruction = optional(string)
    handover_minutes           = optional(number)
    lock_resumption            = optional(bool)
    max_admin_id_token_minutes = optional(number)
    max_id_token_minutes       = optional(number)
    max_token_minutes          = optional(number)
    max_uses                   = optional(number)
    minutes_per_day            = optional(number)
    minting_paused             = optional(bool)
    mints_per_hour             = optional(number)
    places_url                 = optional(string)
    reads_per_minute           = optional(number)
    refreshes_per_hour         = optional(number)
    session_minutes            = optional(number)
    sessions                   = optional(number)
    start_window_minutes       = optional(number)
    token_minutes              = optional(number)
    tokens_per_day             = optional(number)
    tokens_per_session         = optional(number)
    tool_calls_per_minute      = optional(number)
    version                    = optional(string)
    weather_url                = optional(string)
    tiers = optional(map(object({
      batch                 = optional(number)
      cooldown_minutes      = optional(number)
      handover_minutes      = optional(number)
      max_uses              = optional(number)
      mints_per_hour        = optional(number)
      minutes_per_day       = optional(number)
      reads_per_minute      = optional(number)
      refreshes_per_hour    = optional(number)
      session_minutes       = optional(number)
      sessions              = optional(number)
      tokens_per_day        = optional(number)
      tokens_per_session    = optional(number)
      tool_calls_per_minute = optional(number)
      tools                 = optional(list(string))
    })), {})
  })
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for name, value in var.live : try(tonumber(value) >= 0 && floor(tonumber(value)) == tonumber(value), true)
    ])
    error_message = "live: numbers must be whole and 0 or more (0 switches a limit off), got ${jsonencode({ for name, value in var.live : name => value if try(tonumber(value) < 0 || floor(tonumber(value)) != tonumber(value), false) })}."
  }
  validation { # as functions/vending/origins.py has it
    condition = alltrue(flatten([
      for origin in var.live.allowed_origins : [
        can(regex("^(https?|app|capacitor|ionic|tauri)://([a-z0-9_-]{1,63}([.][a-z0-9_-]{1,63})*[.]?|\\[[0-9a-f:]+\\])(:[1-9][0-9]{0,4})?$", origin)),
        !can(regex("^(https://.*:443|http://.*:80|(app|capacitor|ionic|tauri)://.*[^]]:[0-9]+)$", origin)),
        try(tonumber(regex(":([0-9]+)$", origin)[0]) < 65536, true),
        try(length(trimsuffix(regex("://([^:]+)", origin)[0], ".")) <= 253, true),
        (!can(regex("^[a-z]+://([^:]*[.])?([0-9]+|0x[0-9a-f]*)[.]?(:[0-9]+)?$", origin)) || try(cidrhost("${regex("://([^:]+)", origin)[0]}/32", 0) == regex("://([^:]+)", origin)[0], false)),
        (!can(regex("\\[", origin)) || try(cidrhost("${regex("\\[(.*)\\]", origin)[0]}/128", 0) == regex("\\[(.*)\\]", origin)[0], false)),
      ]
    ]))
    error_message = "live.allowed_origins must be exact origins as browsers send them, such as https://app.example.com (no port 443, no slash, in ASCII and lower case) or capacitor://localhost, got ${jsonencode(var.live.allowed_origins)}."
  }
  validation {
    condition     = length(var.live.allowed_models) == 0 || var.live.default_model == null || contains(var.live.allowed_models, coalesce(var.live.default_model, "-"))
    error_message = "live.default_model must be one of live.allowed_models, got '${coalesce(var.live.default_model, "null")}'."
  }
  validation {
    condition     = length(var.live.allowed_models) > 0 || var.live.default_model == null || contains(local.models, coalesce(var.live.default_model, "-"))
    error_message = "live.default_model is unknown: list it in live.allowed_models, got '${coalesce(var.live.default_model, "null")}'."
  }
  validation {
    condition     = alltrue([for name, _ in var.live.tiers : trimspace(name) != ""])
    error_message = "live.tiers must give every tier a name."
  }
}

variable "project_id" {
  description = "The Google Cloud project for everything, one per environment. The Gemini API key comes from another project."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id must be a project's id, not its name or number, got '${var.project_id}'."
  }
}

variable "region" {
  description = "The region of the function, database and buckets: choose one near your callers. It cannot be changed later without moving the database."
  type        = string
  default     = "europe-west1"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]{1,2}$", var.region))
    error_message = "region must be a region such as europe-west1, got '${var.region}'."
  }
}

variable "runbooks" {
  description = "The web address of infra/README.md in your copy, for the runbook links in alerts."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^https://[^#\\s]+$", var.runbooks))
    error_message = "runbooks must be an https address without '#', got '${var.runbooks}'."
  }
}

variable "source_archive" {
  description = "The path of the function's zip. `make deploy` builds it and sets this."
  type        = string
  nullable    = false

  validation {
    condition     = fileexists(var.source_archive)
    error_message = "source_archive must be a file that exists, got '${var.source_archive}'."
  }
}

variable "tools_file" {
  description = "The path of a JSON file, from this folder, with the functions of your own app: a list of function declarations in Google's format. Clients ask for them by name; the function refuses to start with one that Gemini would refuse."
  type        = string
  default     = "tools.json"
  nullable    = false

  validation {
    condition     = can([for each in concat(jsondecode(file("${path.module}/${var.tools_file}"))) : each.name])
    error_message = "tools_file must be a file with a JSON list of function declarations, each with a name, got '${var.tools_file}'."
  }
  validation {
    condition     = try(length(jsonencode(jsondecode(file("${path.module}/${var.tools_file}")))), 0) <= 16384
    error_message = "tools_file must have at most 16,384 bytes (all variables of a function share 32 KiB), got '${var.tools_file}'."
  }
}

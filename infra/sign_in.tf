# How people sign in: by Identity Platform in this project, or by the first of var.issuers.

locals {
  has_identity_platform = var.identity_platform != null
  ways                  = local.has_identity_platform ? var.identity_platform.ways : []
  provider              = local.has_identity_platform ? null : var.issuers[0]

  # One of the two lists is empty; a conditional would want both sides of one type.
  sign_in = merge(concat(
    [for key in google_apikeys_key.site : {
      kind   = "identity-platform"
      apiKey = nonsensitive(key.key_string) # the page shows it to everybody: it names the project
      ways   = local.ways
    }],
    [for each in local.provider[*] : merge({
      kind     = "oidc"
      issuer   = each.issuer
      clientId = each.client_id
      name     = coalesce(each.name, split("/", each.issuer)[2])
      scope    = each.scope
      origins  = each.origins
    }, each.prompt == null ? {} : { prompt = each.prompt })],
  )...)

  # What the page must be able to reach to sign somebody in.
  sign_in_origins = (
    local.has_identity_platform
    ? ["https://identitytoolkit.googleapis.com", "https://securetoken.googleapis.com"]
    : concat(["https://${split("/", local.provider.issuer)[2]}"], local.provider.origins)
  )
}

resource "google_identity_platform_config" "main" {
  count = local.has_identity_platform ? 1 : 0

  authorized_domains         = distinct([for origin in concat([local.site_origin], local.domain_origins) : trimprefix(origin, "https://")])
  autodelete_anonymous_users = true

  sign_in {
    allow_duplicate_emails = false

    anonymous {
      enabled = contains(local.ways, "anonymous")
    }
    email {
      enabled           = contains(local.ways, "email")
      password_required = true
    }
  }

  client {
    permissions {
      disabled_user_deletion = false
      disabled_user_signup   = !var.identity_platform.sign_up
    }
  }

  depends_on = [google_project_service.main]
}

# The site's public key. It opens sign-in and nothing else, whatever else the project has switched
# on. Not bound to the site's address: the page sends no Referer, and one is easily made up.
resource "google_apikeys_key" "site" {
  count = local.has_identity_platform ? 1 : 0

  name         = "livepass-site"
  display_name = "The site's public key: sign-in only"

  restrictions {
    dynamic "api_targets" {
      for_each = ["identitytoolkit.googleapis.com", "securetoken.googleapis.com"]
      content {
        service = api_targets.value
      }
    }
  }

  lifecycle {
    postcondition {
      condition     = toset(self.restrictions[0].api_targets[*].service) == toset(["identitytoolkit.googleapis.com", "securetoken.googleapis.com"])
      error_message = "The site's key is public: it must open sign-in and nothing else, especially not Gemini."
    }
  }

  depends_on = [google_project_service.main]
}

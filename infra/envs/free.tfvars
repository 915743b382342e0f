# The plain shape within what Google gives for free while nobody talks; what it gives up is in
# README.md, "What it costs". Gemini is billed to the key's project as ever.
project_id   = "livepass-free"
region       = "us-central1"
alert_emails = ["livepass-free@example.com"]
runbooks     = "https://github.com/example/livepass/blob/main/infra/README.md"

free_tier           = true
deletion_protection = false

identity_platform = { ways = ["email"] }

live = {
  mints_per_hour   = 4
  tokens_per_day   = 10
  budget_day_usd   = 2
  budget_month_usd = 20
}

instances = { max = 2 }

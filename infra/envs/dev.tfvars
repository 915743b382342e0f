# The plain shape: a bucket's address and a function's. Costs next to nothing while nobody talks.
project_id   = "livepass-dev"
region       = "europe-west1"
alert_emails = ["livepass-dev@example.com"]
runbooks     = "https://github.com/example/livepass/blob/main/infra/README.md"

deletion_protection = false

identity_platform = { ways = ["email", "anonymous"] }

live = {
  allow_anonymous  = true
  cooldown_minutes = 1
  tiers            = { guest = { mints_per_hour = 2, tokens_per_day = 5 } }
}

instances = { max = 2 }

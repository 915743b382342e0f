# The domain shape: load balancer, CDN, Cloud Armor, certificate; site and API on one origin.
project_id   = "livepass-prod"
region       = "europe-west1"
domain       = "talk.example.com"
alert_emails = ["livepass-on-call@example.com"]
runbooks     = "https://github.com/example/livepass/blob/main/infra/README.md"

identity_platform = { ways = ["google", "email"] }

instances = { min = 1, max = 20 }

budget = {
  billing_account = "000000-000000-000000"
  amount          = 200
}

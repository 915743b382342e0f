output "deployer" {
  description = "The account CI deploys as, for the repository variable DEPLOYER. null without github."
  value       = one(google_service_account.deployer[*].email)
}

output "state_bucket" {
  description = "The state's bucket, for envs/*.gcs.tfbackend."
  value       = google_storage_bucket.state.name
}

output "watcher" {
  description = "The account CI looks for drift as, for the repository variable WATCHER. null without github."
  value       = one(google_service_account.watcher[*].email)
}

output "workload_identity_provider" {
  description = "How CI logs in, for the repository variable WORKLOAD_IDENTITY_PROVIDER. null without github."
  value       = one(google_iam_workload_identity_pool_provider.github[*].name)
}

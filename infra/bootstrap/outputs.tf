output "deployer" {
  description = "The account CI deploys as: the repository's variable DEPLOYER. null without github."
  value       = one(google_service_account.deployer[*].email)
}

output "state_bucket" {
  description = "bucket of envs/*.gcs.tfbackend."
  value       = google_storage_bucket.state.name
}

output "workload_identity_provider" {
  description = "How CI logs in: the repository's variable WORKLOAD_IDENTITY_PROVIDER. null without github."
  value       = one(google_iam_workload_identity_pool_provider.github[*].name)
}

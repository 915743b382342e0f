# The state, and who deploys.

mock_provider "google" {}

override_resource {
  target          = google_iam_workload_identity_pool.github
  override_during = plan
  values          = { name = "projects/1/locations/global/workloadIdentityPools/github" }
}

variables {
  project_id = "livepass-test"
}

run "the_state_is_private_and_kept" {
  command = plan

  assert {
    condition     = google_storage_bucket.state.public_access_prevention == "enforced" && google_storage_bucket.state.uniform_bucket_level_access
    error_message = "The state's bucket cannot be made public."
  }
  assert {
    condition     = google_storage_bucket.state.versioning[0].enabled && !google_storage_bucket.state.force_destroy
    error_message = "An older state can be had back."
  }
  assert {
    condition     = length(google_service_account.deployer) + length(google_iam_workload_identity_pool.github) == 0
    error_message = "Without a repository only people deploy."
  }
}

run "only_one_repository_branch_and_environment_deploys" {
  command = plan

  variables {
    github = { owner = "example", name = "livepass", id = 4711, owner_id = 42 }
  }

  assert {
    condition     = google_iam_workload_identity_pool_provider.github[0].attribute_condition == "assertion.repository_id == '4711' && assertion.repository_owner_id == '42' && assertion.environment in ['prod', 'drift'] && assertion.ref == 'refs/heads/main'"
    error_message = "Google believes one repository, branch and environment, by number."
  }
  assert {
    condition     = startswith(google_service_account_iam_member.github[0].member, "principalSet://") && endswith(google_service_account_iam_member.github[0].member, "/attribute.environment/prod") && google_service_account_iam_member.github[0].role == "roles/iam.workloadIdentityUser"
    error_message = "Nobody else of the pool becomes the deployer."
  }
  assert {
    condition     = !strcontains(jsonencode(google_iam_workload_identity_pool_provider.github[0].attribute_mapping), "assertion.sub")
    error_message = "The form of GitHub's subject does not matter: it differs by the age of a repository, and may be too long."
  }
  assert {
    condition     = !anytrue([for role in keys(google_project_iam_member.deployer) : contains(["roles/owner", "roles/editor", "roles/secretmanager.admin", "roles/secretmanager.secretAccessor"], role)])
    error_message = "The deployer is neither owner nor editor."
  }
  assert {
    condition     = !contains(google_project_iam_custom_role.secret_keeper[0].permissions, "secretmanager.versions.access")
    error_message = "The deployer keeps the secret without being granted to read it."
  }
  assert {
    condition     = google_project_iam_member.deployer_grants[0].condition[0].expression == "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(['roles/datastore.user', 'roles/firebaseappcheck.tokenVerifier', 'roles/logging.logWriter', 'roles/storage.objectViewer'])"
    error_message = "The deployer grants four roles on the project and no other."
  }
}

run "watcher_only_reads" {
  command = plan

  variables {
    github = { owner = "example", name = "livepass", id = 4711, owner_id = 42 }
  }

  assert {
    condition     = endswith(google_service_account_iam_member.github_watches[0].member, "/attribute.environment/drift")
    error_message = "The watcher is the account of the environment drift, and of no other."
  }
  assert {
    condition     = alltrue([for each in google_project_iam_custom_role.watcher[0].permissions : can(regex("[.](get|list|use|getIamPolicy|getMetadata|getKeyString)$", each)) && !startswith(each, "datastore.entities")])
    error_message = "The watcher changes nothing, and reads nobody's usage and no secret."
  }
  assert {
    condition     = alltrue([for name in ["state", "source", "site"] : strcontains(google_project_iam_member.watcher_reads[0].condition[0].expression, "resource.name == 'projects/_/buckets/${var.project_id}-${name}' || resource.name.startsWith('projects/_/buckets/${var.project_id}-${name}/')")])
    error_message = "The watcher lists the buckets and reads what is in them: terraform init lists the workspaces."
  }
}

run "environment_of_the_watcher_does_not_deploy" {
  command = plan

  variables {
    github = { owner = "example", name = "livepass", id = 4711, owner_id = 42, environment = "drift" }
  }

  expect_failures = [var.github]
}

run "bad_values_are_refused" {
  command = plan

  variables {
    github     = { owner = "example/livepass", name = "", id = 1, owner_id = 2, branch = "a b" }
    project_id = "42"
    region     = "europe"
  }

  expect_failures = [var.github, var.project_id, var.region]
}

variable "github" {
  description = "The repository whose workflows deploy here: its owner and name, the numeric id of each, the branch, and the GitHub environment they run in. null: only people deploy."
  type = object({
    branch      = optional(string, "main")
    environment = optional(string, "prod")
    id          = number
    name        = string
    owner       = string
    owner_id    = number
  })
  default = null

  validation {
    condition     = var.github == null || can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", "${var.github.owner}/${var.github.name}"))
    error_message = "github.owner and github.name must name a repository, got '${try("${var.github.owner}/${var.github.name}", "")}'."
  }
  validation {
    condition     = var.github == null || try(can(regex("^[A-Za-z0-9._-]+$", var.github.environment)) && var.github.environment != "drift", false)
    error_message = "github.environment must be an environment's name without spaces, and not drift, which may only look, got '${try(var.github.environment, "")}'."
  }
  validation {
    condition     = var.github == null || can(regex("^[A-Za-z0-9._/-]+$", var.github.branch))
    error_message = "github.branch must be a branch's name, got '${try(var.github.branch, "")}'."
  }
}

variable "project_id" {
  description = "The Google Cloud project, one per environment."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id must be a project's id, not its name or number, got '${var.project_id}'."
  }
}

variable "region" {
  description = "The region of the state's bucket: the environment's region."
  type        = string
  default     = "europe-west1"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]{1,2}$", var.region))
    error_message = "region must be a region such as europe-west1, got '${var.region}'."
  }
}

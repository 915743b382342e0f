#!/usr/bin/env bash
# Every check of the Terraform code; nothing is asked of a cloud and nothing is left behind.
# Providers come from the registry, or from wherever TF_CLI_CONFIG_FILE says.
set -euo pipefail
cd "$(dirname "$0")"
here=$PWD
scratch=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$scratch"' EXIT

# A plan of what is not there yet asks Google for nothing (but see plan), so it needs no login: only
# a token to carry, which nobody sees.
export GOOGLE_OAUTH_ACCESS_TOKEN=none CHECKPOINT_DISABLE=1 TF_IN_AUTOMATION=1 TF_INPUT=0
unset TF_DATA_DIR TF_WORKSPACE

missing() {
  echo "*** $1. The checks of infra/ are SKIPPED. ***" >&2
  [[ ${CI:-} != true ]] || exit 1
  exit 0
}

step() { # name, command...: a line when it passes, all it said when it does not
  local name=$1 began=$SECONDS
  shift
  if ! "$@" >"$scratch/said" 2>&1; then
    cat "$scratch/said"
    echo "FAILED: $name"
    exit 1
  fi
  printf '%4d s  %s%s\n' $((SECONDS - began)) "$name" "$(counted)"
}

counted() {
  awk '/^Plan: / {print ": " $2 " to add"} / passed, / {passed += $2} END {if (passed) print ": " passed " passed"}' "$scratch/said"
}

tests() { printf '%s\n' tests/*.tftest.hcl | xargs -P 3 -I{} terraform test -no-color -filter={}; }

security() { # checkov, in a venv of its own
  local venv=$here/../.local/checkov
  [[ -x ../.venv/bin/uv ]] || make --silent -C .. .venv/installed
  ../tests/tools/install/venv.sh "$venv" checks/requirements.txt
  "$venv/bin/checkov" --directory . --framework terraform --skip-download --quiet --compact | tee "$scratch/checkov"
  ! grep 'Parsing errors' "$scratch/checkov" # what it cannot read it does not check
}

fetch() { # root: its providers
  cd "$scratch/infra/$1"
  printf 'terraform {\n  backend "local" {}\n}\n' >zz_override.tf
  terraform init -no-color >"$scratch/init" 2>&1 && return
  ! grep -qE 'Failed to (query available|install) provider' "$scratch/init" ||
    missing "Terraform's providers cannot be fetched"
  cat "$scratch/init"
  exit 1
}

check() { # root
  cd "$scratch/infra/$1"
  step "${1/#./infra}: validate" terraform validate -no-color
  step "${1/#./infra}: test" tests
}

plan() { # root, name, options...; without the one question that a plan asks
  cd "$scratch/infra/$1"
  [[ $1 != . ]] || printf 'data "google_project_service" "gemini" {\n  count = 0\n}\n' >no_question_override.tf
  step "${1/#./infra}: plan $2" terraform plan -no-color -lock=false -refresh=false "${@:3}"
}

command -v terraform >/dev/null || missing "terraform is not installed"
tar --exclude .terraform --exclude '*.tfstate*' -c . | tar -x --one-top-level="$scratch/infra"
tar -C .. -c functions/vending/policy.py functions/vending/gemini/models.py | tar -x -C "$scratch" # settings.tf reads them
step "format" terraform fmt -no-color -check -diff -recursive .
fetch .
fetch bootstrap
(cd "$here" && security) >"$scratch/security" 2>&1 &

check .
for env in "$here"/envs/*.tfvars; do
  plan . "$(basename "$env")" -var-file="$env" -var=source_archive=versions.tf
done
check bootstrap
plan bootstrap "without CI" -var=project_id=livepass-dev
plan bootstrap "with CI" -var=project_id=livepass-dev -var='github={owner="example",name="livepass",id=1,owner_id=2}'

wait %1 || { cat "$scratch/security"; echo "FAILED: checkov"; exit 1; }
grep -h 'Passed checks' "$scratch/security" | sed 's/^/        checkov: /'

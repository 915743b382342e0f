#!/usr/bin/env bash
# Puts what a lock pins into a venv of its own, anew when the lock changed: venv.sh VENV LOCK
set -euo pipefail
uv=$(dirname "$0")/uv.sh
cmp -s "$2" "$1/installed.txt" && exit 0
"$uv" venv --quiet --clear "$1"
VIRTUAL_ENV=$1 "$uv" pip install --quiet --require-hashes -r "$2"
cp "$2" "$1/installed.txt"

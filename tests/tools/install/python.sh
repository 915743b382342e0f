#!/usr/bin/env bash
# Puts what some locks pin into .venv: python.sh LOCK... With --exact, and removes all else.
#
# uv installs, since it takes a second where pip takes fifteen; pip brings it, by the one line in
# requirements.txt here.
set -euo pipefail
cd "$(dirname "$0")/../../.."
py=.venv/bin/python
how=(install)
[ "$1" != --exact ] || { how=(sync) && shift; }

pip() { "$py" -m pip --disable-pip-version-check "$@"; }

if ! "$py" -m pip --version >/dev/null 2>&1; then # none yet, or one that was interrupted
  base=$(tests/tools/install/tools.sh python)
  "$base" -m venv --clear .venv
fi
installer=tests/tools/install/requirements.txt
if ! cmp -s "$installer" .venv/installer.txt; then
  pip install --quiet --require-hashes -r "$installer"
  cp "$installer" .venv/installer.txt
fi

locks=("$@")
[ "${how[0]}" = sync ] || locks=("${@/#/-r}")
tests/tools/install/uv.sh pip "${how[@]}" --quiet --python "$py" --require-hashes "${locks[@]}"

#!/usr/bin/env bash
# Puts what some locks pin into .venv: python.sh LOCK... With --exact, and removes all else.
#
# uv installs, since it takes a second where pip takes fifteen; pip brings it, by the one line in
# requirements.txt here. uv does not read pip's configuration, so it is told where pip is sent and
# whom it trusts (an index of one's own, a proxy), unless it has been told something by itself.
set -euo pipefail
cd "$(dirname "$0")/../../.."
py=.venv/bin/python
how=(install)
[ "$1" != --exact ] || { how=(sync) && shift; }

pip() { "$py" -m pip --disable-pip-version-check "$@"; }

configured() { # name: as pip counts, the environment first, then what is set for install, then for all
  local from
  for from in :env: install global; do
    sed -n "s/^$from\.$1='\(.*\)'$/\1/p" <<<"$settings" | sed 's/\\n/ /g' | grep . && return
  done
  return 0
}

tell_uv() { # variable, value
  [ -z "$2" ] || [ -n "${!1:-}" ] || export "$1=$2"
}

if ! "$py" -m pip --version >/dev/null 2>&1; then # none yet, or one that was interrupted
  base=$(tests/tools/install/tools.sh python)
  "$base" -m venv --clear .venv
fi
installer=tests/tools/install/requirements.txt
if ! cmp -s "$installer" .venv/installer.txt; then
  pip install --quiet --require-hashes -r "$installer"
  cp "$installer" .venv/installer.txt
fi

settings=$(pip config list)
tell_uv UV_DEFAULT_INDEX "$(configured index-url)"
tell_uv UV_INDEX "$(configured extra-index-url)"
tell_uv UV_FIND_LINKS "$(configured find-links | tr ' ' ',')"
tell_uv UV_INSECURE_HOST "$(configured trusted-host)"
tell_uv SSL_CERT_FILE "$(configured cert)"
tell_uv ALL_PROXY "$(configured proxy)"
tell_uv UV_INDEX_STRATEGY unsafe-best-match # as pip: whichever index has it; the hashes say what "it" is
tell_uv UV_SYSTEM_CERTS true

locks=("$@")
[ "${how[0]}" = sync ] || locks=("${@/#/-r}")
.venv/bin/uv pip "${how[@]}" --quiet --python "$py" --require-hashes "${locks[@]}"

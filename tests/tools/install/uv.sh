#!/usr/bin/env bash
# uv of .venv, which does not read pip's configuration: told where pip is sent and whom it trusts (an
# index of one's own, a proxy), unless it has been told something by itself. uv.sh ARGUMENTS...
set -euo pipefail
bin=$(cd "$(dirname "$0")/../../../.venv/bin" && pwd)
settings=$("$bin/python" -m pip --disable-pip-version-check config list)

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

tell_uv UV_DEFAULT_INDEX "$(configured index-url)"
tell_uv UV_INDEX "$(configured extra-index-url)"
tell_uv UV_FIND_LINKS "$(configured find-links | tr ' ' ',')"
tell_uv UV_INSECURE_HOST "$(configured trusted-host)"
tell_uv SSL_CERT_FILE "$(configured cert)"
tell_uv ALL_PROXY "$(configured proxy)"
tell_uv UV_INDEX_STRATEGY unsafe-best-match # as pip: whichever index has it; the hashes say what "it" is
tell_uv UV_SYSTEM_CERTS true
exec "$bin/uv" "$@"

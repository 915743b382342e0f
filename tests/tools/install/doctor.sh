#!/usr/bin/env bash
# Lists what this machine lacks for make run, check and test, with the commands that install it.
# Installs nothing. Exits with 1 if something is missing.
cd "$(dirname "$0")" || exit
status=0

look() { # command, what it is for, tools...
  local command=$1 for=$2 lacking
  shift 2
  if lacking=$(./tools.sh "$@" 2>&1 >/dev/null); then
    printf '  make %-6s %s: ready\n' "$command" "$for"
  else
    status=1
    printf '  make %-6s %s: something is missing\n' "$command" "$for"
    sed 's/^\*\*\* Livepass needs \(.*\) \*\*\*$/    \1/' <<<"$lacking"
  fi
}

look run "everything on this machine" python node
look check "quick checks" python
look test "every test; those without their tool are skipped, with a message" python node java chromium speech terraform
exit $status

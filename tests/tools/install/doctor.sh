#!/usr/bin/env bash
# Says what this machine lacks for each of make run, check and test, with the command that brings it.
# Nothing is installed. Ends with 1 when something is lacking.
cd "$(dirname "$0")" || exit
status=0

look() { # verb, what it is for, tools...
  local verb=$1 for=$2 lacking
  shift 2
  if lacking=$(./tools.sh "$@" 2>&1 >/dev/null); then
    printf '  make %-6s %s: all is here\n' "$verb" "$for"
  else
    status=1
    printf '  make %-6s %s: something is lacking\n' "$verb" "$for"
    sed 's/^\*\*\* Livepass needs \(.*\) \*\*\*$/    \1/' <<<"$lacking"
  fi
}

look run "the whole of it on this machine" python node
look check "what a developer types" python
look test "every check; what lacks a tool is skipped, and says so" python node java chromium speech terraform
exit $status

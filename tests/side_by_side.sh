#!/usr/bin/env bash
# Every Python check: the end-to-end suite, which mostly waits, beside all the others.
# $1: the Python to run them with.
set -u
end_to_end=$(mktemp)
trap 'rm -f "$end_to_end"; kill $(jobs -p) 2>/dev/null' EXIT
"$1" -m pytest tests/e2e >"$end_to_end" 2>&1 &
"$1" -m pytest tests --ignore tests/e2e
others=$?
wait $!
ended=$?
cat "$end_to_end"
exit $((others > ended ? others : ended))

#!/usr/bin/env bash
# WebKit's driver on a port, with a display and a message bus of its own: webkit.sh PORT
set -euo pipefail
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$folder"' EXIT
Xvfb -displayfd 3 -screen 0 1400x1000x24 -nolisten tcp 3>"$folder/display" >/dev/null 2>&1 &
until [ -s "$folder/display" ]; do
  [ -n "$(jobs -pr)" ] || exit 1
  sleep 0.05
done
DISPLAY=:$(cat "$folder/display") XDG_RUNTIME_DIR=$folder \
  dbus-run-session -- WebKitWebDriver --host=127.0.0.1 --port="$1" >/dev/null 2>&1

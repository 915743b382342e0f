#!/usr/bin/env bash
# Installs Chromium where it is missing and can be had; what is tested in it says so where it cannot.
set -u
command -v chromium >/dev/null && exit 0
command -v apt-get >/dev/null || exit 0
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo -n"
echo "Installing Chromium, for what is tested in a browser ..."
{ $as_root apt-get update -qq && $as_root apt-get install -y -qq --no-install-recommends chromium; } >/dev/null 2>&1 ||
  echo "*** Chromium could not be installed ***"
exit 0

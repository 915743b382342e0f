#!/usr/bin/env bash
# Installs Chromium and a speech synthesiser where they are missing and can be had; what is tested
# with them says so where they cannot.
set -u
missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v espeak-ng >/dev/null || command -v espeak >/dev/null || missing+=(espeak-ng)
[ ${#missing[@]} -gt 0 ] && command -v apt-get >/dev/null || exit 0
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo -n"
echo "Installing ${missing[*]} for the tests that need it ..."
{ $as_root apt-get update -qq && $as_root apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/dev/null 2>&1 ||
  echo "*** ${missing[*]} could not be installed ***"
exit 0

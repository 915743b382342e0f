#!/usr/bin/env bash
# Installs what the clients of `make generators` are compiled by, where it is missing and can be had:
# Java, which runs the generator, and Go.
set -u
missing=()
command -v java >/dev/null || missing+=(default-jdk-headless)
command -v go >/dev/null || missing+=(golang-go)
[ ${#missing[@]} -gt 0 ] && command -v apt-get >/dev/null || exit 0
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo -n"
echo "Installing ${missing[*]} for the generated clients ..."
{ $as_root apt-get update -qq && $as_root apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/dev/null 2>&1 ||
  echo "*** ${missing[*]} could not be installed: what needs them will fail ***"
exit 0

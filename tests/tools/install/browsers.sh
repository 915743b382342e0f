#!/usr/bin/env bash
# Installs Firefox, WebKit, and the display, sound and bus that they are given, where they are missing
# and can be had; `make browsers` says what it could not test.
set -u
missing=()
command -v firefox-esr >/dev/null || command -v firefox >/dev/null || missing+=(firefox-esr)
command -v pulseaudio >/dev/null || missing+=(pulseaudio)
command -v pactl >/dev/null || missing+=(pulseaudio-utils)
command -v Xvfb >/dev/null || missing+=(xvfb)
command -v WebKitWebDriver >/dev/null || missing+=(webkit2gtk-driver)
command -v dbus-run-session >/dev/null || missing+=(dbus)
[ ${#missing[@]} -gt 0 ] && command -v apt-get >/dev/null || exit 0
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo -n"
echo "Installing ${missing[*]} for the tests in other browsers ..."
{ $as_root apt-get update -qq && $as_root apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/dev/null 2>&1 ||
  echo "*** ${missing[*]} could not be installed ***"
exit 0

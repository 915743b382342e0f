#!/usr/bin/env bash
# Names each tool that is missing or too old, with the command that installs it: tools.sh TOOL...
# For python, prints which one to use: python3, or a newer one next to it.
set -u
status=0

bring() { # what Debian, Fedora and Homebrew call it, and where else it is
  if command -v apt-get >/dev/null; then echo "sudo apt-get install $1"
  elif command -v dnf >/dev/null; then echo "sudo dnf install $2"
  elif command -v brew >/dev/null; then echo "brew install $3"
  else echo "$4"; fi
}

say() { # what is so, what it takes
  echo "*** Livepass needs $1: $2 ***" >&2
  status=1
}

need_python() {
  local found=none each command
  for each in ${PYTHON:-python3} python3.13 python3.12 python3.11; do
    command -v "$each" >/dev/null || continue
    if ! "$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      [ "$found" != none ] || found=$("$each" --version 2>&1)
    elif "$each" -c 'import ensurepip, venv' 2>/dev/null; then
      echo "$each"
      return
    else
      command=$(bring "$each-venv" "$each" python@3.13 https://www.python.org/downloads/)
      say "Python's venv, which $("$each" --version) lacks" "$command"
      return
    fi
  done
  command=$(bring "python3.11 python3.11-venv" python3.11 python@3.13 https://www.python.org/downloads/)
  say "Python 3.11 or newer, found $found" "$command"
}

need_node() {
  local found=none
  ! command -v node >/dev/null || found=$(node --version)
  case $found in
  v2[1-9].* | v[3-9][0-9].* | v[1-9][0-9][0-9].* | v20.19.* | v20.[2-9][0-9].*) ;;
  *) say "Node 20.19 or newer, found $found" "$(node_from)" ;;
  esac
  [ "$status" = 1 ] || command -v npm >/dev/null || say "npm, found none" "$(bring npm npm node https://nodejs.org)"
}

node_from() { # Debian 12 has Node 18, which is too old
  local theirs
  theirs=$(apt-cache show nodejs 2>/dev/null | sed -n 's/^Version: \([0-9]*\).*/\1/p' | sort -n | tail -1)
  if command -v apt-get >/dev/null && [ "${theirs:-0}" -le 20 ]; then
    echo "curl -fsSL https://deb.nodesource.com/setup_22.x | sudo bash - && sudo apt-get install nodejs"
  else
    bring "nodejs npm" nodejs node https://nodejs.org
  fi
}

need_java() {
  command -v java >/dev/null ||
    say "Java for the Firestore emulator, found none" "$(bring default-jre-headless java-21-openjdk-headless openjdk https://adoptium.net)"
}

need_chromium() {
  command -v chromium >/dev/null ||
    say "Chromium for the page's tests, found none" "$(bring chromium chromium chromium https://www.chromium.org)"
}

need_speech() {
  command -v espeak-ng >/dev/null || command -v espeak >/dev/null ||
    say "a speech synthesiser for the emulator's voice, found none" "$(bring espeak-ng espeak-ng espeak-ng https://github.com/espeak-ng/espeak-ng)"
}

need_terraform() {
  command -v terraform >/dev/null ||
    say "Terraform for the checks of infra/, found none" "https://developer.hashicorp.com/terraform/install"
}

for tool in "$@"; do "need_$tool"; done
exit $status

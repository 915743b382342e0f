#!/usr/bin/env bash
# Firefox on a display and with sound devices of its own: two microphones, the first of which plays
# $LIVEPASS_RECORDING (WAV, 48 kHz, mono, 16-bit) over and over, and two speakers. Firefox cannot take
# a file for its microphone, as Chromium can, so PulseAudio plays it into one.
set -euo pipefail
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$folder"' EXIT
export PULSE_SERVER=unix:$folder/pulse PULSE_COOKIE=$folder/cookie
export PULSE_RUNTIME_PATH=$folder PULSE_STATE_PATH=$folder XDG_RUNTIME_DIR=$folder
sink() { echo "module-null-sink sink_name=$1 rate=48000 channels=$2 sink_properties=device.description=$1"; }
microphone() { echo "module-remap-source source_name=$1 master=$2.monitor source_properties=device.description=$3"; }

pulseaudio -n --daemonize=no --exit-idle-time=-1 --use-pid-file=no --log-level=error \
  -L "module-native-protocol-unix socket=$folder/pulse auth-anonymous=1" \
  -L "$(sink speaker 2)" -L "$(sink headphones 2)" \
  -L "$(sink speech 1)" -L "$(microphone desk speech Microphone)" \
  -L "$(sink silence 1)" -L "$(microphone headset silence Headset)" >&2 &
Xvfb -displayfd 3 -screen 0 1400x1000x24 -nolisten tcp 3>"$folder/display" >/dev/null 2>&1 &
until pactl info >/dev/null 2>&1 && [ -s "$folder/display" ]; do
  [ "$(jobs -pr | wc -l)" = 2 ] || exit 1 # one of them ended
  sleep 0.05
done
pactl set-default-source desk
pactl set-default-sink speaker
while tail -c +45 "$LIVEPASS_RECORDING"; do :; done 2>/dev/null |
  pacat --playback --raw --device=speech --rate=48000 --channels=1 --format=s16le --latency-msec=1000 &
DISPLAY=:$(cat "$folder/display") "$FIREFOX" "$@"

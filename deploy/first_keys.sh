#!/bin/sh
# Make the first keys where there are none, and say where they lie. What is there is never touched.
#
# usage: first_keys.sh [FOLDER [METRICS_FOLDER]]        default: /keys, /metrics-key
#   FOLDER/keys.json                what the service reads: hashes and limits, no secret
#   FOLDER/first-key                a key for polylect/*: read it, keep it elsewhere, delete the file
#   METRICS_FOLDER/prometheus-key   a key that reads /metrics and asks nothing
set -eu

folder=${1:-/keys}
metrics=${2:-/metrics-key}

if [ -e "$folder/keys.json" ]; then
  echo "$folder/keys.json is there already and stays as it is."
  exit 0
fi
for one in "$folder" "$metrics"; do
  [ -w "$one" ] || { echo "$one cannot be written by user $(id -u)." >&2; exit 1; }
done

umask 077
making=$(mktemp -d "$folder/.making.XXXXXX")
trap 'rm -rf "$making"' EXIT
# create OWNER MODEL: the secret. What else the command says is of this folder, which nobody will find again.
create() {
  polylect keys create --file "$making/keys.json" --owner "$1" --model "$2" 2>"$making/said" || {
    cat "$making/said" >&2
    exit 1
  }
}
create first 'polylect/*' >"$making/first-key"
create prometheus /metrics >"$making/prometheus-key"
# Prometheus runs as another user, and its folder holds nothing else.
chmod 0444 "$making/prometheus-key"

# A link is made or refused, never written over: of two that run at once one wins, and the other leaves.
if ! ln "$making/keys.json" "$folder/keys.json"; then
  echo "$folder/keys.json was made meanwhile and stays as it is."
  exit 0
fi
mv "$making/first-key" "$folder/first-key"
mv -f "$making/prometheus-key" "$metrics/prometheus-key"
echo "There were no keys: $folder/keys.json is made."
echo "The first key, for polylect/*, lies in $folder/first-key: read it, keep it elsewhere, delete the file."
echo "Prometheus' key, for /metrics alone, lies in $metrics/prometheus-key."

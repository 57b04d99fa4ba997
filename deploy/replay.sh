#!/usr/bin/env bash
# Build the Dockerfile where neither Docker nor a registry can be had, and run the image as a deployment does.
#
# usage: deploy/replay.sh      as root on Debian, after: apt-get install podman runc debootstrap curl
#   BASE_TAR    a root file system to stand in for the base image     default: debootstrap makes one
#   BUILD       further options of `podman build`                     e.g. --build-arg EXTRAS=embedded,redis
#   KEEP        a folder for what is built, to look at it afterwards  default: it is removed
#
# podman carries out the Dockerfile itself: nothing here can drift from it. The base image alone is a stand-in,
# Debian of the same release with its own Python of the same minor version. Whoever reaches the registry does not
# need this: docker build, then deploy/compose.yaml.
set -euo pipefail
cd "$(dirname "$0")/.."

for tool in podman runc curl ${BASE_TAR:-debootstrap}; do
  [ -e "$tool" ] || command -v "$tool" >/dev/null || {
    echo "replay: $tool is missing; see the head of $0" >&2
    exit 2
  }
done
[ "$(id -u)" = 0 ] || { echo "replay: it must be root, to make a root file system" >&2; exit 2; }

folder=${KEEP:-$(mktemp -d)}
mkdir -p "$folder"
image=localhost/polylect:replay
# A storage of its own, so that the stand-in is nobody's base image afterwards. runc takes every kind of cgroups.
pod() {
  podman --log-level fatal --root "$folder/storage" --runroot "$folder/run" --storage-driver overlay \
    --cgroup-manager cgroupfs --runtime runc "$@"
}
# podman asks for more than a root without all capabilities may give.
bounds=(--ulimit nofile=4096:4096 --ulimit nproc=4096:4096)
finish() {
  pod rm --force --all >/dev/null 2>&1 || true
  pod volume rm --force --all >/dev/null 2>&1 || true
  [ -n "${KEEP:-}" ] && return
  pod rmi --force --all >/dev/null 2>&1 || true
  rm -rf "$folder"
}
trap finish EXIT

good() { printf 'ok    %s\n' "$*"; }
bad() {
  printf 'WRONG %s\n' "$*" >&2
  pod logs service 2>&1 | tail -n 20 >&2 || true
  exit 1
}
# status KEY PATH [curl's options]: the status of an answer of the running service
status() {
  local key=$1 path=$2
  shift 2
  curl -s -o "$folder/answer" -w '%{http_code}' --noproxy '*' --max-time 120 \
    ${key:+-H "Authorization: Bearer $key"} "$@" "http://127.0.0.1:$port$path"
}

base=$(sed -n 's/^ARG BASE=//p' Dockerfile)
minor=$(sed -E 's/.*python:([0-9]+\.[0-9]+).*/\1/' <<<"$base")
if ! pod image exists "$base"; then
  if [ -z "${BASE_TAR:-}" ]; then
    debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates "${base##*-}" "$folder/base" \
      >"$folder/base.log"
    ln -s /usr/bin/python3 "$folder/base/usr/local/bin/python"
    rm -rf "$folder"/base/var/cache/apt/archives/*.deb "$folder"/base/var/lib/apt/lists/*
    BASE_TAR=$folder/base.tar
    tar --directory "$folder/base" --create --file "$BASE_TAR" .
    rm -rf "$folder/base"
  fi
  pod import --quiet "$BASE_TAR" "$base" >/dev/null
fi
good "base: a stand-in for $base"

# What this machine needs to reach its package index, for the time of the build alone.
options=()
for file in /etc/pip.conf /etc/ssl/certs/ca-certificates.crt; do
  [ ! -e "$file" ] || options+=(--volume "$file:$file:ro")
done
began=$SECONDS
# The format docker, for the other one knows no HEALTHCHECK. BUILD is meant to be split.
# shellcheck disable=SC2086
pod build --pull=never --format docker --network host "${bounds[@]}" "${options[@]}" ${BUILD:-} --tag "$image" . \
  >"$folder/build.log" 2>&1 || {
  tail -n 40 "$folder/build.log" >&2
  exit 1
}
good "built in $((SECONDS - began)) s"

restrained=("${bounds[@]}" --read-only --read-only-tmpfs=false --tmpfs /tmp:size=256m --cap-drop all
  --security-opt no-new-privileges)
inside() { pod run --rm --network none "${restrained[@]}" "$@"; }
found=$(inside "$image" python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
[ "$found" = "$minor" ] || bad "the stand-in has Python $found, the base image $minor"
good "size: $(($(pod image inspect --format '{{.Size}}' "$image") / 1000000)) MB, of which the base" \
  "$(($(pod image inspect --format '{{.Size}}' "$base") / 1000000))"
inside "$image" du -sm /opt/polylect /opt/models | sed 's/^/      MB: /'
inside "$image" sh -c "du -sm /opt/polylect/lib/python$minor/site-packages/* | sort -rn | head -n 12" |
  sed "s:/opt/polylect/lib/python$minor/site-packages/::; s/^/      MB: /"

if inside "$image" >"$folder/keyless" 2>&1; then bad "it started without keys"; fi
grep -q "make a key" "$folder/keyless" || bad "without keys it does not say how to make one"
good "without keys it does not start, and says how to make one"

volumes=(--volume keys:/keys --volume metrics-key:/metrics-key)
inside "${volumes[@]}" "$image" polylect-first-keys | sed 's/^/      /'
before=$(inside "${volumes[@]}" "$image" sh -c 'cat /keys/* /metrics-key/* | sha256sum')
inside "${volumes[@]}" "$image" polylect-first-keys | sed 's/^/      /'
[ "$before" = "$(inside "${volumes[@]}" "$image" sh -c 'cat /keys/* /metrics-key/* | sha256sum')" ] ||
  bad "the second start changed the keys"
good "keys are made once"
first=$(inside "${volumes[@]}" "$image" cat /keys/first-key)
watcher=$(inside "${volumes[@]}" "$image" cat /metrics-key/prometheus-key)

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("", 0)); print(s.getsockname()[1])')
began=$(date +%s%N)
pod run --detach --name service --network host "${restrained[@]}" --volume keys:/keys:ro \
  --env POLYLECT_PORT="$port" "$image" >/dev/null
for _ in $(seq 600); do
  [ "$(status '' /healthz || true)" != 200 ] || break
  sleep 0.1
done
[ "$(status '' /healthz)" = 200 ] || bad "/healthz does not answer"
good "/healthz after $((($(date +%s%N) - began) / 1000000)) ms, at 0.0.0.0:$port"
[ "$(status '' /readyz)" = 200 ] || bad "/readyz: $(cat "$folder/answer")"
pod healthcheck run service >/dev/null || bad "the image's own health check fails"
good "/readyz and the image's health check"

question='{"model": "polylect/multiplex", "max_tokens": 16, "polylect": {"cultures": ["JP", "KE"]},
  "messages": [{"role": "user", "content": "How should a child address an elder?"}]}'
ask=(-H 'Content-Type: application/json' -d "$question")
[ "$(status '' /v1/chat/completions "${ask[@]}")" = 401 ] || bad "it answers without a key"
[ "$(status "$watcher" /v1/chat/completions "${ask[@]}")" = 404 ] || bad "Prometheus' key asks questions"
[ "$(status "$first" /v1/chat/completions "${ask[@]}")" = 200 ] || bad "the first key: $(cat "$folder/answer")"
grep -q '"JP"' "$folder/answer" || bad "no council: $(cat "$folder/answer")"
[ "$(status "$first" /metrics)" = 403 ] || bad "the first key reads /metrics"
[ "$(status "$watcher" /metrics)" = 200 ] || bad "Prometheus' key does not read /metrics"
good "a council with the first key, 401 without; /metrics with Prometheus' key alone"

[ "$(pod exec service id -u)" = 10001 ] || bad "it is not user 10001"
for place in / /etc/polylect /keys /opt/polylect /opt/models; do
  if pod exec service touch "$place/written" 2>/dev/null; then bad "$place can be written"; fi
done
good "user 10001; nothing but /tmp can be written"
pod exec service python -c '
from pathlib import Path
for one in Path("/proc").glob("[0-9]*"):
    rss = [line.split()[1] for line in (one / "status").read_text().splitlines() if line.startswith("VmRSS")]
    command = (one / "cmdline").read_text().split("\0")
    if rss and "-c" not in command:
        print("      MB:", int(rss[0]) // 1024, "in memory,", " ".join(command[:4])[:80])'

began=$SECONDS
pod stop --time 45 service >/dev/null
[ "$(pod inspect --format '{{.State.ExitCode}}' service)" = 0 ] || bad "SIGTERM: it ended with an error"
good "SIGTERM: it ended in $((SECONDS - began)) s"

#!/usr/bin/env bash
# `make bench-adapters ADAPTER=FOLDER`: serve the base and one adapter under six names, measure with bench/adapters.py,
# and end what was started here and nothing else. Arguments go to bench/adapters.py.
#
#   ADAPTER   what `python -m alignment export` made                 needed
#   BASE      its base model, a folder or an id                      default: .models/smollm2-135m-instruct
#   VOICES    under how many names                                   default: 6
set -euo pipefail
cd "$(dirname "$0")/.."
: "${ADAPTER:?the folder of an adapter}"
python=${PYTHON:-.venv/bin/python}

adapters=() names=()
for n in $(seq "${VOICES:-6}"); do
  names+=("voice-$n")
  adapters+=("voice-$n=$ADAPTER")
done
log=$(mktemp)
source bench/started.sh
stop() {
  end_started
  rm -f "$log"
}
trap stop EXIT
port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
VLLM_MODEL=${BASE:-.models/smollm2-135m-instruct} VLLM_SERVED_NAME=base VLLM_PORT=$port VLLM_LORA="${adapters[*]}" \
  deploy/vllm/serve.sh >"$log" 2>&1 &
started+=($!)
answers "http://127.0.0.1:$port/health" $! "$log"
"$python" bench/adapters.py --url "http://127.0.0.1:$port/v1" --base base --adapters "${names[@]}" "$@"

#!/usr/bin/env bash
# `make bench-council`: start vLLM and two services before it (one gives its first voice a head start), measure
# them side by side, and end what was started here and nothing else. Arguments go to bench/council.py.
#
#   VLLM_URL     one that already runs, with /v1, serving VLLM_SERVED_NAME    default: vLLM is started
#   HEAD_START   seconds that the second service gives its first voice        default: 5
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-.venv/bin/python}
export VLLM_SERVED_NAME=${VLLM_SERVED_NAME:-smollm2}
# The measured machine may be slow, and the bounds are not what is measured.
export POLYLECT_VOICE_TOKENS=${POLYLECT_VOICE_TOKENS:-100} POLYLECT_VOICE_SECONDS=600 POLYLECT_REQUEST_SECONDS=1800

folder=$(mktemp -d)
source bench/started.sh
stop() {
  end_started
  rm -rf "$folder"
}
trap stop EXIT

free_port() { "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

if [ -z "${VLLM_URL:-}" ]; then
  port=$(free_port)
  VLLM_PORT=$port deploy/vllm/serve.sh >"$folder/vllm.log" 2>&1 &
  started+=($!)
  answers "http://127.0.0.1:$port/health" $! "$folder/vllm.log"
  VLLM_URL=http://127.0.0.1:$port/v1
fi
echo "model_list: [{model_name: $VLLM_SERVED_NAME, litellm_params: {model: hosted_vllm/$VLLM_SERVED_NAME, api_base: \"$VLLM_URL\"}}]" >"$folder/polylect.yaml"

urls=()
for head_start in 0 "${HEAD_START:-5}"; do
  port=$(free_port)
  POLYLECT_CONFIG=$folder/polylect.yaml POLYLECT_PORT=$port POLYLECT_HEAD_START=$head_start \
    "$python" -m service.cli serve >"$folder/service-$head_start.log" 2>&1 &
  started+=($!)
  answers "http://127.0.0.1:$port/readyz" $! "$folder/service-$head_start.log"
  urls+=("http://127.0.0.1:$port")
done

"$python" bench/council.py --url "${urls[0]}" --ahead "${urls[1]}" "$@"

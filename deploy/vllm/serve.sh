#!/usr/bin/env bash
# Serve a model with vLLM behind OpenAI's API. What stands on the command line goes to vLLM as it is.
#
# usage: deploy/vllm/serve.sh [vLLM's own flags]        e.g. --tensor-parallel-size 2
#   VLLM_MODEL            a folder, or a Hugging Face id      default: .models/smollm2-135m-instruct
#   VLLM_SERVED_NAME      its name in /v1/models              default: smollm2; else the folder's name, else the id
#   VLLM_HOST, VLLM_PORT  where it listens                    default: 127.0.0.1, 8801
#   VLLM_MAX_MODEL_LEN    prompt and answer, in tokens        default: auto, the most that fits
#   VLLM_LORA             adapters to serve beside it,        default: none; each is asked for by its name
#                         "NAME=FOLDER", several by spaces
#   VLLM_API_KEY          the key that clients of /v1 send    default: none (vLLM reads it itself)
#   VLLM_VENV             what install.sh made                default: .venv-vllm in the repository root
# On the CPU alone:
#   VLLM_CPU_KVCACHE_SPACE   GiB for the key-value cache      default: 2
#   VLLM_DTYPE               the weights' type                default: bfloat16 if the CPU computes in it, else float32
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
venv=${VLLM_VENV:-$root/.venv-vllm}
default_model=$root/.models/smollm2-135m-instruct
model=${VLLM_MODEL:-$default_model}
name=${VLLM_SERVED_NAME:-}

fail() { printf 'vllm: %s\n' "$*" >&2; exit 1; }

[ -e "$venv/.polylect-vllm" ] || fail "$venv is not complete; run deploy/vllm/install.sh"
read -r device _ <"$venv/.polylect-vllm"

if [ -d "$model" ]; then
  [ -e "$model/config.json" ] || fail "$model holds no config.json: it is no model folder"
  export HF_HUB_OFFLINE=1
  if [ -z "$name" ] && [ "$model" -ef "$default_model" ]; then name=smollm2; fi
  name=${name:-$(basename "$model")}
elif [[ $model == [./~]* ]]; then # a path; a Hugging Face id starts with none of these
  fail "$model does not exist; to make the default: $venv/bin/python deploy/vllm/convert_gguf.py"
fi

# The rank of the adapter in folder $2, which is to be called $1; a sentence where it is none of this vLLM's.
adapter_rank() {
  [ -n "$1" ] && [ "$1" != "$2" ] || fail "VLLM_LORA is to be NAME=FOLDER, several of them apart by spaces"
  [ -e "$2/adapter_config.json" ] || fail "$2 holds no adapter_config.json: it is no adapter (alignment export makes one)"
  "$venv/bin/python" -c 'import json, sys; print(int(json.load(open(sys.argv[1]))["r"]))' "$2/adapter_config.json" 2>/dev/null ||
    fail "$2/adapter_config.json tells no rank: it is no LoRA adapter"
}

# vLLM takes these alone as --max-lora-rank: the least of them that holds rank $1.
served_rank() {
  local known
  for known in 1 8 16 32 64 128 256 320 512; do
    [ "$1" -gt "$known" ] || { echo "$known"; return; }
  done
  fail "an adapter of rank $1: vLLM serves them up to 512"
}

# Without these instructions bfloat16 is emulated: prompts are read four times slower, and a batch gains little.
cpu_dtype() {
  if grep -qwsE 'avx512_bf16|amx_bf16|bf16' /proc/cpuinfo; then echo bfloat16; else echo float32; fi
}

export VLLM_NO_USAGE_STATS=1 DO_NOT_TRACK=1

flags=(
  --model "$model"
  --served-model-name "${name:-$model}"
  --host "${VLLM_HOST:-127.0.0.1}"
  --port "${VLLM_PORT:-8801}"
  --max-model-len "${VLLM_MAX_MODEL_LEN:-auto}"
  --enable-prefix-caching
  --enable-prompt-tokens-details
)
if [ "$device" = cpu ]; then
  export VLLM_CPU_KVCACHE_SPACE=${VLLM_CPU_KVCACHE_SPACE:-2}
  # Only whole blocks are shared, and a CPU's default block of 128 tokens is longer than most questions.
  # Few prompt tokens a step: else one long prompt holds up every answer being streamed, for seconds.
  flags+=(--dtype "${VLLM_DTYPE:-$(cpu_dtype)}" --enforce-eager --block-size 32 --max-num-batched-tokens 512)
fi

if [ -n "${VLLM_LORA:-}" ]; then
  highest=0
  read -ra adapters <<<"$VLLM_LORA"
  for adapter in "${adapters[@]}"; do
    rank=$(adapter_rank "${adapter%%=*}" "${adapter#*=}")
    [ "$rank" -le "$highest" ] || highest=$rank
  done
  served=$(served_rank "$highest")
  # --max-loras: so many different ones in a batch; with fewer, the requests for one would wait for another's.
  flags+=(--enable-lora --max-lora-rank "$served" --max-loras "${#adapters[@]}" --lora-modules "${adapters[@]}")
fi

# The module, not the command `vllm`: the CPU build's distribution is named vllm-cpu, and the command asks for vllm.
exec "$venv/bin/python" -m vllm.entrypoints.openai.api_server "${flags[@]}" "$@"

#!/usr/bin/env bash
# `make bench-alignment DATA=…`: learn from 10, 30, 100 and 300 of the hand-written items, serve the base and what each
# adapter makes of it by vLLM behind Polylect, evaluate all of them alike, and report with the curve of gain against
# samples. Each step goes on where it was interrupted. What was started here is ended, and nothing else.
#
#   DATA      the folder of evaluation data                          needed
#   OUT       where everything is kept                               default: runs/curve
#   BASE      the model to be tuned, a folder or an id               default: .models/smollm2-135m-instruct
#   SAMPLES   how many items, several                                default: "10 30 100 300"
#   PORT      of the service; vLLM takes the next                    default: 8177
#   EPOCHS    of SFT                                                 default: 1
#   DPO       after SFT also DPO: true or false                      default: true
#   TASKS     NAME:LIMIT[:VARIANTS[:TOKENS]], several                default: below
#             TOKENS: at most so many an answer; a letter is also read from the first one's log-probabilities
set -euo pipefail
cd "$(dirname "$0")/.."
: "${DATA:?the folder of evaluation data}"
out=${OUT:-runs/curve} base=${BASE:-.models/smollm2-135m-instruct} samples=${SAMPLES:-10 30 100 300}
tasks=${TASKS:-normad:400:1:2 culturalbench_easy:300:1:2 mmlu_stem:200:1:2 gsm8k:40:1 worldviews:24:1}
python=${PYTHON:-.venv/bin/python} trainer=${ALIGNMENT_VENV:-.venv-alignment}/bin/python
mkdir -p "$out"

# glibc gives large tensors back to the system and asks for them anew: a quarter of a step's time on two cores
kept=(env MALLOC_MMAP_THRESHOLD_=4294967296 MALLOC_TRIM_THRESHOLD_=8589934592 MALLOC_TOP_PAD_=268435456)
for n in $samples; do
  cat >"$out/$n.toml" <<TOML
name = "aligned-$n"
out = "$out"
cultures = ["CN", "JP", "KR", "VN", "IN", "ID", "IR", "TR", "EG", "KE", "MX", "BR", "DE"]
[teacher]                                     # asked for nothing here
model = "nobody"
[judge]
model = "nobody-else"
[train]
base = "$base"
samples = $n
epochs = ${EPOCHS:-1}
batch = 4
dropout = 0
dpo = ${DPO:-true}
TOML
  "${kept[@]}" "$trainer" -m alignment train "$out/$n.toml" --data items
  "$trainer" -m alignment export "$out/$n.toml"
done

source bench/started.sh
trap end_started EXIT

# Each is served alone, its adapter merged into the weights: vLLM on a CPU answers 8 times as slowly with one beside the base.
merge='import sys; from peft import PeftModel; from transformers import AutoModelForCausalLM, AutoTokenizer
base, adapter, out = sys.argv[1:]
model = AutoModelForCausalLM.from_pretrained(base, dtype="auto")
PeftModel.from_pretrained(model, adapter).merge_and_unload().save_pretrained(out)
AutoTokenizer.from_pretrained(base).save_pretrained(out)'
service=${PORT:-8177} port=$((${PORT:-8177} + 1)) # the same each time: logs of another endpoint are refused
names=(base)
for n in $samples; do names+=("aligned-$n"); done
{
  echo "model_list:"
  for name in "${names[@]}"; do
    echo "  - {model_name: $name, litellm_params: {model: hosted_vllm/$name, api_base: \"http://127.0.0.1:$port/v1\"}}"
  done
} >"$out/polylect.yaml"
for name in "${names[@]}"; do
  weights=$base
  if [ "$name" != base ]; then
    weights=$out/merged
    rm -rf "$weights"
    HF_HUB_OFFLINE=$([ -d "$base" ] && echo 1 || echo 0) "$trainer" -c "$merge" "$base" "$out/adapter-${name#aligned-}" "$weights"
  fi
  VLLM_MODEL=$weights VLLM_SERVED_NAME=$name VLLM_PORT=$port deploy/vllm/serve.sh >"$out/vllm.log" 2>&1 &
  started+=($!)
  answers "http://127.0.0.1:$port/health" $! "$out/vllm.log"
  POLYLECT_CONFIG=$out/polylect.yaml POLYLECT_PORT=$service "$python" -m service.cli serve >"$out/service.log" 2>&1 &
  started+=($!)
  answers "http://127.0.0.1:$service/healthz" $! "$out/service.log" # /readyz would wait for all names: one is served
  for task in $tasks; do
    IFS=: read -r task limit ways tokens <<<"$task"
    "$python" -m evaluation.run "$task" plain --limit "$limit" --variants "${ways:-1}" --connections 8 \
      ${tokens:+--max-tokens "$tokens"} \
      --url "http://127.0.0.1:$service/v1" --data "$DATA" --logs "$out/logs" --backbone "$name" --as "$name"
  done
  end_started
  started=()
done
rm -rf "$out/merged"
"$python" -m evaluation.report "$out/logs" --out "$out/report" --reference base --card "$out/scores.json" \
  --title "Base and adapters, by number of samples"
for n in $samples; do "$trainer" -m alignment export "$out/$n.toml"; done # the cards have the scores now

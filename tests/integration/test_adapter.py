"""From hand-written items to an adapter that a real vLLM serves beside its base, and Polylect by its name.

It is trained here, with the environment of `make alignment-install`, on the model that vLLM serves.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import openai
import pytest

from tests.integration.conftest import NAME, ROOT, _free_port, _wait, serving_vllm

PYTHON = ROOT / os.environ.get("ALIGNMENT_VENV", ".venv-alignment") / "bin" / "python"
MODEL = ROOT / os.environ.get("VLLM_MODEL", ".models/smollm2-135m-instruct")
pytestmark = [
    pytest.mark.vllm,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not PYTHON.exists(), reason="nothing to train with (make alignment-install)"),
    pytest.mark.skipif("VLLM_URL" in os.environ, reason="VLLM_URL names a vLLM that has no adapter"),
]
ASKED = [{"role": "user", "content": "Who divided the Min River at Dujiangyan, and how?"}]
CONFIG = """
name = "aligned"
out = "{out}"
cultures = ["CN", "EG"]
[teacher]
model = "none"
[judge]
model = "nobody"
[train]
base = "{base}"
rank = 8
epochs = 2
learning_rate = 1e-3
batch = 4
tokens = 512
samples = 4
"""


def alignment(stage: str, config: Path) -> str:
    done = subprocess.run(
        [PYTHON, "-m", "alignment", stage, config], cwd=ROOT, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Trained and exported by the commands."""
    out = tmp_path_factory.mktemp("adapter")
    config = out / "run.toml"
    config.write_text(CONFIG.format(out=out, base=MODEL), "utf-8")
    alignment("train", config)
    told = alignment("export", config)
    folder = out / "adapter-4"
    assert f"--enable-lora --max-lora-rank 8 --lora-modules aligned={folder}" in told.replace("\n", " ")
    return folder


@pytest.fixture(scope="module")
def served(adapter: Path) -> Iterator[str]:
    """The base URL of a vLLM that serves it beside its base."""
    with serving_vllm(VLLM_LORA=f"aligned={adapter}", VLLM_MODEL=str(MODEL)) as url:
        yield url


@pytest.fixture(scope="module")
def client(served: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[openai.OpenAI]:
    """The service before it, with both as backbones."""
    folder = tmp_path_factory.mktemp("service")
    entries = [
        {"model_name": name, "litellm_params": {"model": f"hosted_vllm/{name}", "api_base": served}}
        for name in (NAME, "aligned")
    ]
    (folder / "polylect.yaml").write_text(json.dumps({"model_list": entries}), "utf-8")
    port = _free_port()
    place = {"POLYLECT_CONFIG": str(folder / "polylect.yaml"), "POLYLECT_PORT": str(port)}
    with tempfile.TemporaryFile() as log:
        command = [sys.executable, "-m", "service.cli", "serve"]
        child = subprocess.Popen(command, env={**os.environ, **place}, stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(f"{url}/readyz", child, log)
            with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0, timeout=300) as client:
                yield client
        finally:
            child.terminate()
            child.wait(30)


def test_vllm_lists_it_beside_its_base(served, adapter):
    models = httpx.get(f"{served}/models", timeout=30).json()["data"]
    assert {one["id"]: one["parent"] for one in models} == {NAME: None, "aligned": NAME}
    assert "aligned" in (adapter / "README.md").read_text()


def test_polylect_answers_with_it_by_its_name(client, record_property):
    assert {NAME, "aligned"} <= {one.id for one in client.models.list()}
    body = {"messages": ASKED, "temperature": 0, "max_tokens": 60, "seed": 1}
    said = {}
    for name in (NAME, "aligned", NAME, "aligned"):  # the second time warm
        began = time.monotonic()
        answer = client.chat.completions.create(model=name, **body)
        tokens = answer.usage.completion_tokens
        record_property(f"tokens_per_second_{name}", round(tokens / (time.monotonic() - began), 1))
        assert answer.model == name
        said[name] = answer.choices[0].message.content
    assert said[NAME]
    assert said["aligned"]
    assert said["aligned"] != said[NAME], "the adapter changes nothing"


def test_a_mode_runs_on_it(client):
    answer = client.chat.completions.create(
        model="polylect/contextual@aligned",
        messages=ASKED,
        max_tokens=30,
        extra_body={"polylect": {"cultures": ["CN"]}},
    )
    assert answer.choices[0].message.content
    assert answer.polylect["mode"] == "contextual"


@pytest.mark.parametrize(
    ("lora", "said"),
    [
        ("aligned", "NAME=FOLDER"),
        ("aligned=/nowhere", "no adapter_config.json"),
        ("aligned={folder}", "tells no rank"),
    ],
)
def test_serve_refuses_what_is_no_adapter(tmp_path, lora, said):
    (tmp_path / "adapter_config.json").write_text('{"peft_type": "IA3"}')
    environment = {**os.environ, "VLLM_LORA": lora.format(folder=tmp_path), "VLLM_MODEL": str(MODEL)}
    done = subprocess.run(
        [ROOT / "deploy/vllm/serve.sh"], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stderr.count("\n") == 1

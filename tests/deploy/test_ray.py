"""deploy/ray: its two files speak of one model, and Ray takes its configuration where Ray is installed."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from service.settings import load_settings

FOLDER = Path(__file__).parents[2] / "deploy" / "ray"
(APPLICATION,) = yaml.safe_load((FOLDER / "serve_config.yaml").read_text("utf-8"))["applications"]
(MODEL,) = APPLICATION["args"]["llm_configs"]
JUDGE = """
import sys, yaml
try:
    from ray.serve.schema import ServeDeploySchema
except ImportError as error:
    sys.exit(f"no Ray Serve: {error}")
print(ServeDeploySchema.model_validate(yaml.safe_load(open(sys.argv[1]))).applications[0].import_path)
"""


def test_the_service_asks_for_the_model_that_ray_serves(monkeypatch):
    monkeypatch.setenv("POLYLECT_CONFIG", str(FOLDER / "polylect.yaml"))
    (entry,) = load_settings().model_list
    assert entry.litellm_params.model == f"hosted_vllm/{MODEL['model_loading_config']['model_id']}"
    assert entry.model_info.max_input_tokens == MODEL["engine_kwargs"]["max_model_len"]


def test_the_voices_of_a_council_find_their_conversation_cached():
    router = MODEL["deployment_config"]["request_router_config"]["request_router_class"]
    assert router.endswith("PrefixCacheAffinityRouter")
    assert MODEL["engine_kwargs"]["enable_prefix_caching"] is True


def test_ray_takes_the_configuration():
    """Its own schema of a deployment; in another process, for Ray warns of much when it is imported."""
    command = [sys.executable, "-c", JUDGE, str(FOLDER / "serve_config.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    if done.stderr.startswith("no Ray Serve"):
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip() == "ray.serve.llm:build_openai_app"

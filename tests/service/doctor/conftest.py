"""A folder and an environment without any configuration, and a configuration to write there."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from service.doctor.finding import Finding
from service.settings import Deployment


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No polylect.yaml and no variable of the machine's own; the embedded model may be kept where it is."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith(("POLYLECT_", "OTEL_")) and name != "POLYLECT_CACHE_DIR":
            monkeypatch.delenv(name)


@pytest.fixture
def write() -> Callable[..., None]:
    """Writes polylect.yaml."""
    return lambda **content: Path("polylect.yaml").write_text(yaml.safe_dump(content), "utf-8")


@pytest.fixture
def entry() -> Callable[..., dict[str, Any]]:
    """An entry of model_list."""

    def build(
        url: str, model: str = "hosted_vllm/scripted", name: str = "mine", **more: Any
    ) -> dict[str, Any]:
        params = {"model": model, "api_base": url, "api_key": "operator-secret", **more}
        return {"model_name": name, "litellm_params": params, "model_info": {"max_input_tokens": 4096}}

    return build


@pytest.fixture
def deployment(entry: Callable[..., dict[str, Any]]) -> Callable[..., Deployment]:
    return lambda *given, **more: Deployment(**entry(*given, **more))


@pytest.fixture(scope="session")
def states() -> Callable[[list[Finding]], dict[str, str]]:
    return lambda found: {one.check: one.state for one in found}

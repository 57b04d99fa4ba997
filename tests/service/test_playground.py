"""Whether the playground is there, and a service that ends while somebody looks at it."""

import os
import re
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest

from service.app import create_app
from service.playground import add_playground
from tests.service.conftest import settings_for

pytestmark = pytest.mark.skipif(find_spec("gradio") is None, reason="the extra `playground` is not installed")


@pytest.mark.parametrize(
    ("wanted", "keys", "there"),
    [
        (None, False, True),
        (None, True, False),
        (True, True, True),
        (True, False, True),
        (False, False, False),
    ],
)
def test_it_is_on_without_keys_and_as_the_operator_says(knowledge, tmp_path, wanted, keys, there):
    keys_file = tmp_path / "keys.json" if keys else None
    if keys_file:
        keys_file.write_text("{}")
    settings = settings_for("http://127.0.0.1:9/v1", playground=wanted, keys_file=keys_file)
    app = create_app(settings, knowledge=knowledge)
    assert add_playground(app, settings, 8000) == there
    assert any(getattr(route, "path", "") == "/playground" for route in app.routes) == there


def test_the_command_serves_it_and_ends_with_a_page_open(backbone, tmp_path: Path):
    """As an operator has it: `polylect serve`, a page that listens, Ctrl-C."""
    config = tmp_path / "polylect.yaml"
    config.write_text(
        "model_list: [{model_name: mine, litellm_params: {model: hosted_vllm/scripted, "
        f'api_base: "{backbone.url}"}}}}]\n'
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("POLYLECT_")}
    environment = {**kept, "POLYLECT_PORT": "0", "POLYLECT_NOTICE_SECONDS": "0"}
    child = subprocess.Popen(
        [sys.executable, "-m", "service.cli", "serve"],
        cwd=tmp_path,
        env=environment | {"PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stderr is not None
        lines = iter(child.stderr.readline, "")
        url = next(found[1] for line in lines if (found := re.search(r"Playground: (http\S+)", line)))
        page = httpx.get(url, timeout=30)
        assert page.status_code == 200
        assert "Polylect" in page.text
        with httpx.Client(timeout=30) as browser:
            heart = browser.stream("GET", f"{url}gradio_api/heartbeat/somebody")
            with heart as beating:
                assert beating.status_code == 200
                child.send_signal(signal.SIGINT)
                started = time.monotonic()
                assert child.wait(25) in (0, -signal.SIGINT, 130)
                assert time.monotonic() - started < 20
    finally:
        child.kill()
        child.wait()
        if child.stderr:
            child.stderr.close()

"""The tutorial and the first page, line by line, against the service that a newcomer starts."""

import json
import sys
from pathlib import Path

import pytest

from tests.docs.page_session import page_session, shell_environment

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(400)]

COMMANDS = Path(sys.executable).parent


@pytest.fixture
def session(embedded_service, tmp_path):
    environment = shell_environment(tmp_path, COMMANDS, POLYLECT_URL=embedded_service, COLUMNS="120")
    with page_session(tmp_path, environment, {"http://127.0.0.1:8000": embedded_service}) as session:
        yield session


def test_the_tutorial(session, tmp_path):
    version, asked, curl, python, explained, agnostic, headers = session.run("tutorial/first-answer.md")
    assert version.startswith("polylect-service ")
    assert all(name in asked for name in ("Japan", "Kenya", "Brazil"))
    answer = json.loads(curl)
    assert [one["culture"] for one in answer["polylect"]["perspectives"]] == ["JP", "KE", "BR"]
    assert python.splitlines()[-1].split()[-1] in {"spoke", "cut", "silent"}
    assert "audience  PE  Peru" in explained
    assert "not steered" in agnostic
    assert "x-polylect-mode: contextual" in headers.lower()
    assert "x-polylect-cultures: JP" in headers
    assert json.loads((tmp_path / "answer.json").read_text("utf-8"))["object"] == "chat.completion"


def test_the_first_page(session):
    (said,) = session.run("index.md")
    assert said.strip()

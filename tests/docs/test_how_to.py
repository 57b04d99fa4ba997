"""The how-to pages, line by line, against a real `polylect serve` before a scripted backbone."""

import json
import shutil
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from agents.cultures import cultures as cultures_module
from agents.cultures.cultures import Cultures
from service.settings import load_settings
from service.upstream.backbones import open_backbones
from service.upstream.litellm_road import LiteLLMRoad
from tests.docs.page_blocks import blocks
from tests.docs.page_session import free_port, page_session, shell_environment

pytestmark = [pytest.mark.timeout(240)]

COMMANDS = Path(sys.executable).parent


@pytest.fixture
def session(backbone, tmp_path):
    """A shell in an empty folder; port 8000 is a free one, and a vLLM on 8801 is the scripted backbone."""
    port = free_port()
    environment = shell_environment(tmp_path, COMMANDS, POLYLECT_PORT=str(port), COLUMNS="120")
    instead = {
        "http://127.0.0.1:8000": f"http://127.0.0.1:{port}",
        "http://127.0.0.1:8801/v1": backbone.url,
        "POLYLECT_HOST=0.0.0.0": "POLYLECT_HOST=127.0.0.1",
    }
    with page_session(tmp_path, environment, instead) as session:
        yield session


def test_a_vllm_backbone(session, backbone):
    (listed_and_answered,) = session.run("how-to/vllm.md")
    assert '"Qwen/Qwen2.5-7B-Instruct"' in listed_and_answered
    assert '"mode":"multiplex"' in listed_and_answered.replace(" ", "")
    assert {body["model"] for body in backbone.bodies} == {"Qwen/Qwen2.5-7B-Instruct"}
    assert len(backbone.bodies) == 7


@pytest.fixture
def configured(backbone, tmp_path):
    """A `polylect.yaml` before the scripted backbone, where a page supposes that there is one."""
    params = {"model": "hosted_vllm/scripted", "api_base": backbone.url}
    model_list = [{"model_name": "scripted", "litellm_params": params}]
    (tmp_path / "polylect.yaml").write_text(yaml.safe_dump({"model_list": model_list}), "utf-8")


@pytest.mark.usefixtures("configured")
def test_keys(session, backbone, tmp_path):
    *_, answered, _, _ = session.run("how-to/keys.md")
    assert json.loads(answered)["polylect"]["mode"] == "contextual"
    assert (tmp_path / "alice.key").read_text("utf-8").startswith("pl-")
    assert len(backbone.bodies) == 1


def test_a_profile(session, tmp_path):
    measured, answered = session.run("how-to/profile-a-model.md")
    assert "12 trials in en, ko, am" in measured
    assert measured.count("too few questions") >= 2
    assert (tmp_path / "maps" / "qwen.trials.jsonl").read_text("utf-8").count("\n") >= 12
    (voice,) = json.loads(answered)["polylect"]["voices"]
    assert voice["route"]["language"] == "en"
    assert "known" in voice["route"]


async def test_every_provider_is_one_that_litellm_knows(tmp_path, monkeypatch):
    (example,) = [block for block in blocks("how-to/providers.md") if block.title == "polylect.yaml"]
    (tmp_path / "polylect.yaml").write_text(example.text, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("POLYLECT_CONFIG", raising=False)
    (export,) = [block for block in blocks("how-to/providers.md") if block.text.startswith("export")]
    for word in export.text.splitlines()[0].split()[1:]:
        monkeypatch.setenv(word.partition("=")[0], "none")
    settings = load_settings()
    assert len(settings.model_list) == len(yaml.safe_load(example.text)["model_list"]) == 7
    async with open_backbones(settings.model_list, settings) as backbones:
        translated = {name for name in backbones.names if isinstance(backbones.road(name), LiteLLMRoad)}
    assert translated == {"claude", "gemini", "mistral", "hub"}


def test_a_culture_that_is_added(tmp_path):
    files = {block.title: block.text for block in blocks("how-to/add-a-culture.md") if block.title}
    shipped = Path(cultures_module.__file__).parent
    for name in ("cultures.toml", "names.toml", "sectors.toml"):
        shutil.copy(shipped / name, tmp_path)
    sector, line = files["cultures.toml"].strip().split("\n", 1)
    text = (tmp_path / "cultures.toml").read_text("utf-8")
    assert f"\n{sector}\n" in text
    (tmp_path / "cultures.toml").write_text(text.replace(f"{sector}\n", f"{sector}\n{line}\n"), "utf-8")
    with (tmp_path / "names.toml").open("a", encoding="utf-8") as names:
        names.write(f"\n{files['names.toml']}")
    before, after = Cultures.load(), Cultures.load(tmp_path)
    (id_,) = tomllib.loads(files["names.toml"])
    assert {one.id for one in after} - {one.id for one in before} == {id_}
    assert after.get(id_).sector == sector.strip("[]")
    home = after.of_language("eu")
    assert home is not None
    assert home.id == id_
    assert "Euskal Herria" in after.area_names()[id_]

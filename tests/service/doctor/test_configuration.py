"""What is read, what is wrong with it, and what is left of it."""

from pathlib import Path

import pytest

from service.doctor.configuration import read_configuration, unknown_variables
from service.settings import Settings


def told(configured):
    return [(one.state, one.found, one.cure or "") for one in configured.findings]


def test_without_anything_the_defaults_hold():
    configured = read_configuration()
    assert told(configured) == [("ok", "no polylect.yaml: the defaults", "")]
    assert configured.lost == set()


def test_it_says_what_comes_from_where(write, monkeypatch):
    write(port=9000, agents=3)
    monkeypatch.setenv("POLYLECT_MAX_AGENTS", "5")
    configured = read_configuration()
    [(state, found, _)] = told(configured)
    assert state == "ok"
    assert found == "polylect.yaml sets agents, port; the environment sets POLYLECT_MAX_AGENTS"
    assert (configured.settings.port, configured.settings.max_agents) == (9000, 5)


def test_every_wrong_setting_has_its_line_with_its_cure_and_its_place(write, monkeypatch, entry):
    write(prot=1, voice_seconds=-3, host="0.0.0.0", model_list=[{"model_name": "x"}, entry("http://h/v1")])
    monkeypatch.setenv("POLYLECT_PORT", "many")
    configured = read_configuration()
    lines = {found: (state, cure) for state, found, cure in told(configured)}
    assert {state for state, _ in lines.values()} == {"problem"}
    assert "did you mean port?" in lines["prot: there is no such key"][1]
    assert lines["voice_seconds: -3 cannot be used"][1].startswith("polylect.yaml: ")
    assert lines["port: 'many' cannot be used"][1].startswith("POLYLECT_PORT: ")
    assert "polylect keys create" in lines["host: '0.0.0.0' cannot be used"][1]
    assert lines["model_list.0.litellm_params: it is missing"][1] == "polylect.yaml: add it."


def test_what_is_right_is_used_though_something_else_is_wrong(write, monkeypatch, entry):
    write(prot=1, agents=3, max_agents=5, model_list=[{"model_name": "x"}, entry("http://h/v1")])
    monkeypatch.setenv("POLYLECT_PORT", "many")
    monkeypatch.setenv("POLYLECT_AGENTS", "4")
    configured = read_configuration()
    settings = configured.settings
    assert [one.model_name for one in settings.model_list] == ["mine"]
    assert (settings.agents, settings.max_agents, settings.port) == (4, 5, 8000)
    assert {"port", "model_list"} <= configured.lost


@pytest.mark.parametrize("content", ["a: [", "- a list", "port: \xff"])
def test_of_a_file_that_cannot_be_read_the_environment_is_left(content, monkeypatch):
    Path("polylect.yaml").write_text(content, "latin-1")
    monkeypatch.setenv("POLYLECT_PORT", "9001")
    configured = read_configuration()
    assert configured.findings[0].state == "problem"
    assert configured.findings[0].cure
    assert configured.settings.port == 9001
    assert "model_list" in configured.lost
    assert "port" not in configured.lost


def test_a_named_file_that_is_missing_is_a_problem(monkeypatch):
    monkeypatch.setenv("POLYLECT_CONFIG", "nowhere.yaml")
    configured = read_configuration()
    assert told(configured) == [
        ("problem", "POLYLECT_CONFIG=nowhere.yaml: there is no such file", "Create it, or unset it.")
    ]
    assert "model_list" in configured.lost


def test_a_variable_that_is_no_json_is_named_and_the_others_hold(monkeypatch):
    monkeypatch.setenv("POLYLECT_MODEL_LIST", '[{"api_key": "s3cret"')
    monkeypatch.setenv("POLYLECT_PORT", "9001")
    configured = read_configuration()
    assert "POLYLECT_MODEL_LIST" in configured.findings[0].found
    assert "s3cret" not in str(configured.findings)
    assert configured.settings.port == 9001
    assert configured.lost == {"model_list"}


def test_the_port_that_kubernetes_sets_is_recognised(monkeypatch):
    monkeypatch.setenv("POLYLECT_PORT", "tcp://10.0.0.7:8000")
    monkeypatch.setenv("POLYLECT_SERVICE_HOST", "10.0.0.7")
    monkeypatch.setenv("POLYLECT_PORT_8000_TCP_ADDR", "10.0.0.7")
    [line] = read_configuration().findings
    assert "enableServiceLinks" in line.cure


def test_an_unknown_variable_is_named_with_the_one_it_resembles():
    near, far = unknown_variables(
        ["POLYLECT_AGNETS", "POLYLECT_BANANA", "HOME", "POLYLECT_URL", "POLYLECT_BASE_URL", "polylect_port"]
    )
    assert (near.state, near.check) == ("warning", "environment")
    assert "POLYLECT_AGNETS" in near.found
    assert "POLYLECT_AGENTS" in near.cure
    assert far.cure == "unset POLYLECT_BANANA"


def test_every_setting_may_be_a_variable():
    assert unknown_variables(f"POLYLECT_{name.upper()}" for name in Settings.model_fields) == []


def test_a_dotenv_that_nobody_exported_is_said(monkeypatch):
    Path(".env").write_text("# POLYLECT_HOST=h\nPOLYLECT_PORT=9\nexport POLYLECT_AGENTS=2\nOTHER=1\n")
    monkeypatch.setenv("POLYLECT_AGENTS", "2")
    line = read_configuration().findings[-1]
    assert (line.state, line.cure) == ("warning", "set -a; . ./.env; set +a")
    assert line.found.startswith(".env sets POLYLECT_PORT, and")
    monkeypatch.setenv("POLYLECT_PORT", "9")
    assert [one.state for one in read_configuration().findings] == ["ok"]

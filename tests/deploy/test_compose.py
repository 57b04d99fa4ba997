"""deploy/compose.yaml: valid, pinned, on loopback unless there are keys, and of one mind with its files."""

import re
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from service.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]
FILE = ROOT / "deploy" / "compose.yaml"
STACK: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = STACK["services"]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
OURS = {"POLYLECT_BIND", "POLYLECT_YAML"}  # read by compose, and not by the service


def by_default(text: str) -> str:
    """`${NAME:-value}` as it is where nothing is set."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


def test_it_keeps_to_the_specification(tool):
    tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", FILE)


def test_every_variable_is_one_that_the_service_knows():
    named = set(re.findall(r"POLYLECT_[A-Z_]+", FILE.read_text("utf-8")))
    assert {name.removeprefix("POLYLECT_").lower() for name in named - OURS} <= set(Settings.model_fields)


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_is_pinned(name):
    image, tag = SERVICES[name]["image"].rsplit(":", 1)
    assert re.match(r"v?\d+\.\d+\.\d+", tag)
    assert tag == VERSION if image == "polylect" else image.startswith("docker.io/")


@pytest.mark.parametrize("name", SERVICES)
def test_every_port_is_on_loopback_unless_there_are_keys(name):
    ports = SERVICES[name].get("ports", [])
    assert all(by_default(port).startswith("127.0.0.1:") for port in ports)
    movable = any(port.startswith("${") for port in ports)
    assert not movable or SERVICES[name]["environment"]["POLYLECT_KEYS_FILE"]


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"vllm"}))
def test_everything_but_vllm_is_read_only(name):
    assert SERVICES[name]["read_only"] is True


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_has_capabilities(name):
    assert SERVICES[name]["cap_drop"] == ["ALL"]
    assert SERVICES[name]["security_opt"] == ["no-new-privileges:true"]


def test_every_file_that_is_mounted_is_there_and_every_volume_is_declared():
    mounted = [by_default(one).split(":") for each in SERVICES.values() for one in each.get("volumes", [])]
    files = {source for source, *_ in mounted if source.startswith(".")}
    assert len(files) == 5
    assert [name for name in files if not (FILE.parent / name).is_file()] == []
    assert {source for source, *_ in mounted} - files == set(STACK["volumes"])


def test_the_keys_are_there_before_anybody_needs_them():
    assert SERVICES["keys"]["command"] == ["polylect-first-keys"]
    for name in ("polylect", "prometheus"):
        assert SERVICES[name]["depends_on"]["keys"] == {"condition": "service_completed_successfully"}
    assert "keys:/keys:ro" in SERVICES["polylect"]["volumes"]


def test_redis_is_reached_by_the_service_alone():
    assert STACK["networks"]["limits"] == {"internal": True}
    members = {name for name, each in SERVICES.items() if "limits" in each.get("networks", [])}
    assert members == {"polylect", "redis"}
    assert SERVICES["redis"]["networks"] == ["limits"]
    assert urlsplit(SERVICES["polylect"]["environment"]["POLYLECT_REDIS_URL"]).hostname == "redis"


def test_it_is_given_the_time_to_end():
    seconds = int(SERVICES["polylect"]["stop_grace_period"].removesuffix("s"))
    fields = Settings.model_fields
    assert seconds > fields["notice_seconds"].default + fields["drain_seconds"].default


def test_the_configuration_without_a_gpu_means_the_embedded_model(monkeypatch):
    monkeypatch.setenv("POLYLECT_CONFIG", str(FILE.parent / "compose" / "embedded.yaml"))
    assert load_settings().default_embedded


def test_the_configuration_with_a_gpu_names_the_vllm_beside_it(monkeypatch):
    monkeypatch.setenv("POLYLECT_CONFIG", str(FILE.parent / "compose" / "vllm.yaml"))
    (backbone,) = load_settings().model_list
    command = [by_default(one) for one in SERVICES["vllm"]["command"]]
    assert urlsplit(backbone.litellm_params.api_base or "").netloc == "vllm:8000"
    assert f"--served-model-name={backbone.litellm_params.model.removeprefix('hosted_vllm/')}" in command
    assert f"--max-model-len={backbone.model_info.max_input_tokens}" in command


def test_prometheus_asks_services_that_exist_with_the_key_that_is_made(tool, tmp_path):
    text = (FILE.parent / "compose" / "prometheus.yml").read_text("utf-8")
    jobs = {job["job_name"]: job for job in yaml.safe_load(text)["scrape_configs"]}
    targets = [target for job in jobs.values() for one in job["static_configs"] for target in one["targets"]]
    assert {target.split(":")[0] for target in targets} <= set(SERVICES)
    key = Path(jobs["polylect"]["authorization"]["credentials_file"])
    assert f"metrics-key:{key.parent}:ro" in SERVICES["prometheus"]["volumes"]
    (tmp_path / key.name).write_text("pl-a-key\n")
    (tmp_path / "prometheus.yml").write_text(text.replace(str(key), str(tmp_path / key.name)))
    tool("promtool", "check", "config", tmp_path / "prometheus.yml")


def test_grafana_finds_its_dashboard_and_its_numbers():
    folder = FILE.parent / "compose" / "grafana"
    (provider,) = yaml.safe_load((folder / "dashboards.yaml").read_text("utf-8"))["providers"]
    (source,) = yaml.safe_load((folder / "datasources.yaml").read_text("utf-8"))["datasources"]
    shown = SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert Path(shown).parent == Path(provider["options"]["path"])
    assert f"./grafana/polylect.json:{shown}:ro" in SERVICES["grafana"]["volumes"]
    assert urlsplit(source["url"]).hostname in SERVICES

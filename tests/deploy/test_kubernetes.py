"""deploy/kubernetes, as kustomize renders it: it fits the schemas, its names meet, no pod may too much."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from service.settings import Settings, load_settings
from tests.deploy.conftest import found

FOLDER = Path(__file__).parents[2] / "deploy" / "kubernetes"
Manifest = dict[str, Any]


@pytest.fixture(scope="module", params=["base", "vllm"])
def rendered(request, tool) -> tuple[str, list[Manifest]]:
    text = tool("kubectl", "kustomize", FOLDER / request.param)
    return text, list(yaml.safe_load_all(text))


@pytest.fixture
def manifests(rendered) -> list[Manifest]:
    return rendered[1]


def pods(manifests: list[Manifest]) -> dict[str, Manifest]:
    """Pod templates by the name of what makes them."""
    kinds = {"Deployment", "StatefulSet", "Job"}
    return {one["metadata"]["name"]: one["spec"]["template"] for one in manifests if one["kind"] in kinds}


def containers(template: Manifest) -> list[Manifest]:
    return [*template["spec"].get("initContainers", []), *template["spec"]["containers"]]


def named(manifests: list[Manifest], kind: str, name: str) -> Manifest:
    (found,) = (one for one in manifests if (one["kind"], one["metadata"]["name"]) == (kind, name))
    return found


def selected(selector: Manifest, labels: Manifest) -> bool:
    return selector.get("matchLabels", {}).items() <= labels.items()


def test_it_fits_the_schemas(rendered, tool, tmp_path):
    (tmp_path / "all.yaml").write_text(rendered[0])
    tool("kubernetes-validate", "--strict", "-k", "1.32", tmp_path / "all.yaml")


def test_every_pod_keeps_to_the_restricted_standard(manifests):
    """Which the namespace enforces: a pod that does not would never start."""
    namespace = named(manifests, "Namespace", "polylect")["metadata"]
    assert namespace["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    for template in pods(manifests).values():
        shared = template["spec"]["securityContext"]
        assert shared["runAsNonRoot"] is True
        assert shared["runAsUser"] > 0
        assert shared["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in containers(template):
            own = container["securityContext"]
            assert own["readOnlyRootFilesystem"] is True
            assert own["allowPrivilegeEscalation"] is False
            assert own["capabilities"] == {"drop": ["ALL"]}


def test_the_job_alone_has_a_token_and_may_create_secrets_alone(manifests):
    tokens = {name: one["spec"]["automountServiceAccountToken"] for name, one in pods(manifests).items()}
    assert [name for name, mounted in tokens.items() if mounted] == ["first-keys"]
    assert named(manifests, "Role", "first-keys")["rules"] == [
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]}
    ]


def test_every_image_is_pinned(manifests):
    images = {one["image"] for template in pods(manifests).values() for one in containers(template)}
    assert all(re.search(r":v?\d+\.\d+\.\d+", image) for image in images)


def test_every_variable_is_one_that_the_service_knows(manifests):
    (service,) = containers(pods(manifests)["polylect"])
    given = {one["name"]: one.get("value") for one in service["env"] if one["name"].startswith("POLYLECT_")}
    assert {name.removeprefix("POLYLECT_").lower() for name in given} <= set(Settings.model_fields)
    assert given["POLYLECT_HOST"] == "0.0.0.0"
    assert given["POLYLECT_KEYS_FILE"] == "/keys/keys.json"
    # A Service named polylect makes Kubernetes set POLYLECT_PORT to tcp://…: no port to listen on.
    assert given["POLYLECT_PORT"] == "8000"
    assert pods(manifests)["polylect"]["spec"]["enableServiceLinks"] is False


def test_it_is_given_the_time_to_end(manifests):
    pod = pods(manifests)["polylect"]["spec"]
    env = {one["name"]: one.get("value") for one in pod["containers"][0]["env"]}
    needed = float(env["POLYLECT_NOTICE_SECONDS"]) + float(env["POLYLECT_DRAIN_SECONDS"])
    assert pod["terminationGracePeriodSeconds"] > needed


def test_what_is_mounted_is_made(manifests):
    configs = {one["metadata"]["name"] for one in manifests if one["kind"] == "ConfigMap"}
    for template in pods(manifests).values():
        for volume in template["spec"].get("volumes", []):
            assert volume.get("configMap", {}).get("name") in {None, *configs}
            assert volume.get("secret", {}).get("secretName") in {None, "polylect-keys"}
    script = (FOLDER / "base" / "keep_keys.py").read_text("utf-8")
    made = {"redis-password", "redis-url", "vllm-api-key", "keys.json"}
    assert all(f'"{name}"' in script for name in made)
    environments = [one.get("env", []) for pod in pods(manifests).values() for one in containers(pod)]
    asked = [one["valueFrom"]["secretKeyRef"] for env in environments for one in env if "valueFrom" in one]
    assert {one["name"] for one in asked} == {"polylect-keys"}
    assert {one["key"] for one in asked} <= made


def test_services_budgets_and_policies_select_pods_that_exist(manifests):
    labels = [one["metadata"]["labels"] for one in pods(manifests).values()]
    every = [one for pod in pods(manifests).values() for one in containers(pod)]
    ports = {port["name"] for one in every for port in one.get("ports", [])}
    for one in manifests:
        if one["kind"] == "Service":
            assert any(one["spec"]["selector"].items() <= each.items() for each in labels)
            assert {port["targetPort"] for port in one["spec"]["ports"]} <= ports
        elif one["kind"] == "PodDisruptionBudget":
            assert any(selected(one["spec"]["selector"], each) for each in labels)
        elif one["kind"] == "NetworkPolicy":
            rules = [*one["spec"].get("ingress", []), *one["spec"].get("egress", [])]
            peers = [peer for rule in rules for peer in (*rule.get("from", []), *rule.get("to", []))]
            chosen = [peer["podSelector"] for peer in (one["spec"], *peers) if "podSelector" in peer]
            assert all(any(selected(each, label) for label in labels) for each in chosen)
            asked = {port["port"] for rule in rules for port in rule.get("ports", [])}
            assert {port for port in asked if isinstance(port, str)} <= ports


def test_the_autoscaler_and_nobody_else_says_how_many(manifests):
    scaler = named(manifests, "HorizontalPodAutoscaler", "polylect")["spec"]
    deployment = named(manifests, "Deployment", scaler["scaleTargetRef"]["name"])
    assert "replicas" not in deployment["spec"]
    assert scaler["minReplicas"] >= 2
    assert deployment["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]["cpu"]


def test_without_vllm_the_embedded_model_answers(monkeypatch):
    monkeypatch.setenv("POLYLECT_CONFIG", str(FOLDER / "base" / "polylect.yaml"))
    assert load_settings().default_embedded


def test_every_vllm_is_an_entry_of_one_name(monkeypatch):
    monkeypatch.setenv("POLYLECT_CONFIG", str(FOLDER / "vllm" / "polylect.yaml"))
    monkeypatch.setenv("VLLM_API_KEY", "a-key")
    entries = load_settings().model_list
    vllm = next(yaml.safe_load_all((FOLDER / "vllm" / "vllm.yaml").read_text("utf-8")))
    name, replicas = vllm["metadata"]["name"], vllm["spec"]["replicas"]
    bases = [f"http://{name}-{number}.{name}:8000/v1" for number in range(replicas)]
    assert [one.litellm_params.api_base for one in entries] == bases
    assert {one.model_name for one in entries} == {"backbone"}
    (container,) = vllm["spec"]["template"]["spec"]["containers"]
    assert f"--max-model-len={entries[0].model_info.max_input_tokens}" in container["args"]


@pytest.fixture
def redis(tmp_path) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """Redis as its container starts it, but for the folder and the port."""
    found("redis-server")
    (template,) = (
        one["spec"]["template"]
        for one in yaml.safe_load_all((FOLDER / "base" / "redis.yaml").read_text("utf-8"))
        if one["kind"] == "StatefulSet"
    )
    (container,) = template["spec"]["containers"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    script = container["args"][0].replace("/data", f"{tmp_path} --bind 127.0.0.1 --port {port}")
    knows = {**os.environ, "REDISCLI_AUTH": "a-password"}
    process = subprocess.Popen([*container["command"], script], env=knows, stdout=subprocess.DEVNULL)
    yield process, port
    process.kill()
    process.wait(10)


def ping(port: int, **env: str) -> str:
    command = [shutil.which("redis-cli") or "redis-cli", "-p", str(port), "ping"]
    kept = {name: value for name, value in os.environ.items() if name != "REDISCLI_AUTH"}
    return subprocess.run(command, env={**kept, **env}, capture_output=True, text=True, timeout=10).stdout


def test_redis_wants_its_password_and_ends_when_told(redis):
    process, port = redis
    deadline = time.monotonic() + 20
    while "PONG" not in ping(port, REDISCLI_AUTH="a-password"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert "NOAUTH" in ping(port)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0

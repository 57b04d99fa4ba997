"""Configuration: what may be set, and a message that names key, value and cure when it is wrong."""

import json
import traceback
from pathlib import Path

import pytest

from service.settings import ConfigurationError, Settings, load_settings

GOOD = """
model_list:
  - model_name: mine
    litellm_params: {model: hosted_vllm/qwen, api_base: http://127.0.0.1:8801/v1/}
  - model_name: other
    litellm_params: {model: anthropic/claude, api_key: os.environ/TEST_KEY}
port: 9000
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No polylect.yaml and no variable of the machine's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("POLYLECT_CONFIG", raising=False)


def write(content: str) -> None:
    Path("polylect.yaml").write_text(content, "utf-8")


def test_without_anything_the_defaults_hold():
    settings = load_settings()
    assert (settings.host, settings.port, settings.model_list) == ("127.0.0.1", 8000, ())


def test_the_file_is_litellms_model_list(monkeypatch):
    monkeypatch.setenv("TEST_KEY", "secret")
    write(GOOD)
    first, second = load_settings().model_list
    assert first.litellm_params.api_base == "http://127.0.0.1:8801/v1"
    assert second.litellm_params.api_key == "secret"


def test_environment_wins_over_file_and_command_line_over_both(monkeypatch):
    write("port: 9000\nagents: 3\n")
    assert load_settings().port == 9000
    monkeypatch.setenv("POLYLECT_PORT", "9001")
    assert load_settings().port == 9001
    assert load_settings(port=9002, host=None).port == 9002
    assert load_settings(port=9002).agents == 3


def test_a_file_may_be_named(monkeypatch, tmp_path):
    (tmp_path / "elsewhere.yaml").write_text("port: 9100", "utf-8")
    monkeypatch.setenv("POLYLECT_CONFIG", str(tmp_path / "elsewhere.yaml"))
    assert load_settings().port == 9100


def test_languages_may_be_listed_with_commas(monkeypatch):
    monkeypatch.setenv("POLYLECT_REASONING_LANGUAGES", "en, es")
    assert load_settings().reasoning_languages == ("en", "es")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("prot: 9000", ["prot", "did you mean port"]),
        ("port: many", ["port", "'many'"]),
        ("port: 70000", ["port", "70000", "65535"]),
        ("host: 0.0.0.0", ["host", "0.0.0.0", "loopback", "polylect keys create"]),
        ("redis_url: memcached://h", ["redis_url", "rediss://", "unix://"]),
        ("redis_url: 'redis:///0'", ["redis_url", "HOST"]),
        ("model_list: [{litellm_params: {model: openai/x}}]", ["model_list.0.model_name", "missing"]),
        ("model_list: [{model_name: x}]", ["model_list.0.litellm_params", "missing"]),
        ("model_list: [{model_name: x, litellm_params: {}}]", ["litellm_params.model", "missing"]),
        (
            "model_list: [{model_name: x, litellm_params: {model: openai/x, api_base: localhost}}]",
            ["api_base", "http://"],
        ),
        (
            "model_list: [{model_name: x, litellm_params: {model: openai/x, api_key: os.environ/NOT_SET}}]",
            ["NOT_SET", "export"],
        ),
        (
            "model_list: [{model_name: polylect/x, litellm_params: {model: openai/x}}]",
            ["model_list.0.model_name", "mode"],
        ),
        ("- a list", ["top level"]),
        ("a: [", ["polylect.yaml", "YAML", "line 1, column 5"]),
        ("lid_model: 2026-13-45", ["YAML"]),
        ("model_list: {model_name: x}", ["model_list", "a list"]),
        ("otlp_endpoint: 'user@collector'", ["otlp_endpoint", "'…@collector'", "https?://"]),
    ],
)
def test_wrong_configuration_names_key_value_and_cure(content, told):
    write(content)
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert all(word in str(caught.value) for word in told), str(caught.value)


def test_a_named_file_that_is_missing_is_said(monkeypatch):
    monkeypatch.setenv("POLYLECT_CONFIG", "nowhere.yaml")
    with pytest.raises(ConfigurationError, match=r"nowhere\.yaml"):
        load_settings()


def test_with_a_file_of_keys_it_may_listen_anywhere(monkeypatch):
    monkeypatch.setenv("POLYLECT_KEYS_FILE", "keys.json")
    assert load_settings(host="0.0.0.0").keys_file == Path("keys.json")


def test_the_password_of_redis_is_never_repeated(monkeypatch):
    for url in ("redis://:s3cret@[h", "redis://:s3cret@h:x/0", "http://:s3cret@h"):
        monkeypatch.setenv("POLYLECT_REDIS_URL", url)
        with pytest.raises(ConfigurationError) as caught:
            load_settings()
        assert "s3cret" not in str(caught.value)
    monkeypatch.setenv("POLYLECT_REDIS_URL", "rediss://:s3cret@h:6380/1")
    settings = load_settings()
    assert "s3cret" not in repr(settings) + settings.model_dump_json()


def told(content: str) -> str:
    """All that a start with this file says, the causes of its error included."""
    write(content)
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    return "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (
            "[{model_name: x, litellm_params: {model: openai/x, api_key: [s3cret]}}]",
            "0.litellm_params.api_key",
        ),
        ("{model_name: x, litellm_params: {model: openai/x, api_key: s3cret}}", "model_list"),
        ("[{model_name: x, litellm_params: s3cret}]", "0.litellm_params"),
        ("[{model_name: x, litellm_params: [{api_key: s3cret}]}]", "0.litellm_params"),
        ("[{model_name: x, litellm_params: {api_key: s3cret}}]", "0.litellm_params.model"),
        ("['api_key=s3cret']", "model_list.0"),
        ("[{model_name: x, litellm_params: {model: openai/x, api_base: 'u:s3cret@h'}}]", "api_base"),
        ("[{model_name: x, litellm_params: {model: openai/x, api_key: os.environ/s3cret-}}]", "export"),
        ("[{model_name: polylect/s3cret, litellm_params: {model: openai/x}}]", "0.model_name"),
    ],
)
def test_nothing_below_the_model_list_is_repeated(content, named):
    said = told(f"model_list: {content}")
    assert named in said
    assert "s3cret" not in said


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (
            "{host: 0.0.0.0, model_list: [{model_name: x, litellm_params: {model: o/x, api_key: s3cret}}]}",
            "host",
        ),
        ("router_settings: 'redis_password=s3cret'", "router_settings"),
        ("router_settings: ['s3cret']", "router_settings"),
        ("otlp_endpoint: 'user:s3cret@collector'", "'…@collector'"),
        ("host: {s3cret: s3cret}", "host"),
        ("model_list:\n  - litellm_params: {api_key: s3cret]", "line 2, column 37"),
        ("model_list:\n  - litellm_params:\n      api_key: 's3cret\n", "line 4, column 1"),
        ("api_key: *s3cret", "line 1, column 10"),
        ("api_key: !s3cret x", "line 1, column 10"),
        ("redis_password: s3cret", "redis_url"),
    ],
)
def test_a_secret_is_never_repeated(content, named):
    said = told(content)
    assert named in said
    assert "s3cret" not in said


@pytest.mark.parametrize("name", ["MODEL_LIST", "ROUTER_SETTINGS"])
def test_a_variable_that_is_no_json_is_named_and_not_repeated(monkeypatch, name):
    monkeypatch.setenv(f"POLYLECT_{name}", '[{"api_key": "s3cret"')
    said = told("")
    assert f"POLYLECT_{name}: it cannot be read as JSON at line 1, column 22" in said
    assert "s3cret" not in said


def test_settings_do_not_show_the_keys_of_backbones(monkeypatch):
    monkeypatch.setenv("TEST_KEY", "s3cret")
    write(GOOD + "router_settings: {redis_password: s3cret}")
    assert "s3cret" not in repr(load_settings())


@pytest.mark.parametrize(
    ("models", "set_to", "seconds"),
    [
        (["hosted_vllm/a", "hosted_vllm/b"], None, 5),
        (["hosted_vllm/a", "openai/b"], None, 0),
        (["openai/a"], None, 0),
        ([], None, 0),
        (["openai/a"], 3, 3),
        (["hosted_vllm/a"], 0, 0),
    ],
)
def test_a_head_start_is_given_where_prefixes_are_shared(models, set_to, seconds):
    deployments = [
        {"model_name": f"m{at}", "litellm_params": {"model": model, "api_base": "http://x"}}
        for at, model in enumerate(models)
    ]
    settings = Settings(model_list=deployments, head_start=set_to)
    assert settings.limits().head_start == seconds


@pytest.mark.parametrize(
    "embedder",
    [
        {"model": "e5", "api_base": "ftp://sk-topsecret", "api_key": "sk-topsecret"},
        {"model": "e5", "api_key": "sk-topsecret"},
        {"model": "e5", "api_base": "http://x", "api_key": "sk-topsecret", "more": "sk-topsecret"},
        "sk-topsecret",
    ],
)
def test_a_wrong_embedder_is_explained_without_its_key(tmp_path, monkeypatch, embedder):
    path = tmp_path / "polylect.yaml"
    path.write_text(json.dumps({"embedder": embedder}))
    monkeypatch.setenv("POLYLECT_CONFIG", str(path))
    with pytest.raises(ConfigurationError, match="embedder") as caught:
        load_settings()
    assert "topsecret" not in "".join(traceback.format_exception(caught.value))

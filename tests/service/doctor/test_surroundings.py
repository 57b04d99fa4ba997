"""Keys, port, open files, Redis, spans, extras: what is there, and what is not."""

import socket
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from service.access.keys import create_key
from service.doctor import surroundings
from service.settings import Settings
from tests.service.access.test_limits import free_port, running_redis


@pytest.fixture
def taken():
    """A port on which somebody listens who is no web server."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


@pytest.fixture
def keys_file(tmp_path):
    path = tmp_path / "keys.json"
    create_key(path, "alice")
    return path


def test_without_keys_it_is_said_who_may_ask():
    [line] = surroundings.keys(Settings())
    assert (line.state, "loopback" in line.found) == ("ok", True)


def test_keys_are_counted(keys_file):
    create_key(keys_file, "bob")
    [line] = surroundings.keys(Settings(keys_file=keys_file))
    assert (line.state, "2 keys" in line.found) == ("ok", True)


@pytest.mark.parametrize(
    ("mode", "state"), [(0o600, "ok"), (0o644, "warning"), (0o660, "problem"), (0o602, "problem")]
)
def test_a_file_of_keys_is_its_owners_alone(keys_file, mode, state):
    keys_file.chmod(mode)
    [line] = surroundings.keys(Settings(keys_file=keys_file))
    assert line.state == state
    assert line.cure == (None if state == "ok" else f"chmod 600 {keys_file}")
    assert state == "ok" or f"{mode:04o}" in line.found


@pytest.mark.parametrize(
    "content", [None, "{", '{"version": 1, "keys": []}', '{"keys": [{"id": "pl-s3cret!"}]}']
)
def test_a_file_of_keys_that_lets_nobody_in_is_a_problem(tmp_path, content):
    path = tmp_path / "keys.json"
    if content is not None:
        path.write_text(content)
    [line] = surroundings.keys(Settings(keys_file=path))
    assert line.state == "problem"
    assert "polylect keys create" in line.cure
    assert "s3cret" not in line.found + line.cure


async def test_a_free_port_is_free():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    [line] = await surroundings.port(Settings(port=free))
    assert (line.state, str(free) in line.found) == ("ok", True)
    [line] = await surroundings.port(Settings(port=0))
    assert line.state == "ok"


async def test_a_taken_port_is_a_problem(taken):
    [line] = await surroundings.port(Settings(port=taken))
    assert line.state == "problem"
    assert "not by a Polylect" in line.found
    assert f"POLYLECT_PORT={taken + 1}" in line.cure


async def test_another_web_server_is_no_polylect(serve):
    async def healthy(request):
        return JSONResponse({"status": "ok"})

    with serve(Starlette(routes=[Route("/healthz", healthy)])) as url:
        [line] = await surroundings.port(Settings(port=int(url.rpartition(":")[2])))
    assert line.state == "problem"


async def test_a_polylect_that_runs_is_none(service):
    [line] = await surroundings.port(Settings(port=int(service.rpartition(":")[2])))
    assert line.state == "warning"
    assert "a Polylect answers there already, ready" in line.found


async def test_a_host_that_is_not_this_machine_is_a_problem(keys_file):
    [line] = await surroundings.port(Settings(host="192.0.2.1", port=0, keys_file=keys_file))
    assert (line.state, "192.0.2.1 is no address of this machine" in line.found) == ("problem", True)
    [line] = await surroundings.port(Settings(host="nobody.invalid", port=0, keys_file=keys_file))
    assert (line.state, "nobody.invalid" in line.found) == ("problem", True)


@pytest.mark.parametrize(("most", "state"), [(256, "warning"), (931, "warning"), (932, "ok"), (None, "ok")])
def test_open_files_are_enough_for_all_councils(most, state):
    [line] = surroundings.open_files(Settings(max_fan_outs=64, max_agents=12), most)
    assert line.state == state
    assert state == "ok" or "ulimit -n 1024" in line.cure


async def test_a_redis_that_is_away_is_a_problem_and_its_password_is_not_told(keys_file):
    settings = Settings(redis_url="redis://:hunter2@127.0.0.1:9/0", keys_file=keys_file)
    [line] = await surroundings.redis(settings)
    assert line.state == "problem"
    assert "127.0.0.1:9" in line.found
    assert "hunter2" not in line.found + line.cure


async def test_a_redis_without_keys_counts_nothing():
    [line] = await surroundings.redis(Settings(redis_url="redis://127.0.0.1:9/0"))
    assert (line.state, "keys" in line.cure) == ("warning", True)
    assert await surroundings.redis(Settings()) == []


async def test_a_redis_that_answers(keys_file):
    port = free_port()
    with running_redis(port):
        [line] = await surroundings.redis(
            Settings(redis_url=f"redis://127.0.0.1:{port}/0", keys_file=keys_file)
        )
    assert line.state == "ok"


async def test_somebody_must_listen_for_spans(taken):
    [line] = await surroundings.spans(Settings(otlp_endpoint=f"http://127.0.0.1:{taken}"))
    assert line.state == "ok"
    [line] = await surroundings.spans(Settings(otlp_endpoint="http://me:hunter2@127.0.0.1:9/otlp"))
    assert (line.state, "hunter2" in line.found) == ("warning", False)
    assert await surroundings.spans(Settings()) == []


def test_extras_that_are_there_have_their_version():
    [line] = surroundings.extras({"redis": "redis_url"}, ("redis",))
    assert (line.state, line.found.startswith("installed: redis (redis ")) == ("ok", True)


def test_an_extra_that_is_missing_matters_where_it_is_needed():
    absent = ("vllm",)  # it lives in an environment of its own
    [line] = surroundings.extras({}, absent)
    assert (line.state, line.found) == ("ok", "not installed, and not needed: vllm")
    [line] = surroundings.extras({"vllm": "the backbone"}, absent)
    assert (line.state, line.cure) == ("problem", ".venv/bin/pip install -c constraints.txt -e '.[vllm]'")


def test_extras_are_needed_as_the_configuration_says(keys_file):
    assert surroundings.needed_extras(Settings(), embedded=False) == {}
    settings = Settings(redis_url="redis://h", keys_file=keys_file, otlp_endpoint="http://h")
    assert set(surroundings.needed_extras(settings, embedded=True)) == {"embedded", "redis", "otel"}


def test_space_is_that_of_the_folder_that_will_be_made(tmp_path):
    assert surroundings.free_space(tmp_path / "not" / "yet") > 0
    assert surroundings.free_space(Path("relative")) > 0

"""llama.cpp in its child process: it answers, ends with its parent, and comes back after a crash."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import openai
import pytest
import pytest_asyncio

from service.embedded import EmbeddedBackbone, EmbeddedError, cache_folder, locate_model, open_embedded
from service.embedded_server import ServerOptions, default_slots, model_alias
from service.settings import Settings

one_loop = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def model() -> Path:
    """The default model; fetched where nobody has used it yet."""
    return locate_model(None, cache_folder(), sys.stderr.write)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def backbone(model: Path) -> AsyncIterator[EmbeddedBackbone]:
    async with EmbeddedBackbone(model, ServerOptions(slots=2, context=512)) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def client(backbone: EmbeddedBackbone) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=backbone.base_url, api_key=backbone.key, max_retries=0) as made:
        yield made


async def ask(client: openai.AsyncOpenAI, words: str) -> openai.types.chat.ChatCompletion:
    return await client.chat.completions.create(
        model="smollm2-135m-instruct",
        messages=[{"role": "user", "content": words}],
        temperature=0,
        max_tokens=8,
    )


def exists(pid: int) -> bool:
    """Whether the process runs; one that is dead and waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def arguments(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()


async def until(condition, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:  # noqa: ASYNC110  # processes set no events
        await asyncio.sleep(0.05)
    return condition()


@pytest.mark.embedded
@one_loop
async def test_answers_the_openai_client(client, backbone):
    assert [served.id async for served in await client.models.list()] == ["smollm2-135m-instruct"]
    assert backbone.model_id == "smollm2-135m-instruct"
    completion = await ask(client, "Name a colour.")
    assert completion.choices[0].message.content
    assert 0 < completion.usage.completion_tokens <= 8


@pytest.mark.embedded
@one_loop
async def test_what_two_questions_share_is_read_once(client):
    shared = "The council sat by the river and spoke of rain, of bread and of the road to the coast. " * 4
    first = await ask(client, f"{shared} Who spoke?")
    second = await ask(client, f"{shared} Of what?")
    assert second.usage.prompt_tokens_details.cached_tokens > 0.8 * first.usage.prompt_tokens


@pytest.mark.embedded
@one_loop
async def test_a_request_may_use_the_context_that_was_set(client):
    assert (await ask(client, "word " * 450)).choices
    with pytest.raises(openai.BadRequestError, match=r"exceeds the available context size \(512 tokens\)"):
        await ask(client, "word " * 520)


@pytest.mark.embedded
@one_loop
async def test_shows_prompts_to_nobody_and_answers_to_no_web_page(backbone):
    root = backbone.base_url.removesuffix("/v1")
    knows = {"Authorization": f"Bearer {backbone.key}"}
    async with httpx.AsyncClient(trust_env=False, headers=knows) as browser:
        assert (await browser.get(f"{root}/")).status_code == 404
        assert (await browser.get(f"{root}/slots")).status_code == 501
        seen = await browser.get(f"{root}/health", headers={"Origin": "http://elsewhere.example"})
        assert "http://elsewhere.example" not in seen.headers.get("Access-Control-Allow-Origin", "")
        assert seen.headers.get("Access-Control-Allow-Origin") != "*"


@pytest.mark.embedded
@one_loop
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/completion", "/v1/models", "/props", "/metrics"])
async def test_who_does_not_know_its_key_is_refused(backbone, path):
    root = backbone.base_url.removesuffix("/v1")
    body = {"messages": [{"role": "user", "content": "Hi"}], "prompt": "Hi", "max_tokens": 1, "n_predict": 1}
    async with httpx.AsyncClient(trust_env=False, timeout=30) as visitor:

        async def ask(authorization: str) -> int:
            told = {"Authorization": authorization} if authorization else {}
            method = "POST" if "completion" in path else "GET"
            sent = body if method == "POST" else None
            return (await visitor.request(method, f"{root}{path}", json=sent, headers=told)).status_code

        for wrong in ("", "Bearer none", f"Bearer {backbone.key}x", f"Bearer {backbone.key[:-1]}"):
            assert await ask(wrong) == 401
        assert await ask(f"Bearer {backbone.key}") == 200


@pytest.mark.embedded
@one_loop
async def test_its_key_is_no_argument_and_no_two_have_the_same(backbone, model):
    assert backbone.key not in arguments(backbone.pid)
    assert "--model=" in arguments(backbone.pid)
    assert len(backbone.key) >= 43
    assert EmbeddedBackbone(model).key != backbone.key


@pytest.mark.embedded
@one_loop
async def test_ctrl_c_is_left_to_the_parent(client, backbone):
    assert os.getpgid(backbone.pid) != os.getpgid(0)
    os.kill(backbone.pid, signal.SIGINT)
    assert (await ask(client, "Name a fruit.")).choices
    assert backbone.alive


@pytest.mark.embedded
@one_loop
async def test_comes_back_on_its_port_after_a_crash(client, backbone):
    before = (backbone.pid, backbone.base_url)
    os.kill(backbone.pid, signal.SIGKILL)
    assert await until(lambda: not backbone.alive, 5)
    with pytest.raises(openai.APIConnectionError):
        await ask(client, "Is anybody there?")
    assert await until(lambda: backbone.alive, 30)
    assert backbone.pid != before[0]
    assert backbone.base_url == before[1]
    assert (await ask(client, "Name a river.")).choices


@pytest.mark.embedded
async def test_stands_in_model_list_and_ends_with_its_context(model):
    settings = Settings(embedded_model=str(model), embedded_slots=1)
    async with open_embedded(settings) as deployment:
        params = deployment.litellm_params
        assert deployment.model_name == "smollm2-135m-instruct"
        assert params.model == "hosted_vllm/smollm2-135m-instruct"
        knows = {"Authorization": f"Bearer {params.api_key}"}
        async with httpx.AsyncClient(trust_env=False) as visitor:
            assert (await visitor.get(f"{params.api_base}/models")).status_code == 401
            assert (await visitor.get(f"{params.api_base}/models", headers=knows)).status_code == 200
            health = f"{params.api_base.removesuffix('/v1')}/health"
    async with httpx.AsyncClient(trust_env=False) as visitor:
        with pytest.raises(httpx.ConnectError):
            await visitor.get(health)


@pytest.mark.embedded
async def test_ends_when_its_parent_is_killed(model):
    script = (
        "import asyncio, pathlib, sys\n"
        "from service.embedded import EmbeddedBackbone\n"
        "async def main():\n"
        "    async with EmbeddedBackbone(pathlib.Path(sys.argv[1])) as backbone:\n"
        "        print(backbone.pid, flush=True)\n"
        "        await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    command = [sys.executable, "-c", script, str(model)]
    parent = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    child = int(await parent.stdout.readline())
    assert exists(child)
    parent.kill()
    await parent.wait()
    assert await until(lambda: not exists(child), 10)


@pytest.mark.embedded
async def test_a_broken_model_is_reported_in_llama_cpps_own_words(tmp_path):
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + bytes(64))
    backbone = EmbeddedBackbone(broken)
    with pytest.raises(EmbeddedError, match=r"(?s)did not start with .*failed to load model.*model_list"):
        async with backbone:
            pass
    assert not backbone.alive


@pytest.mark.embedded
async def test_a_start_that_takes_too_long_is_ended(model):
    backbone = EmbeddedBackbone(model, ServerOptions(start_seconds=0.05))
    with pytest.raises(EmbeddedError, match=r"no answer in 0\.05 s"):
        async with backbone:
            pass
    assert not backbone.alive


@pytest.mark.parametrize(
    ("file", "alias"),
    [
        ("SmolLM2-135M-Instruct.Q4_1.gguf", "smollm2-135m-instruct"),
        ("qwen2.5-coder-0.5b-instruct-q4_k_m.gguf", "qwen2.5-coder-0.5b-instruct"),
        ("Qwen3-8B-UD-Q4_K_XL.GGUF", "qwen3-8b"),
        ("Aya-Expanse-8B.i1-IQ4_XS.gguf", "aya-expanse-8b"),
        ("Big-F16-00001-of-00003.gguf", "big"),
        ("gpt-oss-20b-mxfp4.gguf", "gpt-oss-20b"),
        ("Phi-3.5-mini.gguf", "phi-3.5-mini"),
        ("q4_0.gguf", "q4_0"),
    ],
)
def test_a_models_id_is_its_files_name_without_the_quantisation(file, alias):
    assert model_alias(Path("folder.Q8_0") / file) == alias


@pytest.mark.parametrize(("cores", "slots"), [(1, 2), (2, 2), (5, 5), (64, 8)])
def test_slots_follow_the_cores(cores, slots):
    assert default_slots(cores) == slots

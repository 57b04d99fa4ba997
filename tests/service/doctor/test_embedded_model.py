"""The embedded model's file and the memory it takes."""

import struct
import sys

import pytest

from service.doctor.embedded_model import MIB, free_memory, locate, memory
from service.doctor.gguf import bytes_of_a_token
from service.embedded import cache_folder, locate_model
from service.settings import Settings


def text(value):
    return struct.pack("<Q", len(value)) + value.encode()


def pair(key, value):
    if isinstance(value, str):
        return text(key) + struct.pack("<I", 8) + text(value)
    if isinstance(value, list):
        return text(key) + struct.pack("<IIQ", 9, 4, len(value)) + struct.pack(f"<{len(value)}I", *value)
    return text(key) + struct.pack("<II", 4, value)


@pytest.fixture
def gguf(tmp_path):
    def write(**told):
        pairs = {"general.architecture": "llama"} | {
            f"llama.{key.replace('__', '.')}": one for key, one in told.items()
        }
        content = b"".join(pair(key, value) for key, value in pairs.items())
        path = tmp_path / "model.gguf"
        path.write_bytes(struct.pack("<4sIQQ", b"GGUF", 3, 0, len(pairs)) + content)
        return path

    return write


MODEL = {"block_count": 32, "embedding_length": 4096, "attention__head_count": 32}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, 32 * 32 * 256 * 2),
        ({"attention__head_count_kv": 8}, 32 * 8 * 256 * 2),
        ({"attention__head_count_kv": [8] * 16 + [0] * 16}, 16 * 8 * 256 * 2),
        ({"attention__head_count_kv": 8, "attention__key_length": 256}, 32 * 8 * 384 * 2),
    ],
)
def test_the_head_of_a_file_tells_what_a_token_takes(gguf, more, expected):
    assert bytes_of_a_token(gguf(**MODEL, **more)) == expected


@pytest.mark.parametrize("content", [b"", b"GGUF", b"GGUF" + b"\xff" * 100, b"GGML" + bytes(60)])
def test_a_file_that_does_not_tell_is_no_error(tmp_path, content):
    path = tmp_path / "bad.gguf"
    path.write_bytes(content)
    assert bytes_of_a_token(path) is None
    assert bytes_of_a_token(tmp_path / "missing") is None


@pytest.mark.embedded
def test_the_default_models_tokens_are_told():
    # 30 layers, 3 heads for keys and values, 64 numbers each: what its process was seen to take
    assert bytes_of_a_token(locate_model(None, cache_folder(), sys.stderr.write)) == 30 * 3 * 128 * 2


@pytest.mark.parametrize(
    ("free", "state", "cure"),
    [
        (None, "ok", None),
        (600, "ok", None),
        (400, "problem", "POLYLECT_EMBEDDED_SLOTS=1"),
        (100, "problem", "Take a smaller model, or free some memory."),
    ],
)
def test_memory_must_do_for_all_slots(free, state, cure):
    line = memory(94 * MIB, 23_040, 2, None if free is None else free * MIB)
    assert (line.state, line.cure) == (state, cure)
    assert "518 MiB" in line.found


def test_the_machine_tells_how_much_is_free():
    found = free_memory()
    assert found is None or found > 10 * MIB


def test_the_default_model_is_not_fetched(tmp_path):
    cache = tmp_path / "not" / "yet"
    located = locate(Settings(cache_dir=cache))
    assert (located.path, located.starts, cache.exists()) == (None, False, False)
    assert located.findings[0].state == "warning"
    assert "polylect serve" in located.findings[0].cure


def test_a_cache_that_cannot_be_a_folder_is_a_problem(tmp_path):
    (tmp_path / "file").write_text("")
    found = locate(Settings(cache_dir=tmp_path / "file")).findings
    assert [one.state for one in found if one.check == "cache"] == ["problem"]


def test_a_model_of_a_hub_is_not_fetched_either(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    located = locate(Settings(embedded_model="nobody/nothing-of-this-name/none.gguf"))
    assert (located.path, located.findings[0].state) == (None, "warning")


@pytest.mark.parametrize(("content", "told"), [(None, "no file"), (b"ELF", "not a GGUF")])
def test_what_is_no_model_is_a_problem(tmp_path, content, told):
    path = tmp_path / "model.gguf"
    if content is not None:
        path.write_bytes(content)
    located = locate(Settings(embedded_model=str(path)))
    assert (located.starts, located.findings[0].state) == (False, "problem")
    assert told in located.findings[0].found
    assert "POLYLECT_EMBEDDED_MODEL" in located.findings[0].cure


def test_a_file_that_is_here_is_found_with_its_size(gguf):
    located = locate(Settings(embedded_model=str(gguf(**MODEL)), embedded_slots=1))
    assert located.findings[0].state == "ok"
    assert located.findings[1].check == "memory"
    # 8,192 tokens of 512 KiB and 64 MiB beside them
    assert "4,160 MiB" in located.findings[1].found

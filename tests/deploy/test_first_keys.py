"""The one-shot that makes the first keys: once, whole, and never over what is there."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from service.access.keys import read_keys

SCRIPT = Path(__file__).parents[2] / "deploy" / "first_keys.sh"
ENVIRONMENT = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def start(folder: Path, metrics: Path) -> "subprocess.Popen[str]":
    command = ["sh", str(SCRIPT), str(folder), str(metrics)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=ENVIRONMENT, stdout=pipe, stderr=pipe, text=True)


def run(folder: Path, metrics: Path) -> tuple[int, str, str]:
    process = start(folder, metrics)
    said, complained = process.communicate(timeout=60)
    return process.returncode, said, complained


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Path, Path, str]:
    folder, metrics = tmp_path_factory.mktemp("keys"), tmp_path_factory.mktemp("metrics")
    status, said, complained = run(folder, metrics)
    assert (status, complained) == (0, "")
    return folder, metrics, said


def secret_of(path: Path) -> str:
    return hashlib.sha256(path.read_text("utf-8").strip().encode()).hexdigest()


def test_one_key_asks_and_one_reads_metrics(made):
    folder, metrics, _ = made
    first, prometheus = read_keys(folder / "keys.json")
    assert first.allows("polylect/auto")
    assert not first.allows("/metrics")
    assert prometheus.allows("/metrics")
    assert not prometheus.allows("polylect/auto")
    assert secret_of(folder / "first-key") == first.sha256
    assert secret_of(metrics / "prometheus-key") == prometheus.sha256


def test_it_says_where_the_key_lies_and_not_which(made):
    folder, metrics, said = made
    assert str(folder / "first-key") in said
    assert str(metrics / "prometheus-key") in said
    assert "pl-" not in said


def test_prometheus_may_read_its_key_and_others_nothing(made):
    folder, metrics, _ = made
    modes = [(one.name, one.stat().st_mode & 0o777) for one in (*folder.iterdir(), *metrics.iterdir())]
    assert sorted(modes) == [("first-key", 0o600), ("keys.json", 0o600), ("prometheus-key", 0o444)]


def test_a_second_start_changes_nothing(made):
    folder, metrics, _ = made
    before = {one: one.read_bytes() for one in (*folder.iterdir(), *metrics.iterdir())}
    status, said, _ = run(folder, metrics)
    assert status == 0
    assert "stays as it is" in said
    assert before == {one: one.read_bytes() for one in (*folder.iterdir(), *metrics.iterdir())}


def test_of_two_at_once_one_makes_them(tmp_path):
    both = [start(tmp_path, tmp_path) for _ in range(2)]
    said = [process.communicate(timeout=60)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum("is made." in words for words in said) == 1
    first, prometheus = read_keys(tmp_path / "keys.json")
    assert secret_of(tmp_path / "first-key") == first.sha256
    assert secret_of(tmp_path / "prometheus-key") == prometheus.sha256


def test_without_a_place_for_prometheus_no_key_is_made(tmp_path):
    status, _, complained = run(tmp_path, tmp_path / "missing")
    assert status == 1
    assert "cannot be written" in complained
    assert list(tmp_path.iterdir()) == []

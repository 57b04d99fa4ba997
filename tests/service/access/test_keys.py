"""The file of keys: what is kept, what is told once, and what a running service makes of its changes."""

import hashlib
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from service.access.keys import Keys, create_key, read_keys, revoke_key
from service.cli import app
from service.settings import ConfigurationError


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def test_only_a_hash_is_kept_in_a_file_that_others_cannot_read(path):
    key, secret = create_key(path, "Ana")
    content = path.read_text("utf-8")
    assert secret.startswith("pl-")
    assert len(secret) >= 40
    assert secret not in content
    assert hashlib.sha256(secret.encode()).hexdigest() in content
    assert path.stat().st_mode & 0o777 == 0o600
    assert Keys(path).find(secret) == key


@pytest.mark.parametrize("guess", ["", "pl-", "pl-wrong", "ключ", "ÿ"])
def test_what_nobody_has_is_nobodys(path, guess):
    key, secret = create_key(path, "Ana")
    keys = Keys(path)
    assert keys.find(guess) is None
    assert keys.find(secret[:-1]) is None
    assert keys.find(key.sha256) is None


def test_a_secret_finds_its_own_key_among_many(path):
    made = [create_key(path, f"owner {number}") for number in range(5)]
    keys = Keys(path)
    assert [keys.find(secret) for _, secret in made] == [key for key, _ in made]


def test_keys_made_at_once_are_all_kept(path):
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: create_key(path, f"owner {number}")[0], range(16)))
    assert sorted(key.id for key in read_keys(path)) == sorted(key.id for key in made)
    assert [one.name for one in path.parent.iterdir() if one.name.startswith(".")] == []


def test_a_file_behind_a_link_is_written_where_it_is(path, tmp_path):
    (tmp_path / "real").mkdir()
    path.symlink_to(tmp_path / "real" / "keys.json")
    create_key(path, "Ana")
    assert path.is_symlink()
    assert len(read_keys(tmp_path / "real" / "keys.json")) == 1


def test_a_running_service_learns_of_new_and_revoked_keys_within_a_second(path):
    key, secret = create_key(path, "Ana")
    clock = Clock()
    keys = Keys(path, clock=clock)
    _, other = create_key(path, "Bo")
    revoke_key(path, key.id)
    clock.now = 0.9
    assert keys.find(secret) == key, "the file is looked at once a second, not at every request"
    clock.now = 1.0
    assert keys.find(secret) is None
    assert keys.find(other).owner == "Bo"


def test_the_last_key_may_be_revoked_from_a_running_service(path):
    key, secret = create_key(path, "Ana")
    clock = Clock()
    keys = Keys(path, clock=clock)
    revoke_key(path, key.id)
    clock.now = 2.0
    assert keys.find(secret) is None


def test_a_file_that_breaks_keeps_the_last_good_keys_and_says_so_once(path, caplog):
    key, secret = create_key(path, "Ana")
    clock = Clock()
    keys = Keys(path, clock=clock)
    good = path.read_text("utf-8")
    path.write_text(good.replace('"owner"', '"ownr"'), "utf-8")
    with caplog.at_level(logging.ERROR):
        for clock.now in (1.0, 2.0, 3.0):
            assert keys.find(secret) == key
    assert len(caplog.records) == 1
    assert str(path) in caplog.text
    assert key.sha256 not in caplog.text
    path.unlink()
    clock.now = 4.0
    assert keys.find(secret) == key
    path.write_text(json.dumps({"keys": []}), "utf-8")
    clock.now = 5.0
    assert keys.find(secret) is None, "it is read again once it is good again"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "there is no"),
        ("{", "no file of keys"),
        ("[]", "no file of keys"),
        ('{"keys": []}', "holds no key"),
        ('{"keys": [{"id": "a", "sha256": "s3cret"}]}', "keys.0"),
        ('{"keys": [], "key": 1}', "key: Extra inputs"),
    ],
)
def test_a_wrong_file_at_the_start_names_itself_and_the_cure(path, content, told):
    if content is not None:
        path.write_text(content, "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        Keys(path)
    assert str(path) in str(caught.value)
    assert told in str(caught.value)
    assert "polylect keys create" in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_two_keys_of_one_id_are_refused(path):
    create_key(path, "Ana")
    content = json.loads(path.read_text("utf-8"))
    content["keys"] *= 2
    path.write_text(json.dumps(content), "utf-8")
    with pytest.raises(ConfigurationError, match="two keys have one id"):
        Keys(path)


@pytest.mark.parametrize(
    ("models", "allowed", "refused"),
    [
        (None, ["polylect/auto", "anything"], []),
        (["polylect/*"], ["polylect/auto", "polylect/multiplex@qwen"], ["qwen", "polylect", "Polylect/auto"]),
        (["polylect/auto", "qwen"], ["polylect/auto", "qwen"], ["polylect/auto@qwen", "qwen2", "polylect/"]),
        (["*"], ["anything"], []),
    ],
)
def test_which_models_a_key_allows(path, models, allowed, refused):
    key, _ = create_key(path, "Ana", models=models)
    assert all(key.allows(model) for model in allowed)
    assert not any(key.allows(model) for model in refused)


@pytest.mark.parametrize(
    "wrong", [{"models": ["a*b"]}, {"models": [""]}, {"concurrent": 0}, {"tokens_per_month": -1}]
)
def test_a_key_out_of_bounds_is_not_made(path, wrong):
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        create_key(path, "Ana", **wrong)
    assert not path.exists()


def polylect(*arguments: str, path: Path | None = None) -> Result:
    environment = {"POLYLECT_KEYS_FILE": str(path) if path else None}
    return CliRunner().invoke(app, ["keys", *arguments], env=environment)


def test_create_list_revoke(path):
    made = polylect("create", "--owner", "Ana", "--model", "polylect/*", "--concurrent", "0", path=path)
    secret = made.stdout.strip()
    key = Keys(path).find(secret)
    assert made.exit_code == 0
    assert (key.owner, key.models, key.concurrent) == ("Ana", ("polylect/*",), None)
    assert (key.requests_per_minute, key.tokens_per_month) == (600, None)
    listed = json.loads(polylect("list", "--json", path=path).stdout)
    assert [one["id"] for one in listed] == [key.id]
    assert "sha256" not in listed[0]
    shown = polylect("list", path=path).stdout
    assert key.id in shown
    assert "Ana" in shown
    assert polylect("revoke", key.id, path=path).exit_code == 0
    assert read_keys(path) == ()


def test_commands_that_cannot_be_obeyed_say_why_in_one_line(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    nowhere = polylect("create", "--owner", "Ana")
    nobody = polylect("revoke", "key_x", path=path)
    create_key(path, "Ana")
    unknown = polylect("revoke", "key_x", "--file", str(path))
    assert [done.exit_code for done in (nowhere, nobody, unknown)] == [2, 2, 2]
    assert "POLYLECT_KEYS_FILE" in nowhere.stderr
    assert "polylect keys create" in nobody.stderr
    assert "'key_x'" in unknown.stderr
    assert "Traceback" not in nowhere.stderr + nobody.stderr + unknown.stderr

"""Configurations are read strictly."""

import pytest

from alignment.config import BadConfig, read_config

GOOD = """
name = "small"
out = "runs/small"
cultures = ["CN", "KE"]
[teacher]
model = "big"
[judge]
model = "other"
"""


def write(tmp_path, text):
    path = tmp_path / "run.toml"
    path.write_text(text)
    return path


def test_a_good_one(tmp_path):
    config = read_config(write(tmp_path, GOOD))
    assert config.teacher.url == "http://127.0.0.1:8000/v1"
    assert len(config.respond.models) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = [", "no TOML"),
        (GOOD.replace("[judge]", "[juge]"), "judge"),
        (GOOD + "temperature = 9\n", "judge.temperature"),
        (GOOD + "speed = 9\n", "judge.speed"),
        (GOOD.replace('"KE"', '"ATLANTIS"'), "ATLANTIS not known"),
        (GOOD.replace('"other"', '"big"'), "judge is the teacher"),
    ],
)
def test_a_bad_one_is_named(tmp_path, text, said):
    with pytest.raises(BadConfig, match=said):
        read_config(write(tmp_path, text))


def test_a_judge_that_is_the_teacher_can_be_allowed(tmp_path):
    text = "judge_may_be_teacher = true\n" + GOOD.replace('"other"', '"big"')
    assert read_config(write(tmp_path, text)).judge_may_be_teacher


def test_no_file(tmp_path):
    with pytest.raises(BadConfig, match="cannot be read"):
        read_config(tmp_path / "none.toml")

"""`polylect score`: the picture, the JSON, and what is said of a file that holds no text."""

import json
import math
from io import StringIO

import pytest
from click.testing import Result
from rich.cells import cell_len
from rich.console import Console
from typer.testing import CliRunner

from agents import Knowledge, companions
from service.cli import app
from service.score import read_text
from service.score_view import ScoreView

TEXT = "At Obon people in Kyoto bow. In Kenya, since 1963, people shake hands. فاس and Pashto."


def score(*arguments: str, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(app, ["score", *arguments], input=stdin, env={"COLUMNS": "90"})


def test_json_is_the_score_and_nothing_else(knowledge: Knowledge, tmp_path):
    file = tmp_path / "answer.txt"
    file.write_text("In Japan people bow. In Kenya people shake hands.", "utf-8")
    done = score(str(file), "--json")
    found = json.loads(done.stdout)
    assert set(found) == {"distribution", "entropy", "sectors", "references"}
    assert found == knowledge.scorer.score(file.read_text("utf-8")).as_dict()
    assert abs(found["entropy"] - math.log(2) / math.log(8)) < 1e-15
    assert done.exit_code == 0


def test_the_picture_has_all_sectors_the_names_and_the_numbers():
    shown = score("-", stdin=TEXT.encode()).stdout
    lines = {line.split()[0]: line for line in shown.splitlines() if line.strip()}
    # N = 5: Obon, Kyoto, Kenya, Fes, Pashto; 4 of them specific
    assert "N = 5" in shown
    assert "4 of 5 references (80%)" in shown
    assert all(name in shown for name in ("Obon (festival)", "Kyoto (city)", "Kenya (1963)", "Afghanistan"))
    assert "latin-american" in lines
    assert "40%" in next(line for line in shown.splitlines() if line.startswith("east-asian"))


def picture(knowledge: Knowledge, text: str, width: int = 90) -> str:
    console = Console(file=StringIO(), width=width)
    found = knowledge.scorer.score(text)
    ScoreView(console, knowledge.cultures).show(found, companions(found, text))
    return console.file.getvalue()


def test_without_references_zero_is_said_plainly(knowledge: Knowledge):
    shown = picture(knowledge, "Two and two are four.")
    assert "H = 0.000" in shown
    assert "N = 0" in shown
    assert "names no culture" in shown


def test_many_names_of_one_culture_are_cut_short_and_counted(knowledge: Knowledge):
    text = "日本 Japan Kyoto Kyoto Obon hanami kabuki Nagoya Osaka Tanabata okonomiyaki takoyaki ikebana"
    shown = picture(knowledge, text)
    assert "Kyoto (city) ×2" in shown
    assert "and 4 more" in shown


@pytest.mark.parametrize("width", [40, 60, 80])
def test_no_line_is_wider_than_the_terminal(knowledge: Knowledge, width):
    assert max(map(cell_len, picture(knowledge, TEXT, width).splitlines())) <= width


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \n\t", "is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0", "is binary"),
        ("café".encode("latin-1"), "byte 3 is 0xe9"),
        ("Japan".encode("utf-16"), "is UTF-16"),
    ],
)
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_what_is_no_text_is_named(tmp_path, content, said, options):
    file = tmp_path / "a"
    file.write_bytes(content)
    done = score(str(file), *options)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr


def test_a_file_that_is_not_there_and_a_folder_are_named(tmp_path):
    for path, said in ((tmp_path / "none.txt", "There is no file"), (tmp_path, "is a folder")):
        done = score(str(path))
        assert done.exit_code == 2
        assert said in done.stderr.replace("\n", " ")


def test_a_byte_order_mark_of_utf_8_is_no_part_of_the_text(tmp_path):
    file = tmp_path / "a"
    file.write_bytes(b"\xef\xbb\xbfJapan")
    assert read_text(str(file)) == "Japan"

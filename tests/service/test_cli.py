"""The commands that need no service."""

import json

import pytest
from click.testing import Result
from typer.testing import CliRunner

from service.cli import app


def polylect(*arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(app, list(arguments), input=stdin)


def test_detect_shows_language_cultures_and_evidence():
    shown = polylect("detect", "Why do people in Kyoto bow to their guests?").stdout
    assert "en" in shown
    assert "JP" in shown
    assert "Kyoto" in shown


def test_detect_says_unknown():
    shown = polylect("detect", "12345").stdout
    assert shown.count("unknown") == 2


def test_detect_reads_and_writes_lines():
    lines = [{"id": 1, "text": "日本の結婚式について教えてください。"}, {"id": "b", "text": ""}]
    done = polylect("detect", "--jsonl", stdin="\n".join(map(json.dumps, lines)) + "\n\n")
    first, second = map(json.loads, done.stdout.splitlines())
    assert (first["id"], second["id"]) == (1, "b")
    assert set(first["context"]) == {
        "language",
        "languages",
        "cultural",
        "cultures",
        "audience",
        "domain",
        "cue",
        "spans",
    }
    assert first["context"]["language"]["tag"] == "ja"
    assert first["context"]["cultures"][0]["id"] == "JP"
    assert first["context"]["cue"] == "explicit"
    assert second["context"]["language"] is None


def test_detect_explains_itself():
    done = polylect("detect", "--explain", "As a Peruvian, how should I bow in Kyoto?")
    assert done.exit_code == 0
    assert "As a Peruvian[asker:PE]" in done.stdout
    assert "Kyoto[JP]" in done.stdout
    assert "the asker says so" in " ".join(done.stdout.split())


@pytest.mark.parametrize("options", [("--json", "Hello"), ("--jsonl",)])
def test_what_is_for_people_is_not_for_programs(options):
    done = polylect("detect", "--explain", *options)
    assert done.exit_code == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("line", ["{", '{"id": 1}', '{"id": 1, "text": 7}', "[]"])
def test_a_bad_line_is_named(line):
    done = polylect("detect", "--jsonl", stdin=f'{{"id": 0, "text": "Hello"}}\n{line}\n')
    assert done.exit_code == 2
    assert "line 2" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stdout.splitlines()) == 1, "what could be read was answered"


def test_no_text_and_no_lines_is_a_usage_error():
    assert polylect("detect").exit_code == 2


def test_ask_without_a_service_at_its_url_says_so():
    done = polylect("ask", "--url", "http://127.0.0.1:9", "Hello")
    assert done.exit_code == 2
    assert "http://127.0.0.1:9" in done.stderr


def test_wrong_configuration_stops_with_one_line(tmp_path, monkeypatch):
    (tmp_path / "wrong.yaml").write_text("prot: 1", "utf-8")
    monkeypatch.setenv("POLYLECT_CONFIG", str(tmp_path / "wrong.yaml"))
    done = polylect("serve")
    assert done.exit_code == 2
    assert "did you mean port?" in done.stderr
    assert "Traceback" not in done.stderr


def test_cultures_are_listed_for_people_and_for_programs():
    shown = polylect("cultures").stdout
    assert "Quechua" in shown
    assert "Swahili 66%" in shown
    listed = json.loads(polylect("cultures", "--json").stdout)
    kurdish = next(one for one in listed if one["id"] == "kurdish")
    assert len(listed) >= 60
    assert set(kurdish) >= {"id", "names", "sector", "languages", "shares", "neighbours", "adapter", "pages"}
    assert (kurdish["names"]["en"], kurdish["shares"]["ku"], kurdish["pages"]) == ("Kurds", None, ["en"])


def test_version():
    assert polylect("version").stdout.startswith("polylect-service ")

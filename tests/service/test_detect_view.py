"""`polylect detect --explain`: the text with its evidence, and every finding with its reason."""

import re
from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console

from agents import Asker, Knowledge
from service.detect_view import QUIET, ContextView, marked

TEXT = "I live in Osaka. Compare wedding gifts among Kenyans and in São Paulo."


def picture(knowledge: Knowledge, text: str, width: int = 100, **more) -> str:
    console = Console(file=StringIO(), width=width)
    ContextView(console, knowledge.cultures).show(text, knowledge.detector.detect(text, **more))
    return console.file.getvalue()


def test_each_culture_stands_in_brackets_behind_its_evidence(knowledge):
    first = picture(knowledge, TEXT).splitlines()[0]
    assert first == (
        "I live in Osaka[asker:JP]. Compare wedding gifts among Kenyans[KE] and in São Paulo[BR]."
    )


def test_every_finding_has_its_reason(knowledge):
    shown = picture(knowledge, TEXT)
    lines = {line.split()[0]: " ".join(line.split()) for line in shown.splitlines() if line.strip()}
    assert lines["language"].startswith("language en English 100% share of the text; probability 0.")
    assert re.match(r"cultural depends on culture (0\.[5-9]\d|1\.00) ", lines["cultural"])
    assert lines["culture"] == 'culture KE Kenya 62% "Kenyans" (a people)'
    assert '"São Paulo" (a city)' in lines["BR"]
    assert lines["audience"] == 'audience JP Japan 100% "I live in Osaka" (the asker says so)'
    assert lines["domain"].startswith("domain ")
    assert lines["cue"] == "cue explicit it names a culture"
    assert "[JP] Japan   [KE] Kenya   [BR] Brazil" in shown


def test_evidence_that_stands_elsewhere_is_told(knowledge):
    asker = Asker("BR", "You help customers in Kenya.", ("pt-PT",))
    shown = " ".join(picture(knowledge, "손님에게 어떻게 인사해야 합니까?", asker=asker).split())
    for told in (
        "audience BR (the request says so)",
        '"customers in Kenya" (the system prompt says so)',
        "locale pt-PT (the client prefers it)",
        "written in ko (a language with one home)",
    ):
        assert told in shown


@pytest.mark.parametrize("text", ["", "12345", "\x1b\x07"])
def test_unknown_is_said_of_everything_that_is(knowledge, text):
    shown = picture(knowledge, text)
    assert shown.count("unknown") == 4
    assert "\x1b" not in shown
    assert "\x07" not in shown


def test_orders_to_the_terminal_are_left_out_and_places_stay_right(knowledge):
    shown = picture(knowledge, "ok \x1b[31mred\x1b[0m \x9b2J \ud800 Japan\x07 [bold]and[/bold] Peru?")
    assert shown.splitlines()[0] == "ok [31mred[0m 2J  Japan[JP] [bold]and[/bold] Peru[PE]?"


def test_right_to_left_text_keeps_its_order(knowledge):
    assert picture(knowledge, "أعيش في مصر. ماذا أقدم في المغرب؟").splitlines()[0] == (
        "أعيش في مصر[asker:EG]. ماذا أقدم في المغرب[MA]؟"
    )


def test_names_that_cultures_share_and_overlaps_are_labelled_once(knowledge):
    text = "Wie feiert man bei uns in Österreich Ostern?"
    spans = knowledge.detector.detect(text).spans
    assert marked(text, spans, {"AT": "cyan"}).plain == (
        "Wie feiert man bei uns in Österreich[asker:AT,AT] Ostern?"
    )


def test_long_stretches_without_evidence_are_cut_out(knowledge):
    shown = picture(knowledge, "Nothing here. " * 500 + "Who bows in Japan?")
    assert len(shown) < QUIET + 1_200
    assert " … " in shown
    assert "Japan[JP]" in shown


@pytest.mark.parametrize("width", [40, 60, 80])
def test_no_line_is_wider_than_the_terminal(knowledge, width):
    shown = picture(knowledge, TEXT, width)
    assert max(map(cell_len, shown.splitlines())) <= width


def test_colours_tell_cultures_apart(knowledge):
    text = "Compare weddings in Japan, in Kenya and in Peru."
    context = knowledge.detector.detect(text)
    styles = {one.id: style for one, style in zip(context.cultures, ("red", "green", "blue"), strict=True)}
    shown = marked(text, context.spans, styles)
    used = {shown.plain[one.start : one.end]: str(one.style) for one in shown.spans}
    for span in context.spans:
        assert used[span.text] == f"bold {styles[span.culture]}"

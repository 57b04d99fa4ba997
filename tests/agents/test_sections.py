"""Labelled prose, read leniently: whatever a model does to the format, nothing that it said is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.prompting import PromptError, Prompts
from agents.sections import Labels, Sections, read_sections

PROMPTS = Prompts.load()
ENGLISH = Labels.read(PROMPTS, "en")
LANGUAGES = PROMPTS.languages("labels")
PARTS = ("view", "reasons", "example", "dissent")


def read(text: str, language: str = "en") -> Sections:
    return read_sections(text, Labels.read(PROMPTS, language), ENGLISH)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_reads_its_own_labels(language: str) -> None:
    words = Labels.read(PROMPTS, language).words
    lines = [f"{words[part]}: {part} 1." for part in PARTS]
    lines += [f"{words['confidence']}: {words['low']}, x.", "English: gloss."]
    found = read("\n".join(lines), language)
    assert [getattr(found, part) for part in PARTS] == [f"{part} 1." for part in PARTS]
    assert (found.confidence, found.doubts, found.gloss) == ("low", "x", "gloss.")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_whether_it_changed(language: str) -> None:
    words = Labels.read(PROMPTS, language).words
    for word, changed in (("yes", True), ("no", False)):
        found = read(
            f"{words['view']}: v\n{words['common']}: c\n{words['changed']}: {words[word]}.", language
        )
        assert (found.view, found.common, found.changed) == ("v", "c", changed)


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_tell_parts_apart(language: str) -> None:
    words = Labels.read(PROMPTS, language).words
    assert list(words) == list(ENGLISH.words)
    parts = [words[part].casefold() for part in (*PARTS, "confidence", "common", "reserve", "changed")]
    assert not [(one, other) for one in parts for other in parts if one != other and other.startswith(one)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("No label at all: fine.", Sections(view="No label at all: fine.")),
        ("Mine.\nReasons: because: it is.", Sections(view="Mine.", reasons="because: it is.")),
        ("**View:** mine\n\n**Reasons**: his", Sections(view="mine", reasons="his")),
        (
            "1. View: mine\n2) Reasons: his\n- Example: tea",
            Sections(view="mine", reasons="his", example="tea"),
        ),
        ("### View : mine", Sections(view="mine")),
        ("VIEW: mine. REASONS: his.", Sections(view="mine.", reasons="his.")),
        ("View: mine\nView: more", Sections(view="mine\nmore")),
        ("Confidence: Medium-high, not sure.", Sections(confidence="medium", doubts="high, not sure")),
        ("Confidence: I could be wrong", Sections(doubts="I could be wrong")),
        ("Changed: nothing did", Sections(moved="nothing did")),
        ("I hold this view: tea.", Sections(view="I hold this view: tea.")),
        ("", Sections()),
    ],
)
def test_models_break_the_format(text: str, expected: Sections) -> None:
    assert read(text) == expected


def test_labels_in_one_line_and_without_spaces() -> None:
    found = read("看法：由双方决定。理由：两个人的事。例子：茶。把握程度：高", "zh")
    assert (found.view, found.reasons, found.example, found.confidence) == (
        "由双方决定。",
        "两个人的事。",
        "茶。",
        "high",
    )


def test_french_puts_a_space_before_its_colon() -> None:
    assert read(f"{Labels.read(PROMPTS, 'fr').words['view']}\u00a0: la mienne", "fr").view == "la mienne"


@given(
    st.lists(
        st.sampled_from(["View:", "Reasons:", "English:", "Confidence: high", "\n", "**", "a b", "。", "1."])
    )
)
def test_any_text_is_read_and_no_word_is_lost(pieces: list[str]) -> None:
    text = " ".join(pieces)
    found = read(text)
    assert " ".join(str(part) for part in found.as_dict().values()).count("a b") == text.count("a b")


@pytest.mark.parametrize("label", ["DEĞİŞTİ Mİ", "Değişti mi", "değişti mı"])
def test_turkish_has_two_letters_i(label: str) -> None:
    assert read(f"{label}: {Labels.read(PROMPTS, 'tr').words['yes']}", "tr").changed is True


def test_told_again_it_reads_the_same() -> None:
    said = Sections("v", "r", "e", "d", "x", "g", "low", "c", "s", False, "m")
    assert read(said.told(ENGLISH)) == said
    assert Sections(view="alone").told(ENGLISH) == "alone"


def test_a_label_without_a_word_is_refused() -> None:
    with pytest.raises(PromptError, match="without a word: 'view'"):
        Labels.read(Prompts({"labels": "view:\nreasons: why"}), "en")

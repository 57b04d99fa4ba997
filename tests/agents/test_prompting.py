"""The prompts as they ship, and the strictness of who reads them."""

import itertools
import re
import unicodedata
from pathlib import Path

import pytest
from rapidfuzz import fuzz

from agents import prompting
from agents.cultures.cultures import Cultures
from agents.cultures.tags import likely, parse_tag
from agents.prompting import PromptError, Prompts
from agents.sections import GLOSS

VARIABLES: dict[str, set[str]] = {
    "answer_in": set(),
    "answer_in_askers": set(),
    "answer_in_named": {"language"},
    "at_first": {"view"},
    "contextual": {"cultures"},
    "debate": {"culture", "view", "common", "reserve", "changed", "yes", "no"},
    "debate_material": {"nonce", "perspectives"},
    "choose": set(),
    "draft": {"nonce", "language", "text"},
    "elicit": set(),
    "guard": {"question", "answer"},
    "labels": set(),
    "merge": {"nonce", "drafts", "answer_in"},
    "perspective": {
        *("culture", "page", "view", "reasons", "example", "dissent"),
        *("confidence", "high", "medium", "low"),
    },
    "perspective_brief": {"culture"},
    "perspective_block": {"nonce", "culture", "text"},
    "reason": set(),
    "revise": {"nonce", "draft", "finding", "answer_in"},
    "said_again": {"view"},
    "withheld": set(),
    "synthesise": {"nonce", "perspectives", "silent", "answer_in"},
}
"""Every prompt that the code renders, with what it hands in: a file that is not here is an orphan."""

APPENDED = (
    *("debate_material", "elicit", "merge", "perspective", "perspective_brief", "reason", "synthesise"),
)
"""Prompts that follow the asker's own words in the same message: they begin with a line that says so."""

BLEND = (
    "US",
    "GB",
    "CN",
    "ES",
    "MX",
    "ID",
    "ID-JB",
    "KR",
    "KP",
    "GR",
    "IR",
    "DZ",
    "AZ",
    "IN-AS",
    "ET",
    "hausa",
)

SCRIPTS = {
    "Jpan": {"HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "CJK"},
    "Kore": {"HANGUL"},
    "Hans": {"CJK"},
    "Hant": {"CJK"},
    "Latn": {"LATIN"},
    "Cyrl": {"CYRILLIC"},
    "Arab": {"ARABIC"},
    "Deva": {"DEVANAGARI"},
    "Beng": {"BENGALI"},
    "Grek": {"GREEK"},
    "Hebr": {"HEBREW"},
    "Thai": {"THAI"},
    "Ethi": {"ETHIOPIC"},
    "Taml": {"TAMIL"},
    "Telu": {"TELUGU"},
    "Knda": {"KANNADA"},
    "Mlym": {"MALAYALAM"},
    "Gujr": {"GUJARATI"},
    "Guru": {"GURMUKHI"},
    "Orya": {"ORIYA"},
    "Sinh": {"SINHALA"},
    "Mymr": {"MYANMAR"},
    "Khmr": {"KHMER"},
    "Laoo": {"LAO"},
    "Geor": {"GEORGIAN"},
    "Armn": {"ARMENIAN"},
}


END = re.compile("[.!?。！？।؟።۔]+[\"”»’'）)」]*(?=\\s|$|[^\\x00-\u2fff])")


@pytest.fixture(scope="module")
def prompts() -> Prompts:
    return Prompts.load()


def written(name: str) -> list[tuple[str, str]]:
    return [(name, language) for language in Prompts.load().languages(name)]


def test_there_are_no_orphans(prompts: Prompts) -> None:
    assert {name for name in prompts.names if not name.startswith("cultures/")} == set(VARIABLES)


@pytest.mark.parametrize("name", ["perspective", "debate", "labels", "answer_in", "elicit", "choose"])
def test_the_readme_counts_right(prompts: Prompts, name: str) -> None:
    readme = (Path(prompting.__file__).parents[1] / "prompts" / "README.md").read_text("utf-8")
    assert f"| `{name}` | {len(prompts.languages(name))} |" in readme


@pytest.mark.parametrize(("name", "language"), [pair for name in VARIABLES for pair in written(name)])
def test_every_prompt_renders_in_every_language(prompts: Prompts, name: str, language: str) -> None:
    assert prompts.variables(name, language) == VARIABLES[name]
    values = {one: f"«{one} $1 ${{culture}}»" for one in VARIABLES[name]}
    text = prompts.render(name, language, **values)
    assert all(value in text for value in values.values())
    assert text == text.strip()
    assert unicodedata.is_normalized("NFC", text)
    assert text.startswith("---\n") == (name in APPENDED)


@pytest.mark.parametrize("name", ["perspective", "debate", "answer_in", "elicit", "choose"])
def test_no_two_languages_share_their_words(prompts: Prompts, name: str) -> None:
    values = dict.fromkeys(VARIABLES[name], "X")
    texts = {language: prompts.render(name, language, **values) for language in prompts.languages(name)}
    # Croatian and Bosnian, Indonesian and Malay differ in a word or two where the whole is one sentence.
    ceiling = 100 if name == "answer_in" else 90
    for (one, text), (other, its_text) in itertools.combinations(texts.items(), 2):
        assert fuzz.ratio(text, its_text) < ceiling, (one, other)


@pytest.mark.parametrize(
    ("name", "language"), [*written("perspective"), *written("debate"), *written("answer_in")]
)
def test_words_are_in_the_script_of_their_language(prompts: Prompts, name: str, language: str) -> None:
    values = dict.fromkeys(VARIABLES[name], "")
    text = prompts.render(name, language, **values).replace(GLOSS, "")  # a label in every language
    letters = [one for one in text if one.isalpha()]
    script = likely(parse_tag(language)).script  # type: ignore[union-attr, arg-type]
    expected = SCRIPTS[script]  # type: ignore[index]
    strange = [one for one in letters if unicodedata.name(one).split()[0] not in expected]
    assert not strange, "".join(strange)


def test_the_persona_is_written_where_it_will_be_needed(prompts: Prompts) -> None:
    """The regions of BLEnD and the first of every sector can reason in a language of their own."""
    written_in, cultures = set(prompts.languages("perspective")), Cultures.load()
    first = [cultures.representatives(sector)[0].id for sector in cultures.sectors]
    for id_ in (*BLEND, *first):
        assert written_in & set(cultures.get(id_).languages), id_
    assert len(written_in) >= 24
    assert set(prompts.languages("debate")) == set(prompts.languages("labels")) == written_in
    assert set(prompts.languages("elicit")) == set(prompts.languages("choose")) == written_in
    assert written_in <= set(prompts.languages("answer_in"))


@pytest.mark.parametrize(
    ("name", "sentences"), [("perspective", {1: 2, 3: 4, 4: 2}), ("debate", {1: 3, 4: 2})]
)
def test_a_prompt_has_as_many_sentences_in_every_language(
    prompts: Prompts, name: str, sentences: dict[int, int]
) -> None:
    """Paragraphs in which no language parts or joins what others do not. Thai has no marks for an end."""
    values = dict.fromkeys(VARIABLES[name], "X")
    for language in prompts.languages(name):
        paragraphs = prompts.render(name, language, **values).split("\n\n")
        assert len(paragraphs) == 5, language
        counted = {at: len(END.findall(paragraphs[at])) for at in sentences}
        assert counted == sentences or language == "th", (language, counted)


@pytest.mark.parametrize(
    ("language", "familiar"),
    [
        ("de", r"\b(?:du|dich|dir|dein\w*)\b"),
        ("fr", r"\b(?:tu|te|toi|ton|tes)\b"),
        ("ja", r"(?:するな|言え)。"),
        ("ko", r"(?:[마말]라|하라|밝히라)\."),
    ],
)
def test_voices_are_spoken_to_as_a_courteous_stranger_would(
    prompts: Prompts, language: str, familiar: str
) -> None:
    pages = [name for name in prompts.names if name.startswith("cultures/")]
    for name in ("perspective", "debate", "answer_in", *pages):
        if language in prompts.languages(name):
            text = prompts.render(name, language, **dict.fromkeys(prompts.variables(name, language), "X"))
            assert not re.search(familiar, text, re.IGNORECASE), name


def test_language_of_says_whose_words_will_be_taken(prompts: Prompts) -> None:
    assert prompts.language_of("perspective", "pt-BR") == "pt"
    assert prompts.language_of("perspective", "zh-TW") == "zh-Hant"
    assert prompts.language_of("perspective", "zh-CN") == "zh"
    assert prompts.language_of("perspective", "tl") == "fil"
    assert prompts.language_of("answer_in", "nb") == "no"
    assert prompts.language_of("perspective", "qu") == "en"
    assert prompts.language_of("contextual", "ja") == "en"


def test_a_missing_variable_raises(prompts: Prompts) -> None:
    with pytest.raises(PromptError, match="missing \\['language'\\]"):
        prompts.render("answer_in_named", "en")


def test_an_unused_variable_raises(prompts: Prompts) -> None:
    with pytest.raises(PromptError, match="unused \\['tone'\\]"):
        prompts.render("answer_in", "ja", tone="warm")


def test_an_unknown_prompt_raises(prompts: Prompts) -> None:
    with pytest.raises(PromptError, match="no prompt 'nonsense'"):
        prompts.render("nonsense", "en")
    with pytest.raises(PromptError, match="no prompt"):
        prompts.languages("nonsense")


def test_values_are_put_in_as_they_are() -> None:
    prompts = Prompts({"block": "$culture: $text\n\n"})
    told = prompts.render("block", "en", culture="$text", text="it costs $5, ${culture}, $$ \\1")
    assert told == "$text: it costs $5, ${culture}, $$ \\1"


def test_variables_may_be_called_name_and_language() -> None:
    prompts = Prompts({"one": "$name $language $self"})
    assert prompts.render("one", "ja", name="a", language="b", self="c") == "a b c"


@pytest.mark.parametrize(
    ("texts", "complaint"),
    [
        ({}, "no prompts"),
        ({"price": "it costs $5"}, "starts no variable"),
        ({"hello/ja": "やあ"}, "no English"),
        ({"hello": "hi", "hello/en": "hi"}, "twice"),
    ],
)
def test_broken_prompts_are_refused_at_load(texts: dict[str, str], complaint: str) -> None:
    with pytest.raises(PromptError, match=complaint):
        Prompts(texts)


def test_a_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "hello").mkdir()
    (tmp_path / "hello" / "en.md").write_text("Hello, $whom.\n", "utf-8")
    (tmp_path / "hello" / "ja.md").write_text("$whom、やあ。\n", "utf-8")
    (tmp_path / "README.md").write_text("costs $5", "utf-8")
    prompts = Prompts.load(tmp_path)
    assert prompts.names == ("hello",)
    assert prompts.languages("hello") == ("en", "ja")
    assert prompts.render("hello", "ja-JP", whom="世界") == "世界、やあ。"
    with pytest.raises(PromptError):
        Prompts.load(tmp_path / "nowhere")


def test_the_fingerprint_changes_with_any_word() -> None:
    one, same, other = (
        Prompts({"a": "x", "b": "y"}),
        Prompts({"b": "y", "a": "x"}),
        Prompts({"a": "x", "b": "z"}),
    )
    assert one.fingerprint == same.fingerprint != other.fingerprint
    assert len(one.fingerprint) == 12


def test_some_prompts_have_a_fingerprint_of_their_own() -> None:
    """Hours of measuring must not be lost to another word on a page that they never read."""
    texts = {"elicit/en": "Think.", "elicit/ja": "考えて。", "choose": "Choose.", "page": "x"}
    one, other = Prompts(texts), Prompts({**texts, "page": "y"})
    assert one.fingerprint_of("elicit", "choose") == other.fingerprint_of("elicit", "choose")
    assert one.fingerprint != other.fingerprint
    third = Prompts({**texts, "elicit/ja": "考える。"})
    assert one.fingerprint_of("elicit", "choose") != third.fingerprint_of("elicit", "choose")

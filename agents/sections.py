"""What a voice said, by its labels: the view first, then reasons, example, dissent, confidence.

Voices are asked for labelled prose (`prompts/perspective`), each in its language; the labels are words of
`prompts/labels`. Models break formats, small ones always: labels may stand in bold, with a number, in
English, in the middle of a line, or not at all. What stands under no label belongs to the view.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal

from agents.prompting import PromptError, Prompts

Confidence = Literal["high", "medium", "low"]
_UNPARTED = "\u0e00"  # the first letter of Thai: from here on most scripts write without spaces
LEVELS: tuple[Confidence, ...] = ("high", "medium", "low")
GLOSS = "English"  # the label of the gloss, in every language
_DOTTED = str.maketrans("İIı", "iii")
_GAP = r"[ \t\u00a0\u202f\u3000]*"
_BOLD = r"(?:\*\*|__|\*|_)?"
_BULLET = rf"(?:[-*•#>]+{_GAP}|\(?\d{{1,2}}[.)、]{_GAP})?"
_BEFORE = rf"(?:^|\n|(?<=[.!?。！？।؟።…)）»”’])){_GAP}{_BULLET}{_BOLD}{_GAP}"
_AFTER = rf"{_GAP}{_BOLD}{_GAP}[:：﹕︰፦፡]{_GAP}{_BOLD}{_GAP}"


@dataclass(frozen=True, slots=True)
class Sections:
    """A perspective in parts; what was not said is "". `confidence` is None where it was not told.

    `doubts` is what was said beside the level of confidence, `gloss` the view in English. The last three are
    of a debate's second round: what is agreed, what stays different, and whether the view was `changed`.
    """

    view: str = ""
    reasons: str = ""
    example: str = ""
    dissent: str = ""
    doubts: str = ""
    gloss: str = ""
    confidence: Confidence | None = None
    common: str = ""
    reserve: str = ""
    changed: bool | None = None
    moved: str = ""

    def told(self, labels: "Labels") -> str:
        """The parts as labelled lines, with these labels' words; the view alone has no label."""
        level = labels.words[self.confidence] if self.confidence else ""
        turned = "" if self.changed is None else labels.words["yes" if self.changed else "no"]
        parts = {
            "view": self.view,
            GLOSS: self.gloss,
            "reasons": self.reasons,
            "example": self.example,
            "dissent": self.dissent,
            "confidence": "; ".join(filter(None, (level, self.doubts))),
            "common": self.common,
            "reserve": self.reserve,
            "changed": "; ".join(filter(None, (turned, self.moved))),
        }
        said = {name: text for name, text in parts.items() if text}
        if set(said) == {"view"}:
            return self.view
        return "\n".join(f"{labels.words.get(name, name)}: {text}" for name, text in said.items())

    def as_dict(self) -> dict[str, object]:
        """What was said, ready for JSON: parts that were not said are left out."""
        named = ((one.name, getattr(self, one.name)) for one in fields(self))
        return {name: value for name, value in named if value not in ("", None)}


class Labels:
    """The words of one language's labels, by name (`view`, `reasons` …)."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self.words = dict(words)

    @classmethod
    def read(cls, prompts: Prompts, language: str) -> "Labels":
        """The labels of the language in which `perspective` is written for `language`.

        Raises:
            PromptError: a line that is no `name: word`.
        """
        lines = prompts.render("labels", language).splitlines()
        pairs = [line.partition(":") for line in lines if line.strip()]
        if broken := [name for name, _, word in pairs if not word.strip()]:
            raise PromptError(f"The prompt 'labels' ({language}) has a label without a word: {broken[0]!r}.")
        return cls({name.strip(): word.strip() for name, _, word in pairs})


def label_words(prompts: Prompts, name: str, language: str) -> dict[str, str]:
    """The labels that a prompt names, in the words of its language."""
    wanted = prompts.variables(name, language)
    return {label: word for label, word in Labels.read(prompts, language).words.items() if label in wanted}


def read_sections(text: str, labels: Labels, english: Labels) -> Sections:
    """The parts of what a voice said. English labels are understood beside the language's own."""
    named = _named(labels, english)
    found = list(_pattern(named).finditer(text))
    parts: dict[str, str] = {"view": text[: found[0].start()].strip() if found else text.strip()}
    for at, label in enumerate(found):
        end = found[at + 1].start() if at + 1 < len(found) else len(text)
        name = named[_fold(label["label"])]
        said = text[label.end() : end].strip().strip("*_").strip()
        parts[name] = f"{parts[name]}\n{said}".strip() if parts.get(name) else said
    level, doubts = _leading(parts.pop("confidence", ""), labels, english, LEVELS)
    answer, moved = _leading(parts.pop("changed", ""), labels, english, ("yes", "no"))
    changed = None if answer is None else answer == "yes"
    confidence = next((one for one in LEVELS if one == level), None)
    return Sections(**parts, confidence=confidence, doubts=doubts, changed=changed, moved=moved)


def _named(labels: Labels, english: Labels) -> dict[str, str]:
    """Each label's word, as written and folded, and its name; the language's own wins over English."""
    parts = ("view", "reasons", "example", "dissent", "confidence", "common", "reserve", "changed")
    named = {each.words[part]: part for each in (english, labels) for part in parts} | {GLOSS: "gloss"}
    return {_fold(word): part for word, part in named.items()} | named


def _fold(word: str) -> str:
    """As a pattern that ignores case sees it: to it İ, I, ı and i are one letter."""
    return word.translate(_DOTTED).casefold()


def _pattern(named: Mapping[str, str]) -> re.Pattern[str]:
    words = "|".join(re.escape(word) for word in sorted(named, key=len, reverse=True))
    return re.compile(f"{_BEFORE}(?P<label>{words}){_AFTER}", re.IGNORECASE)


def _leading(said: str, labels: Labels, english: Labels, names: tuple[str, ...]) -> tuple[str | None, str]:
    """Which of these words a part begins with, and what it says beside it."""
    folded = said.casefold().lstrip(" \t*_\"'“«(")
    skipped = len(said) - len(folded) if len(folded) <= len(said) else 0
    words = [(each.words[name].casefold(), name) for each in (labels, english) for name in names]
    for word, name in sorted(words, key=lambda pair: -len(pair[0])):
        if folded.startswith(word) and not folded[len(word) : len(word) + 1].isalpha():
            return name, said[skipped + len(word) :].strip(" \t\n*_\"'”»).,;:：，。、؛،।-–—")
        # Where no spaces part words, or particles follow them, a longer one begins with it.
        if folded.startswith(word) and word[0] >= _UNPARTED:
            return name, said[skipped + len(word) :].strip(" \t\n,;:：，。、")
    return None, said

"""The guard's rules: essentialising generalisations about a people, and slurs, sentence by sentence.

A rule layer, not a judge: it stops what is said of a people as such ("Every X lies", "X are vermin"), and
lets through what is said of a thing, denied, quoted as somebody's prejudice, or said of some. Each language
has a file `rules/<tag>.toml`; in the others nothing is checked, and the trace says so. Peoples are found by
the gazetteer, in every language and inflection, and by the file's own `groups`; patterns see them in ⟨ ⟩.

| key | what it lists |
| --- | --- |
| `groups` | peoples and faiths that the gazetteer does not name |
| `group` | a people as such, told from the adjective of a thing ("Greek coffee"), made of `{name}` |
| `all`, `trait`, `vermin`, `lesser` | words: for "all"; bad traits, deeds; dehumanising; ranking, expelling |
| `harm` | patterns made of the words above, and of `{gap}`, some words of one clause, by kind |
| `slur` | words that are insults of a people wherever they stand |
| `excuse` | denial, quotation, doubt, "some of us": a sentence with one of them passes |
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import regex

from agents.detect.mentions import Mentions

FOLDER = Path(__file__).parent / "rules"
LONGEST = 1_000  # characters of one sentence that are looked at
PATIENCE = 0.25  # seconds for one pattern; a pattern that takes longer finds nothing
GAP = r"(?:[^.;:!?。！？।؟⟨⟩]{0,70}?)"
NAME = "⟨[^⟩]+⟩"
_PEOPLES = frozenset({"people", "territory", "area", "language", "religion", "subdivision"})
_WORDS = ("all", "trait", "vermin", "lesser")
_CLASSES = (*_WORDS, "group")
_ADVANCED = re.compile(
    r"\(\?<|\(\?[a-zA-Z]|\\p|[*+?}]\+|\[\[|&&|--|\|\|"
)  # what `re` cannot read, or reads otherwise
_SIGNS = {"hi"}
_FIRST, _LAST = "\ue010", "\ue01f"  # for private use: no text has them
_MARKS = regex.compile(f"[⟨⟩{_FIRST}-{_LAST}]")

_Words = tuple[Any, ...]
"""A list of words as patterns: one of `regex`, then at most one of `re`."""

Kind = Literal["essence", "rank", "dehumanise", "slur"]
KINDS: tuple[Kind, ...] = ("slur", "dehumanise", "rank", "essence")


@dataclass(frozen=True, slots=True)
class Hit:
    """A sentence that is not let through: `kind` of harm, `text` what gave it away."""

    kind: Kind
    text: str
    language: str


class RuleSet:
    """The rules of one language.

    Words are looked for once each, and patterns are tried on a text in which the words of their classes stand
    between marks: written out, the lists would be compiled anew into every pattern, for seconds.

    Raises:
        ValueError: a key is missing or unknown, a pattern is not well-formed; the message names file and key.
    """

    def __init__(self, language: str, table: Mapping[str, Any]) -> None:
        self.language = language
        known = {"groups", "group", "harm", "slur", "excuse", *_WORDS}
        if odd := known ^ set(table):
            raise ValueError(f"rules/{language}.toml: missing or unknown: {', '.join(sorted(odd))}")
        self._groups = self._list("groups", table["groups"])
        self._slur = self._list("slur", table["slur"])
        self._words = {name: self._list(name, table[name]) for name in _WORDS}
        self._words["group"] = (self._compile("group", table["group"].replace("{name}", NAME)),)
        self._excuse = [self._pattern("excuse", one) for one in _joined(table["excuse"])]
        self._harm: list[tuple[Kind, _Pattern]] = [
            (kind, self._pattern(f"harm.{kind}", one))
            for kind in KINDS
            for one in table["harm"].get(kind, ())
        ]

    def check(self, sentence: str, peoples: Iterable[tuple[int, int]]) -> Hit | None:
        """What is wrong with a sentence, in which `peoples` stand (characters); None: it passes."""
        text = _Marked(self._name(sentence, peoples), self._words)
        slur = next((sentence[slice(*span)] for span in _spans(self._slur, sentence)), "")
        found: tuple[Kind, str] | None = ("slur", slur) if slur else None
        if found is None and "⟨" in text.plain:
            hits = ((kind, pattern.find(text)) for kind, pattern in self._harm)
            found = next(((kind, hit) for kind, hit in hits if hit), None)
        if found is None or any(pattern.find(text) for pattern in self._excuse):
            return None
        return Hit(found[0], _MARKS.sub("", found[1]), self.language)

    def verify(self) -> None:
        """Compile every pattern now. Raises ValueError for one that is not well-formed: tests call it."""
        for pattern in (*self._excuse, *(pattern for _, pattern in self._harm)):
            pattern.verify()

    def _name(self, sentence: str, peoples: Iterable[tuple[int, int]]) -> str:
        """The sentence with its peoples in ⟨ ⟩."""
        spans = sorted({*peoples, *_spans(self._groups, sentence)}, key=lambda span: (span[0], -span[1]))
        named, at = "", 0
        for start, end in spans:
            if start >= at:
                named += f"{sentence[at:start]}⟨{sentence[start:end]}⟩"
                at = end
        return named + sentence[at:]

    def _pattern(self, key: str, pattern: str) -> "_Pattern":
        classes = tuple(name for name in self._words if f"{{{name}}}" in pattern)
        for name in classes:
            begins, ends = _marks(name)
            anyhow = f"[{_FIRST}-{_LAST}]*"
            pattern = pattern.replace(f"{{{name}}}", f"{anyhow}{begins}[^{ends}]*{ends}{anyhow}")
        pattern = pattern.replace("{gap}", GAP).replace("{name}", NAME)
        return _Pattern(partial(self._compile, key, pattern), classes)

    def _list(self, key: str, words: Sequence[str]) -> "_Words":
        """A list of words as patterns: by `re`, whose compiler is far faster, where it can read them.

        `re` does not look behind by varying lengths, and takes the signs of Indic scripts for no letters.
        """
        needs = [one for one in words if self.language in _SIGNS or _ADVANCED.search(one)]
        plain = [one for one in words if one not in set(needs)]
        try:
            return (self._compile(key, _any(needs)), self._compile(key, _any(plain), simple=True))
        except ValueError:
            return (self._compile(key, _any(words)),)

    def _compile(self, key: str, pattern: str, *, simple: bool = False) -> Any:
        try:
            if simple:
                return re.compile(pattern, re.IGNORECASE)
            return regex.compile(pattern, regex.IGNORECASE | regex.VERSION1)
        except (regex.error, re.error) as error:
            raise ValueError(f"rules/{self.language}.toml, {key}: {error}: {pattern[:200]}") from error


class _Marked:
    """A sentence with the words of some classes between marks; each set of classes is marked once."""

    def __init__(self, plain: str, words: "Mapping[str, _Words]") -> None:
        self.plain = plain
        self._words = words
        self._spans: dict[str, list[tuple[int, int]]] = {}
        self._texts: dict[tuple[str, ...], str] = {}

    def text(self, classes: tuple[str, ...]) -> str | None:
        """The sentence with these marked; None where none of them is there at all."""
        if classes and not any(self._found(name) for name in classes):
            return None
        if classes not in self._texts:
            self._texts[classes] = self._mark(classes)
        return self._texts[classes]

    def _found(self, name: str) -> list[tuple[int, int]]:
        if name not in self._spans:
            self._spans[name] = _spans(self._words[name], self.plain)
        return self._spans[name]

    def _mark(self, classes: tuple[str, ...]) -> str:
        marks: list[tuple[int, int, str]] = []
        for name in classes:
            begins, ends = _marks(name)
            for start, end in self._found(name):
                marks += [(start, 1, begins), (end, 0, ends)]  # at one place, what ends comes first
        text, at = [], 0
        for place, _, mark in sorted(marks):
            text += [self.plain[at:place], mark]
            at = place
        return "".join([*text, self.plain[at:]])


class _Pattern:
    """A pattern, and the classes of words that it names. Compiled when a sentence first has some of them."""

    def __init__(self, compile_it: "Callable[[], regex.Pattern[str]]", classes: tuple[str, ...]) -> None:
        self._compile = compile_it
        self._compiled: regex.Pattern[str] | None = None
        self._classes = classes

    def find(self, marked: _Marked) -> str:
        """What it finds in a sentence, "" for nothing."""
        text = marked.text(self._classes)
        if not text:
            return ""
        self._compiled = self._compiled or self._compile()
        return _find(self._compiled, text)

    def verify(self) -> None:
        """Compile it now."""
        self._compile()


class Rules:
    """The rules of all languages that have some. Thread-safe."""

    def __init__(self, mentions: Mentions, folder: Path = FOLDER) -> None:
        self._mentions = mentions
        self._files = {path.stem: path for path in sorted(folder.glob("*.toml"))}
        self._sets: dict[str, RuleSet] = {}

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that are checked, sorted."""
        return tuple(self._files)

    def of(self, language: str) -> RuleSet | None:
        """A language's rules, read when they are first asked for; None where there are none."""
        tag = language.partition("-")[0]
        if tag not in self._sets and tag in self._files:
            self._sets[tag] = RuleSet(tag, tomllib.loads(self._files[tag].read_text("utf-8")))
        return self._sets.get(tag)

    def check(self, sentence: str, language: str | None) -> Hit | None:
        """What is wrong with a sentence in this language; None where it passes, or nothing can be checked."""
        rules = self.of(language or "")
        if rules is None:
            return None
        sentence = _MARKS.sub(" ", sentence[:LONGEST])
        found = self._mentions.find(sentence)
        return rules.check(sentence, [(one.start, one.end) for one in found if one.kind in _PEOPLES])


def _any(words: Iterable[str]) -> str:
    """Any of these; none of them where there are none."""
    listed = sorted(words, key=len, reverse=True)
    return f"(?:{'|'.join(listed)})" if listed else "(?!)"


def _joined(patterns: Sequence[str]) -> list[str]:
    """Patterns that name no class as one; the others each by itself."""
    plain = [one for one in patterns if "{" not in one or not any(f"{{{name}}}" in one for name in _CLASSES)]
    return [_any(plain), *(one for one in patterns if one not in plain)]


def _marks(name: str) -> tuple[str, str]:
    at = 2 * _CLASSES.index(name)
    return chr(ord(_FIRST) + at), chr(ord(_FIRST) + at + 1)


def _find(pattern: "regex.Pattern[str]", text: str) -> str:
    try:
        match = pattern.search(text, timeout=PATIENCE)
    except TimeoutError:
        return ""
    return str(match[0]) if match else ""


def _spans(words: "_Words", text: str) -> list[tuple[int, int]]:
    """Where words of a list stand, none of them empty."""
    advanced, *simple = words
    try:
        found = [one.span() for one in advanced.finditer(text, timeout=PATIENCE)]
    except TimeoutError:
        found = []
    found += [one.span() for pattern in simple for one in pattern.finditer(text)]
    return sorted(span for span in found if span[0] < span[1])

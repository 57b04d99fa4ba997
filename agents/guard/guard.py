"""The guard: whether a sentence may be shown. By rules in twelve languages, and by a model if one is named.

CultureGuard (arXiv 2508.01710) found models less safe outside English, so what voices say among themselves is
checked too, in the language in which it was said.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from agents.cultures.tags import fallbacks
from agents.detect.language import KIN, LanguageDetector
from agents.guard.rules import Rules

TOLD = 0.7  # probability from which a text is believed to be in another language than it should be
LETTERS = 40  # what a text needs of them, to tell its language


@dataclass(frozen=True, slots=True)
class Finding:
    """Why something is not shown. `by`: "rules" or "model"; `what`: the kind of harm."""

    by: str
    what: str


class Guard:
    """Checks sentences by rules, and in which language a text is. Thread-safe; a millisecond a sentence."""

    def __init__(self, rules: Rules, languages: LanguageDetector) -> None:
        self._rules = rules
        self._languages = languages

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that the rules cover."""
        return self._rules.languages

    def prepare(self, languages: Iterable[str]) -> None:
        """Read the rules of these languages now: a second each, the first time."""
        for language in languages:
            self._rules.of(language)

    def covers(self, language: str | None) -> bool:
        """Whether sentences in this language are checked by rules."""
        return language is not None and language.partition("-")[0] in self._rules.languages

    def check(self, sentence: str, language: str | None) -> Finding | None:
        """What the rules find in a sentence that should be in `language`, and may be in another one."""
        written = self.language_of(sentence)
        for tag in dict.fromkeys((language, written)):
            if hit := self._rules.check(sentence, tag):
                return Finding("rules", hit.kind)
        return None

    def language_of(self, text: str) -> str | None:
        """The language of a text; None where it is too short to tell, or undecided."""
        if sum(map(str.isalpha, text)) < LETTERS:
            return None
        best = self._languages.detect(text).best
        return best.tag if best and best.probability >= TOLD else None


def same_language(one: str, other: str) -> bool:
    """Whether two tags mean one language, as far as a text can tell: `pt-BR` and `pt`, `hr` and `sr`."""
    heads = {one.partition("-")[0], other.partition("-")[0]}
    tied = bool(set(fallbacks(one)) & set(fallbacks(other)))
    return len(heads) == 1 or tied or any(heads <= kin for kin in KIN)

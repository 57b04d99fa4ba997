"""Names that are also common words or other people's names: the rules of `homographs.tsv`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from agents.detect.fold import fold
from agents.detect.tables import cells, rows

DOUBT = 0.5  # what is left of the weight of a doubtful mention
POSSESSIVE = ("'", "’")  # a person's, more often than a place's
UNPLACED: Mapping[str, float] = {
    "doubt": DOUBT,
    "place": 0.0,
}  # by rule, where no word of place stands before

UNTOLD = "en"  # whose rules hold where nobody knows the language: those of all would leave little
LATIN = "\u0250"  # no letter of Latin's main blocks sorts behind it
_NO_RULE = ("", frozenset[str]())


@dataclass(frozen=True, slots=True)
class Appearance:
    """How a name stands in a text: the folded `form` of the name `whole`.

    `before` is the folded text before it, `after` the next two characters as written. `capital`: it has its
    capital letter, or its script has none. `small`: it would also count without. `place`: it is a place's.
    """

    form: str
    whole: str
    before: str
    after: str
    capital: bool
    small: bool
    place: bool


class Homographs:
    """Weighs a name that was found by how it is written and by what stands before it."""

    def __init__(self) -> None:
        self._rules: dict[str, list[tuple[str, frozenset[str]]]] = {}
        self._phrases: list[str] = []
        for form, rule, languages, *_ in rows("homographs"):
            if rule == "nobody":
                self._phrases.append(fold(form))
            else:
                self._rules.setdefault(fold(form), []).append((rule, frozenset(cells(languages))))
        self._places: dict[str, frozenset[str]] = {}
        for kind, language, words in rows("signals"):
            if kind == "place":
                self._places[language] = frozenset(map(fold, cells(words)))
        self._any_place = frozenset().union(*self._places.values())

    def phrases(self) -> Iterator[str]:
        """Folded phrases that hold a name and name no culture, such as "guinea pig"."""
        yield from self._phrases

    def weigh(self, seen: Appearance, language: str | None) -> float:
        """What part (0..1) of a mention this is.

        `language` is the text's; None: then English rules hold, and all of another script than Latin.
        """
        rule, languages = self._rule(seen, language)
        if rule == "only":
            return float(seen.capital and language in languages)
        if not rule:
            return float(seen.capital or seen.small)
        if rule == "never" or (not seen.capital and rule != "any"):
            return 0.0
        possessed = rule == "place" and seen.after.startswith(POSSESSIVE)
        placed = seen.place and self._is_placed(seen, language) and not possessed
        if rule in UNPLACED and not placed:
            return UNPLACED[rule]
        return 1.0

    def _rule(self, seen: Appearance, language: str | None) -> tuple[str, frozenset[str]]:
        """The rule for the form, or else for the name, that holds in the language, and where it does."""
        spoken = language or UNTOLD
        anyone = language is None and seen.form > LATIN
        for name in (seen.form, seen.whole):
            for rule, languages in self._rules.get(name, ()):
                if rule == "only" or anyone or "*" in languages or spoken in languages:
                    return rule, languages
        return _NO_RULE

    def _is_placed(self, seen: Appearance, language: str | None) -> bool:
        """Whether a word of place stands before the name, and no surname after it."""
        words = self._places.get(language or "", self._any_place)
        return seen.before.rstrip().rpartition(" ")[2] in words and not seen.after[1:].isupper()

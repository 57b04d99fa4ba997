"""How a name may change within a text: the endings of inflecting languages and what is written together with
it.

The rules are data: `inflection.tsv` and `prefixes.tsv` say where they come from.
"""

import re
from collections.abc import Collection, Iterable

from agents.detect.fold import fold
from agents.detect.tables import cells, rows

ARTICLE = "ال"  # Arabic names are stored without it and then ask for it
ENGLISH = "c"
SHORTEST_STEM = 3


class Inflection:
    """The classes of `inflection.tsv`, each named by one small letter."""

    def __init__(self) -> None:
        self._by_locale: dict[str, set[str]] = {}
        self._drops: dict[str, tuple[str, ...]] = {}
        self._endings: dict[str, re.Pattern[str]] = {}
        self._scripts: dict[str, str] = {}
        for name, script, locales, drops, endings in rows("inflection"):
            self._scripts[name] = script
            for locale in cells(locales):
                self._by_locale.setdefault(locale, set()).add(name)
            self._drops[name] = tuple(sorted(map(fold, cells(drops)), key=len, reverse=True))
            self._endings[name] = re.compile(_expression(endings))
        self._prefixes, self._any_prefix = _prefixes()

    def classes(self, locale: str) -> frozenset[str]:
        """The classes of a locale (CLDR's id) or a language (BCP-47's primary tag); it may have none."""
        language = locale.partition("_")[0]
        return frozenset(self._by_locale.get(locale, set()) | self._by_locale.get(language, set()))

    def at_home(self, script: str) -> frozenset[str]:
        """The classes of a script (ISO 15924), for names whose language nobody told; none for Latin."""
        return frozenset(one for one, own in self._scripts.items() if own == script != "Latn")

    def stem(self, name: str, classes: Iterable[str]) -> tuple[str, str]:
        """Parts a folded name into what stays and the ending that may be dropped, which may be empty."""
        shortest = SHORTEST_STEM if not name.isascii() and not "a" <= name[0] <= "z" else SHORTEST_STEM + 1
        drops = [drop for one in classes for drop in self._drops[one] if name.endswith(drop)]
        for drop in sorted(drops, key=len, reverse=True):
            if len(name) - len(drop) >= shortest:
                return name.removesuffix(drop), drop
        return name, ""

    def fits(self, rest: str, ending: str, classes: str, language: str | None = None) -> bool:
        """Whether a name, `stem + ending`, of these classes may stand in a text as `stem + rest`; both
        folded.

        Only the classes of the text's language have a say, in the script of that language, if it is known.
        """
        spoken = self.classes(language) if language else frozenset()
        ruled = {self._scripts[one] for one in spoken}
        for one in classes:
            if self._scripts[one] in ruled and one not in spoken:
                continue
            kept = "" if ending in self._drops[one] else ending
            if rest.startswith(kept) and self._endings[one].fullmatch(rest, len(kept)):
                return True
        return False

    def foreign(self, classes: str, script: str, language: str | None) -> bool:
        """Whether a name of these classes, in `script`, is none of a language that has names of its own
        there.

        English names are at home everywhere, and so is what stands in another script than the language's.
        """
        spoken = self.classes(language) if language else frozenset()
        if not spoken or ENGLISH in classes or not spoken.isdisjoint(classes):
            return False
        return any(self._scripts[one] == script for one in spoken)

    def prefixes(self, language: str | None) -> Collection[str]:
        """What may be written together before a name, folded; the empty string is among them.

        `language` (BCP-47's primary tag) is the text's, if known: Persian does not write Arabic's
        prepositions so.
        """
        return self._any_prefix if language is None else self._prefixes.get(language, self._any_prefix)


def _prefixes() -> tuple[dict[str, frozenset[str]], frozenset[str]]:
    """Language -> its prefixes, for those that a line names; and all prefixes."""
    own: dict[str, frozenset[str]] = {}
    for _, languages, prefixes in rows("prefixes"):
        written = frozenset(map(fold, (*cells(prefixes), "")))
        own |= {language: own.get(language, frozenset()) | written for language in cells(languages)}
    return own, frozenset().union(*own.values())


def _expression(cell: str) -> str:
    """The regular expression that an `endings` cell stands for."""
    if cell.startswith("~"):
        return cell[1:]
    return "|".join(sorted({re.escape(fold(ending)) for ending in cells(cell)}, key=len, reverse=True))

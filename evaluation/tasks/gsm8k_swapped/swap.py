"""GSM8K with another culture's names, foods, places and festivals: the same arithmetic in other words.

After GSM8K (arXiv 2110.14168) and "Lost in Cultural Translation" (arXiv 2503.18018), with a table of our own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from evaluation.tasks.gsm8k_swapped.people import cast, is_person, kind_of
from evaluation.tasks.gsm8k_swapped.table import CultureWords, Table

ARTICLE = re.compile(r"\b(an?)(\s+)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Replacement:
    """One word for another; `kind` is name, food, place or festival."""

    kind: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Swapped:
    """An item in another culture's words. Without replacements it is the item as it was, and no part of the task."""

    text: str
    replacements: tuple[Replacement, ...]

    @property
    def changed(self) -> bool:
        return bool(self.replacements)

    def has(self, kind: str) -> bool:
        """Whether anything of this kind was swapped."""
        return any(one.kind == kind for one in self.replacements)


@dataclass(frozen=True, slots=True)
class _Found:
    """A stretch of the prompt that is to be replaced: its bounds, and the words for it."""

    start: int
    end: int
    kind: str
    new: str


class Swaps:
    """Swaps by one table. Every term of the table is looked for once, the longest first, as whole words."""

    def __init__(self, table: Table) -> None:
        self.table = table
        occurring = table.occurring
        self._foods = {form: (food, i) for food in occurring.foods for i, form in enumerate((food, occurring.foods[food]))}
        exact = (*occurring.keep, *table.places, *table.festivals, *occurring.names, *occurring.family)
        pattern = f"(?P<exact>{_any(exact)})|(?P<food>(?i:{_any(self._foods)}))"
        self._terms = re.compile(rf"(?<!\w)(?:{pattern})(?!\w)")

    def swap(self, prompt: str, culture: str, seed: str) -> Swapped:
        """The prompt in the words of `culture` (a territory code of the table); the same for the same three.

        One name becomes one name and different names stay different; gender, case, plural and possessive stay,
        and so does every number.

        Raises:
            KeyError: a culture that the table does not have.
        """
        words = self.table.cultures[culture]
        found = [*self._people(prompt, words, f"{seed}|{culture}"), *self._things(prompt, words)]
        return _replace(prompt, sorted(found, key=lambda one: one.start))

    def _people(self, prompt: str, words: CultureWords, seed: str) -> Iterator[_Found]:
        occurring = self.table.occurring
        if any(phrase in prompt for phrase in occurring.about_names):
            return
        named: list[tuple[str, int, int]] = []
        people: dict[str, str] = {}
        for match in self._terms.finditer(prompt):
            name, before, after = match[0], prompt[: match.start()], prompt[match.end() :]
            known = name in occurring.names or name in occurring.family
            if match["exact"] and known and is_person(occurring, name, before, after):
                first = occurring.same.get(name, name)
                people.setdefault(first, kind_of(occurring, name, before, after))
                named.append((first, match.start(), match.end()))
        given = cast(people, prompt, words, seed)
        yield from (_Found(start, end, "name", given[name]) for name, start, end in named)

    def _things(self, prompt: str, words: CultureWords) -> Iterator[_Found]:
        for match in self._terms.finditer(prompt):
            old = match[0]
            if match["food"] and (new := self._food(prompt, old, words)):
                yield _Found(*match.span(), "food", new)
            elif match["exact"] and (place := words.places.get(old)):
                yield _Found(*match.span(), "place", place)
            elif match["exact"] and (festival := words.festivals.get(old)):
                if not any(word in prompt for word in self.table.occurring.about_festivals):
                    yield _Found(*match.span(), "festival", festival)

    def _food(self, prompt: str, old: str, words: CultureWords) -> str | None:
        food, form = self._foods[old.lower()]
        if food not in words.foods:
            return None
        plural = self.table.occurring.foods[food]
        if food in self.table.occurring.colours and not re.search(rf"\b{plural}\b", prompt, re.IGNORECASE):
            return None
        new = words.foods[food]
        if any(re.search(rf"\b{re.escape(one)}\b", prompt, re.IGNORECASE) for one in new):
            return None  # what it would become stands in the item already, as another food
        return _cased(new[form], old)


def _any(terms: object) -> str:
    return "|".join(re.escape(term) for term in sorted(set(terms), key=lambda term: (-len(term), term)))  # type: ignore[call-overload]


def _cased(new: str, old: str) -> str:
    if old.isupper():
        return new.upper()
    return new[0].upper() + new[1:] if old[0].isupper() else new


def _replace(prompt: str, found: list[_Found]) -> Swapped:
    text, at = "", 0
    replacements: dict[Replacement, None] = {}
    for one in found:
        old = prompt[one.start : one.end]
        text += prompt[at : one.start]
        text = ARTICLE.sub(lambda article, new=one.new: _article(article, new), text) + one.new
        at = one.end + _bare_possessive(prompt, one, old)
        text += prompt[one.end] + "s" if at > one.end else ""
        replacements[Replacement(one.kind, old, one.new)] = None
    return Swapped(text + prompt[at:], tuple(replacements))


def _article(article: re.Match[str], new: str) -> str:
    right = "an" if new[0].lower() in "aeiou" else "a"
    return (right.capitalize() if article[1][0].isupper() else right) + article[2]


def _bare_possessive(prompt: str, one: _Found, old: str) -> int:
    """1 where `James' book` is to become `Kenji's book`: an apostrophe that a name in s carries alone."""
    after = prompt[one.end : one.end + 2]
    return int(one.kind == "name" and old.endswith("s") and after[:1] in ("'", "’") and not after[1:].strip("  \n.,?"))

"""GSM8K with another culture's names, foods, places and festivals: the same arithmetic in other words.

After GSM8K (arXiv 2110.14168) and "Lost in Cultural Translation" (arXiv 2503.18018), with a table of our own.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from evaluation.tasks.gsm8k_swapped.people import cast, kind_of, people_in
from evaluation.tasks.gsm8k_swapped.table import CultureWords, Table

Terms = tuple[re.Match[str], ...]

ARTICLE = re.compile(r"\b(an?)(\s+)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Replacement:
    """One word for another; `kind` is name, food, place or festival."""

    kind: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Swapped:
    """An item in another culture's words. Without replacements it is as it was, and no part of the task."""

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
    """A stretch of the prompt, and what is to stand there: the replacement's new word, and a possessive."""

    start: int
    end: int
    replacement: Replacement
    possessive: str = ""


class Swaps:
    """Swaps by one table. Its terms are looked for all at once, the longest first, as whole words."""

    def __init__(self, table: Table) -> None:
        self.table = table
        occurring = table.occurring
        self._foods = {food.lower(): (food, 0) for food in occurring.foods}
        self._foods |= {plural.lower(): (food, 1) for food, plural in occurring.foods.items()}
        self._foods |= {other: self._foods[first] for other, first in occurring.spellings.items()}
        self._names = frozenset(occurring.names) | occurring.family
        exact = (*occurring.keep, *table.places, *table.festivals, *self._names)
        terms = f"(?P<exact>{_any(exact)})|(?P<food>(?i:{_any(self._foods)}))"
        self._terms = re.compile(rf"(?<!\w)(?:{terms})(?!\w)")

    def swap(self, prompt: str, culture: str, seed: str) -> Swapped:
        """The prompt in the words of `culture` (a territory code of the table); the same for the same three.

        One name becomes one name and different names stay different; gender, case, plural and possessive
        stay, and so does every number.

        Raises:
            KeyError: a culture that the table does not have.
            ValueError: the prompt names more people than the culture has names for.
        """
        words = self.table.cultures[culture]
        terms = tuple(self._terms.finditer(prompt))
        found = [
            *self._people(prompt, terms, words, f"{seed}|{culture}"),
            *self._things(prompt, terms, words),
        ]
        return _replace(prompt, sorted(found, key=lambda one: one.start))

    def _people(self, prompt: str, terms: Terms, words: CultureWords, seed: str) -> Iterator[_Found]:
        occurring = self.table.occurring
        if any(phrase in prompt for phrase in occurring.about_names):
            return
        spans = [term.span() for term in terms if term["exact"] in self._names]
        people = people_in(occurring, prompt, spans)
        first = {one.name: occurring.same.get(one.name, one.name) for one in people}
        given = cast(
            {first[one.name]: kind_of(occurring, one) for one in reversed(people)}, prompt, words, seed
        )
        for one in people:
            end, possessive = (one.end + 1, "'s") if one.bare_possessive else (one.end, "")
            yield _Found(one.start, end, Replacement("name", one.name, given[first[one.name]]), possessive)

    def _things(self, prompt: str, terms: Terms, words: CultureWords) -> Iterator[_Found]:
        festive = not any(word in prompt for word in self.table.occurring.about_festivals)
        for term in terms:
            new, kind = self._food(prompt, term[0], words) if term["food"] else None, "food"
            if term["exact"] in words.places:
                new, kind = words.places[term[0]], "place"
            elif term["exact"] in words.festivals and festive:
                new, kind = words.festivals[term[0]], "festival"
            if new:
                yield _Found(*term.span(), Replacement(kind, term[0], new))

    def _food(self, prompt: str, old: str, words: CultureWords) -> str | None:
        food, form = self._foods[old.lower()]
        if food not in words.foods:
            return None
        if food in self.table.occurring.colours and not _stands(self.table.occurring.foods[food], prompt):
            return None
        if any(_stands(one, prompt) for one in words.foods[food]):
            return None  # what it would become is in the item already, as another food
        return _cased(words.foods[food][form], old, food)


def _any(terms: Iterable[str]) -> str:
    return "|".join(re.escape(term) for term in sorted(set(terms), key=lambda term: (-len(term), term)))


def _stands(word: str, prompt: str) -> bool:
    return bool(re.search(rf"\b{re.escape(word)}\b", prompt, re.IGNORECASE))


def _cased(new: str, old: str, food: str) -> str:
    """`new` with a capital where `old` has one that its food has not (`Spanish flan` always has one)."""
    return new[0].upper() + new[1:] if old[0].isupper() and food[0].islower() else new


def _replace(prompt: str, found: Iterable[_Found]) -> Swapped:
    text, at = "", 0
    replacements: dict[Replacement, None] = {}
    for one in found:
        before = _with_article(text + prompt[at : one.start], one.replacement.new)
        text, at = before + one.replacement.new + one.possessive, one.end
        replacements[one.replacement] = None
    return Swapped(text + prompt[at:], tuple(replacements))


def _with_article(before: str, new: str) -> str:
    """`before` ending in the right one of `a` and `an` for `new`, if it ends in one of them."""
    article = ARTICLE.search(before)
    if not article:
        return before
    right = "an" if new[0].lower() in "aeiou" else "a"
    right = right.capitalize() if article[1][0].isupper() else right
    return before[: article.start()] + right + article[2]

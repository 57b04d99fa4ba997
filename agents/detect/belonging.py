"""Where does a text say that its writer, or those whom a system prompt serves, are at home?

A name is somebody's own by the words beside it ("I live in", "bei uns in", "as a", "に住んでいます"): the
phrases of `audience.tsv`. Who is quoted, or spoken of ("if I lived in …", "not from …"), claims nothing.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import ahocorasick_rs

from agents.detect.boundary import HANGUL, SPACED, UNSPACED_LETTER, Boundaries, bounded
from agents.detect.fold import Folded, fold
from agents.detect.mentions import Mention
from agents.detect.tables import cells, rows

PLACES = frozenset({"territory", "area", "subdivision", "city"})
PEOPLES = frozenset({"people", "area"})
# Kinds of names beside a phrase; and those in which inflection may hide them, of a name right beside it.
NAMED = {
    "place": PLACES,
    "here": PLACES,
    "people": PEOPLES,
    "tongue": PEOPLES | PLACES | {"language"},
    "served": PLACES | PEOPLES,
}
HIDDEN = {"place": PEOPLES, "here": PEOPLES, "people": PLACES}
SPOKEN = frozenset({"place", "here", "people", "tongue"})  # kinds of phrases that people say of themselves
WORDS, CHARACTERS = 5, 40  # that may stand between a phrase and a place, where words have spaces
UNSPACED_CHARACTERS = 6  # and where they have none
NEAR = 24  # characters before a phrase in which another person or a condition takes it back
HITS = 256  # phrases that are looked at, half from the head of a text, half from its tail
SENTENCE = 160  # characters before a phrase in which its sentence is looked for

ENDS = re.compile(r"[.!?;:\n。！？；：؟؛۔።।॥…]")
PART = re.compile(r"[.!?;\n。！？；؟؛۔።।॥…,،፣、，]")
CLAUSE = re.compile(r"[,،፣、，(（\[—–:：]\s*$")
JOINT = " \t\n,，、،(（\"'«“「『:："  # may stand between a phrase and the name that follows at once
QUOTES = re.compile('["“”„«»「」『』]')


@dataclass(frozen=True, slots=True)
class Claim:
    """`text[start:end]` (characters), a phrase with its name, says that `mention` is the writer's own.

    `kind`: place, here, people, tongue or served. What a `here` names may be what is asked about as well.
    """

    start: int
    end: int
    mention: Mention
    kind: str


@dataclass(frozen=True, slots=True)
class _Phrase:
    """How a cell of the table is to be read: see the remarks there."""

    kind: str
    side: str
    language: str
    loose: bool
    joined: bool
    weak: str


class Belonging:
    """Finds the phrases and the names that they claim. Thread-safe.

    `is_name` says whether a word is a name as it stands, not inflected.
    """

    def __init__(self, is_name: Callable[[str], object]) -> None:
        self._is_name = is_name
        self._boundaries = Boundaries()
        self._phrases: dict[str, list[_Phrase]] = {}
        words: dict[str, dict[str, tuple[str, ...]]] = {"unless": {}, "first": {}}
        for kind, side, language, listed in rows("audience"):
            if side in {"before", "after"}:
                for cell in cells(listed):
                    text, phrase = _read(cell, kind, side, language)
                    self._phrases.setdefault(text, []).append(phrase)
            elif kind in words:
                words[kind][language] = cells(listed)
        self._unless, self._first = (
            {language: _any_of(given, self._boundaries) for language, given in words[kind].items()}
            for kind in words
        )
        self._list = list(self._phrases.items())
        self._languages = {one.language for phrases in self._phrases.values() for one in phrases}
        self._automaton = ahocorasick_rs.AhoCorasick(list(self._phrases), store_patterns=False)

    def occurs(self, text: str) -> bool:
        """Whether any phrase of the table stands in the text, whatever stands beside it."""
        return next(self._found(Folded.of(text)), None) is not None

    def find(
        self,
        text: str,
        mentions: Sequence[Mention],
        *,
        kinds: AbstractSet[str] = SPOKEN,
        language: str | None = None,
    ) -> tuple[Claim, ...]:
        """The claims in `text`, in order. `mentions`: those in it, in order; `kinds`: the phrases that count;
        `language` (BCP-47) is the text's: only its phrases count, if it has any. None: those of all count.

        A name that cultures share gives one claim for each.
        """
        claims: dict[tuple[int, int, str], Claim] = {}
        base = (language or "").partition("-")[0]
        spoken = {base} if base in self._languages else self._languages
        hits = list(self._found(Folded.of(text))) if mentions else []
        for start, end, phrases in hits[: HITS // 2] + hits[HITS // 2 :][-HITS // 2 :]:
            for phrase in phrases:
                if phrase.kind in kinds and phrase.language in spoken:
                    for claim in self._claims(text, start, end, phrase, mentions):
                        key = (claim.mention.start, claim.mention.end, claim.mention.culture)
                        known = claims.get(key)
                        if known is None or claim.end - claim.start > known.end - known.start:
                            claims[key] = claim
        return tuple(sorted(claims.values(), key=lambda one: (one.start, one.end, one.mention.culture)))

    def _found(self, view: Folded) -> Iterator[tuple[int, int, list[_Phrase]]]:
        """The phrases whose ends are ends of words: where they stand in the text as written."""
        for index, start, end in bounded(
            self._automaton.find_matches_as_indexes(view.folded, overlapping=True)
        ):
            form, phrases = self._list[index]
            inside = self._goes_on(view.folded[start - 1 : start], form[0]) if start else False
            goes_on = self._goes_on(view.folded[end : end + 1], form[-1])
            inflects = self._boundaries.sort(form[-1]) == HANGUL
            whole = [
                one
                for one in phrases
                if (not inside or (one.joined and one.side == "after"))
                and (not goes_on or (one.joined if one.side == "before" else inflects))
            ]
            if whole:
                yield (*view.span(start, end), whole)

    def _goes_on(self, neighbour: str, edge: str) -> bool:
        """Whether this neighbouring letter belongs to the word that `edge` is in."""
        sort = self._boundaries.sort
        return bool(neighbour) and sort(neighbour) == sort(edge) and sort(edge) in SPACED | {HANGUL}

    def _claims(
        self, text: str, start: int, end: int, phrase: _Phrase, mentions: Sequence[Mention]
    ) -> Iterator[Claim]:
        named = self._beside(text, start, end, phrase, mentions)
        if not named:
            return
        first, last = min(start, named[0].start), max(end, named[0].end)
        if self._is_own(text, first, phrase):
            for mention in named:
                yield Claim(first, last, mention, phrase.kind)

    def _beside(
        self, text: str, start: int, end: int, phrase: _Phrase, mentions: Sequence[Mention]
    ) -> list[Mention]:
        """The nearest name of the right kind that is near enough: one mention for each of its cultures."""
        if phrase.side == "after":
            first = bisect_left(mentions, start - CHARACTERS, key=lambda one: one.end)
            window = mentions[first : bisect_right(mentions, start, key=lambda one: one.end)][::-1]
        else:
            first = bisect_left(mentions, end, key=lambda one: one.start)
            window = mentions[first : bisect_right(mentions, end + CHARACTERS, key=lambda one: one.start)]
        for one in window:
            gap = text[one.end : start] if phrase.side == "after" else text[end : one.start]
            if self._fits(one, phrase, gap) and self._bridges(gap, phrase):
                return [other for other in window if (other.start, other.end) == (one.start, one.end)]
        return []

    def _fits(self, mention: Mention, phrase: _Phrase, gap: str) -> bool:
        """Whether the name is of a kind that the phrase goes with."""
        if mention.kind in NAMED[phrase.kind]:
            return True
        if gap.strip(JOINT) or mention.kind not in HIDDEN.get(phrase.kind, ()):
            return False
        return phrase.kind != "people" or (phrase.weak != "^" and not self._is_name(mention.text))

    def _bridges(self, gap: str, phrase: _Phrase) -> bool:
        """Whether no more stands between a phrase and a name than may."""
        between = gap.strip(JOINT)
        if phrase.joined or not between:
            return not gap or not phrase.joined
        unless = self._unless.get(phrase.language)
        if not phrase.loose or PART.search(between) or (unless and unless.search(fold(between))):
            return False
        if self._boundaries.sort(between[-1]) == UNSPACED_LETTER:
            return len(between) <= UNSPACED_CHARACTERS
        return len(between.split()) <= (1 if phrase.kind in {"people", "tongue"} else WORDS)

    def _is_own(self, text: str, start: int, phrase: _Phrase) -> bool:
        """Whether the writer speaks, of what is so, and not in a quotation."""
        before = text[max(0, start - SENTENCE) : start]
        sentence = ENDS.split(before)[-1]
        if len(QUOTES.findall(before)) % 2:
            return False
        unless = self._unless.get(phrase.language)
        if phrase.kind in {"place", "people"} and unless and unless.search(fold(sentence[-NEAR:])):
            return False
        if not phrase.weak or not sentence.strip():
            return True
        first = self._first.get(phrase.language)
        said = bool(CLAUSE.search(sentence) or (first and first.search(fold(sentence))))
        return phrase.weak == "^" and said


def _read(cell: str, kind: str, side: str, language: str) -> tuple[str, _Phrase]:
    """A cell's words, folded, and what its signs say."""
    bare = cell.lstrip("^")
    weak = cell[: len(cell) - len(bare)]
    sign = bare[-1:] if side == "before" else bare[:1]
    words = bare.strip("…+")
    if sign == "+" or side == "after":
        words = words if sign == "+" else words.strip()
    return fold(words), _Phrase(kind, side, language, sign == "…", sign == "+", weak)


def _any_of(words: Sequence[str], boundaries: Boundaries) -> re.Pattern[str]:
    """Any of these words; whole ones, where words are written apart."""
    spaced = [re.escape(fold(word)) for word in words if boundaries.sort(word[0]) != UNSPACED_LETTER]
    others = [re.escape(fold(word)) for word in words if boundaries.sort(word[0]) == UNSPACED_LETTER]
    return re.compile("|".join([*(rf"(?<!\w){word}(?!\w)" for word in spaced), *others]))

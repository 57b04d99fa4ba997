"""Who is who in an item: which words are names of people, and who plays them in another culture."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from evaluation.tasks.gsm8k_swapped.table import CultureWords, Occurring

TITLES = ("Mr", "Mrs", "Ms", "Miss", "Dr", "Doctor", "Farmer", "Grandma", "Grandpa", "Coach", "Professor")
TITLED = re.compile(rf"\b({'|'.join(TITLES)})\.?\s+$")
KINSHIP = re.compile(r"\s+(?:family|twins|sisters|brothers)\b")
MONTH = re.compile(r"\b(?:in|of|by|for|until|since|through|during|last|next|this|early|late)\s+$", re.I)
BARE = re.compile(r"['’](?=\s+\w)")
DATE = re.compile(r"\s+\d")
STARTS = re.compile(r"(?:^|[.?!][\"”’']?)\s*$")
ACTS = re.compile(
    r"['’]s\b|(?:\s+(?:is|was|has|had|can|will|wants|works|goes|went|buys|bought|made|makes|sold|spends|spent|"
    r"started|starts|decides|decided|wanted|needs|needed|counted|prepared|gave|got|took|ate|eats|ran|won|bakes|"
    r"brought|found|drove|saved|paid|edits|lives|answered|gets|takes)\b|\s+and\s+[A-Z]|,\s+[A-Z])"
)
SHE, HE = re.compile(r"\b(?:she|her|hers|herself)\b", re.I), re.compile(r"\b(?:he|him|his|himself)\b", re.I)


@dataclass(frozen=True, slots=True)
class Person:
    """A name where it stands in a prompt."""

    start: int
    end: int
    name: str
    prompt: str

    @property
    def before(self) -> str:
        return self.prompt[: self.start]

    @property
    def after(self) -> str:
        return self.prompt[self.end :]

    @property
    def title(self) -> str:
        """The title before the name without its full stop, or nothing."""
        titled = TITLED.search(self.before)
        return titled[1] if titled else ""

    @property
    def bare_possessive(self) -> bool:
        """Whether this is `James' book`: an apostrophe alone, after a name in s."""
        return self.name.endswith("s") and bool(BARE.match(self.after))


def people_in(occurring: Occurring, prompt: str, spans: Iterable[tuple[int, int]]) -> list[Person]:
    """The people among these stretches of the prompt, each of which is a name in the table.

    Who is a person in one place is that person in all others, whatever stands around it there.
    """
    words = [Person(*span, prompt[slice(*span)], prompt) for span in spans]
    certain = {one.name for one in words if _is_person(occurring, one)}
    return [one for one in words if one.name in certain and not _is_month(one)]


def kind_of(occurring: Occurring, person: Person) -> str:
    """female, male, neutral, or family: where the word is used as a family's name, or a title says so."""
    kind = occurring.names.get(person.name, "family")
    other = {"Mrs": "male", "Ms": "male", "Miss": "male", "Mr": "female"}.get(person.title)
    return "family" if kind == other or _is_family(occurring, person) else kind


def _is_family(occurring: Occurring, person: Person) -> bool:
    return person.name in occurring.family and bool(person.title or KINSHIP.match(person.after))


def _is_month(person: Person) -> bool:
    return person.name == "May" and bool(MONTH.search(person.before) or DATE.match(person.after))


def _is_person(occurring: Occurring, person: Person) -> bool:
    if person.name in occurring.family and person.name not in occurring.names:
        return _is_family(occurring, person)
    if person.name not in occurring.careful:
        return True
    starts = STARTS.search(person.before)
    return not _is_month(person) and (not starts or bool(ACTS.match(person.after)))


def cast(people: dict[str, str], prompt: str, words: CultureWords, seed: str) -> dict[str, str]:
    """A name of the culture for each of `people` (name -> kind): the same for the same seed, all different.

    A neutral name that is alone with pronouns of one gender takes a name of that gender. No name that stands
    in the prompt already is given.

    Raises:
        ValueError: the culture has too few names of a kind.
    """
    taken = set(re.findall(r"\w+", prompt))
    given: dict[str, str] = {}
    for name, kind in people.items():
        kind = _by_pronouns(prompt) if kind == "neutral" and len(people) == 1 else kind
        free = (one for one in _shuffled(words.names[kind], f"{seed}|{kind}") if one not in taken)
        chosen = next(free, None)
        if chosen is None:
            raise ValueError(f"too few {kind} names for {seed!r}: {len(words.names[kind])}")
        given[name] = chosen
        taken.add(chosen)
    return given


def _by_pronouns(prompt: str) -> str:
    she, he = SHE.search(prompt), HE.search(prompt)
    return "female" if she and not he else "male" if he and not she else "neutral"


def _shuffled(names: Iterable[str], seed: str) -> list[str]:
    """The names in an order that depends on the seed alone: on no state and no version of `random`."""
    return sorted(names, key=lambda name: hashlib.sha256(f"{seed}|{name}".encode()).digest())

"""Who is who in an item: which capitalised words are names of people, and who plays them in another culture."""

import hashlib
import re
from collections.abc import Iterable

from evaluation.tasks.gsm8k_swapped.table import CultureWords, Occurring

TITLES = ("Mr", "Mrs", "Ms", "Miss", "Dr", "Doctor", "Farmer", "Grandma", "Grandpa", "Coach", "Professor")
TITLED = re.compile(rf"\b(?:{'|'.join(TITLES)})\.?\s+$")
KINSHIP = re.compile(r"\s+(?:family|twins|sisters|brothers)\b")
MONTH = re.compile(r"\b(?:in|of|by|for|until|till|since|through|during|last|next|this|between|and|early|late)\s+$", re.I)
DATE = re.compile(r"\s+\d")
STARTS = re.compile(r"(?:^|[.?!][\"”’']?)\s*$")
ACTS = re.compile(
    r"(?:'s|’s)?(?:\s+(?:is|was|has|had|can|will|wants|works|goes|went|buys|bought|made|makes|sold|spends|spent|"
    r"started|starts|decides|decided|wanted|needs|needed|counted|prepared|gave|got|took|ate|eats|ran|won|bakes|"
    r"brought|found|drove|saved|paid)\b|\s+and\s+[A-Z]|,\s+[A-Z])"
)
SHE, HE = re.compile(r"\b(?:she|her|hers|herself)\b", re.I), re.compile(r"\b(?:he|him|his|himself)\b", re.I)


def is_person(occurring: Occurring, name: str, before: str, after: str) -> bool:
    """Whether `name`, standing between these two pieces of text, is a person's and not a word, month or firm."""
    if name in occurring.family and name not in occurring.names:
        return bool(TITLED.search(before) or KINSHIP.match(after))
    if name not in occurring.careful:
        return True
    if name == "May" and (MONTH.search(before) or DATE.match(after)):
        return False
    return not STARTS.search(before) or bool(ACTS.match(after))


def kind_of(occurring: Occurring, name: str, before: str, after: str) -> str:
    """female, male, neutral, or family where the word is used as a family's name."""
    family = name in occurring.family and (TITLED.search(before) or KINSHIP.match(after))
    return "family" if family or name not in occurring.names else occurring.names[name]


def cast(people: dict[str, str], prompt: str, words: CultureWords, seed: str) -> dict[str, str]:
    """A name of the culture for each name (`people`: name -> kind), the same for the same seed, all different.

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

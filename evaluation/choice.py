"""Multiple choice done right: shuffled options, a strict parser, and a scorer by log-probability.

Small models say "A" whatever is asked; shuffling makes that chance, and the log-probability of the letters
shows what they would have chosen. A reply that is no choice is counted as unparsed, and is wrong.
"""

import math
import re
import string
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from inspect_ai import Task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import GenerateConfig, ModelOutput
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer
from inspect_ai.solver import TaskState, generate

from evaluation.variants import phrase, shuffled, variants

LETTERS = string.ascii_uppercase
TOP = 20
"""How many alternatives of the first token are asked for: the most that OpenAI's API gives."""

_WORDS = r"(?:the\s+)?(?:(?:correct|right|best|final)\s+)?(?:answer|option|choice)(?:\s+is)?"
_REPLY = re.compile(
    rf"(?P<said>(?:{_WORDS}\s*:?\s*){{0,2}})[(\[]?\s*(?P<letter>[A-Z])\s*(?P<end>[)\].:,]?)(?=\s|$)(?P<rest>.*)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ChoiceQuestion:
    """A question with one right option. `gold`: its place in `options`; `cluster`: what is resampled."""

    id: str
    cluster: str
    text: str
    options: tuple[str, ...]
    gold: int
    culture: str | None = None
    language: str = "en"


def choice_task(questions: Iterable[ChoiceQuestion], *, ways: int, seed: int, name: str) -> Task:
    """The task of answering these with a letter. `ways`: in how many variants each is put (1, 3 or 9)."""
    samples = [sample for question in questions for sample in choice_samples(question, ways, seed)]
    config = GenerateConfig(temperature=0, seed=seed, max_tokens=32, logprobs=True, top_logprobs=TOP)
    return Task(
        dataset=MemoryDataset(samples, name=name),
        solver=generate(),
        scorer=[chosen(), likeliest(), likelihood()],
        config=config,
        name=name,
        metadata={"headline": "chosen", "seed": seed},
    )


def choice_samples(question: ChoiceQuestion, ways: int, seed: int) -> Iterator[Sample]:
    """The question in its variants."""
    for variant in variants(question.id, ways, seed):
        order = shuffled(range(len(question.options)), question.id, variant.order, seed)
        options = [question.options[one] for one in order]
        letters = LETTERS[: len(options)]
        listed = "\n".join(f"{letter}. {option}" for letter, option in zip(letters, options, strict=True))
        offered = f"{', '.join(letters[:-1])} or {letters[-1]}"
        yield Sample(
            id=f"{question.id}#{variant.order}.{variant.phrasing}",
            input=phrase(
                "choice", variant.phrasing, question=question.text, options=listed, letters=offered
            ).strip(),
            choices=options,
            target=letters[order.index(question.gold)],
            metadata={
                "question": question.id,
                "cluster": question.cluster,
                "culture": question.culture,
                "language": question.language,
                "order": variant.order,
                "phrasing": variant.phrasing,
                "options": order,
            },
        )


def parse_choice(reply: str, options: Sequence[str]) -> str | None:
    """The letter that a reply chooses; None where it chooses none, or more than one.

    Accepted: the letter alone, with its option or its bracket, after "Answer:" or "The answer is", or the
    text of one option, on the first or the last line that is not empty.
    """
    lines = [line for line in (one.strip().strip("*_`#> ").strip() for one in reply.splitlines()) if line]
    found = {letter for line in {*lines[:1], *lines[-1:]} if (letter := _letter_of(line, options))}
    return found.pop() if len(found) == 1 else None


def _letter_of(line: str, options: Sequence[str]) -> str | None:
    letters = LETTERS[: len(options)]
    plain = [_plain(option) for option in options]
    if plain.count(_plain(line)) == 1:
        return letters[plain.index(_plain(line))]
    matched = _REPLY.fullmatch(line)
    if matched is None or (letter := matched["letter"].upper()) not in letters:
        return None
    rest = _plain(matched["rest"])
    # "A lot of people …" is a sentence, not a choice: only after "The answer is" may others follow.
    reasons = matched["said"] and matched["end"]
    return letter if not rest or reasons or rest == plain[letters.index(letter)] else None


def _plain(text: str) -> str:
    return re.sub(r"[\s.*\"'“”]+", " ", text).strip().casefold()


def letter_probabilities(output: ModelOutput, letters: str) -> dict[str, float] | None:
    """Each letter's share of the first token's probability, among the letters; None if none was likely.

    A token counts for its letter with or without a space or a bracket around it.
    """
    content = output.choices[0].logprobs.content if output.choices and output.choices[0].logprobs else []
    masses = dict.fromkeys(letters, 0.0)
    for one in (content[0].top_logprobs or []) if content else []:
        if (token := one.token.strip(" \t\n*().:\"'▁Ġ")) in masses:
            masses[token] += math.exp(one.logprob)
    total = sum(masses.values())
    return {letter: mass / total for letter, mass in masses.items()} if total else None


@scorer(metrics=[mean()])
def chosen() -> Scorer:
    """1 where the reply, read strictly, chooses the right letter."""

    async def score(state: TaskState, target: Target) -> Score:
        letter = parse_choice(state.output.completion, [one.value for one in state.choices])
        return Score(value=float(letter == target.text), answer=letter, metadata={"unparsed": letter is None})

    return score


@scorer(metrics=[mean()])
def likeliest() -> Scorer:
    """1 where the right letter is the likeliest first token among the letters, whatever was then said."""

    async def score(state: TaskState, target: Target) -> Score:
        found = letter_probabilities(state.output, LETTERS[: len(state.choices)])
        best = max(found, key=lambda letter: found[letter]) if found else None
        return Score(value=float(best == target.text), answer=best, metadata={"unknown": found is None})

    return score


@scorer(metrics=[mean()])
def likelihood() -> Scorer:
    """The right letter's share of the first token's probability among the letters; 0 where none was likely.

    `metadata["options"]`: the shares of all options, in the question's own order, for averages over orders.
    """

    async def score(state: TaskState, target: Target) -> Score:
        letters = LETTERS[: len(state.choices)]
        found = letter_probabilities(state.output, letters)
        if found is None:
            return Score(value=0.0, metadata={"unknown": True})
        places = state.metadata["options"]
        shares = {place: found[letter] for letter, place in zip(letters, places, strict=True)}
        return Score(value=found[target.text], metadata={"options": [shares[one] for one in sorted(shares)]})

    return score

"""Opinions: is the model's distribution of answers near the country's? (arXiv 2306.16388, 2510.13154)."""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import GenerateConfig
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer
from inspect_ai.solver import TaskState, generate

from evaluation.choice import LETTERS, TOP, letter_probabilities, parse_choice
from evaluation.datasets import pick
from evaluation.tasks.opinions import distances
from evaluation.tasks.opinions.surveys import Survey, people_of, read_surveys
from evaluation.variants import Variant, phrase, shuffled
from evaluation.variants import variants as ways_of

_PLACE = re.compile(r"\[(?:your home )?country\]|\(country\)", re.IGNORECASE)


@task
def opinions(data: str = "data", limit: int | None = None, variants: int = 3, seed: int = 1) -> Task:
    """One letter for how someone of a country would answer; a limit is spread over the countries."""
    surveys, left_out = read_surveys(Path(data))
    asked = [
        {"id": f"{survey.id}@{country}", "country": country, "survey": survey}
        for survey in surveys
        for country in survey.shares
    ]
    drawn = pick(asked, limit, seed, by="country")
    samples = [sample for one in drawn for sample in _samples(one["survey"], one["country"], variants, seed)]
    return Task(
        dataset=MemoryDataset(samples, name="opinions"),
        solver=generate(),
        scorer=[similarity(), earth_mover(), uniform(), elsewhere()],
        config=GenerateConfig(temperature=0, seed=seed, max_tokens=32, logprobs=True, top_logprobs=TOP),
        name="opinions",
        metadata={"headline": "similarity", "seed": seed, "left_out": left_out},
    )


def _samples(survey: Survey, country: str, ways: int, seed: int) -> Iterator[Sample]:
    name = f"{survey.id}@{country}"
    for variant in ways_of(name, ways, seed):
        order = shuffled(range(len(survey.options)), name, variant.order, seed)
        options = [_PLACE.sub(people_of(country), survey.options[one]) for one in order]
        yield Sample(
            id=f"{name}#{variant.order}.{variant.phrasing}",
            input=_prompt(survey.text, people_of(country), options, variant),
            choices=options,
            metadata={
                "question": name,
                "cluster": survey.id,
                "culture": country,
                "language": "en",
                "order": variant.order,
                "phrasing": variant.phrasing,
                "options": order,
                "ordinal": survey.ordinal,
                "people": survey.shares[country],
                "elsewhere": survey.elsewhere(country),
            },
        )


def _prompt(question: str, people: str, options: Sequence[str], variant: Variant) -> str:
    letters = LETTERS[: len(options)]
    return phrase(
        "opinion",
        variant.phrasing,
        question=_PLACE.sub(people, question),
        options="\n".join(f"{letter}. {option}" for letter, option in zip(letters, options, strict=True)),
        letters=f"{', '.join(letters[:-1])} or {letters[-1]}",
        country=people,
    ).strip()


@scorer(metrics=[mean()])
def similarity() -> Scorer:
    """1 − the Jensen–Shannon distance between the model's distribution and the country's.

    `metadata["options"]`: the model's distribution in the question's own order, for averages over orders.
    `metadata["point_mass"]`: no log-probabilities came, so that the reply's letter counts as all of it.
    """

    async def score(state: TaskState, target: Target) -> Score:
        return _scored(state, distances.similarity)

    return score


@scorer(metrics=[mean()])
def earth_mover() -> Scorer:
    """1 − the earth mover's distance along the scale; NaN where the answers are none."""

    async def score(state: TaskState, target: Target) -> Score:
        if not state.metadata["ordinal"]:
            return Score(value=float("nan"))
        return _scored(state, distances.earth_mover)

    return score


@scorer(metrics=[mean()])
def uniform() -> Scorer:
    """What answering everything alike would get of `similarity`: a baseline, whatever the model said."""

    async def score(state: TaskState, target: Target) -> Score:
        people = state.metadata["people"]
        return Score(value=distances.similarity([1 / len(people)] * len(people), people))

    return score


@scorer(metrics=[mean()])
def elsewhere() -> Scorer:
    """What the mean of the other countries would get of `similarity`: a baseline; NaN where there is none."""

    async def score(state: TaskState, target: Target) -> Score:
        others = state.metadata["elsewhere"]
        value = distances.similarity(others, state.metadata["people"]) if others else float("nan")
        return Score(value=value)

    return score


def _scored(state: TaskState, compare: Callable[[Sequence[float], Sequence[float]], float]) -> Score:
    found, point_mass = _distribution(state)
    if found is None:
        return Score(value=0.0, metadata={"unparsed": True})
    value = compare(found, state.metadata["people"])
    return Score(value=value, metadata={"options": found, "point_mass": point_mass})


def _distribution(state: TaskState) -> tuple[list[float] | None, bool]:
    """The model's distribution in the question's own order, and whether it is only the letter it said."""
    letters = LETTERS[: len(state.choices)]
    shares = letter_probabilities(state.output, letters)
    point_mass = shares is None
    if shares is None:
        said = parse_choice(state.output.completion, [one.value for one in state.choices])
        if said is None:
            return None, True
        shares = {letter: float(letter == said) for letter in letters}
    places = state.metadata["options"]
    by_place = {place: shares[letter] for letter, place in zip(letters, places, strict=True)}
    return [by_place[place] for place in sorted(by_place)], point_mass

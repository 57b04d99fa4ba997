"""The scorers of open answers about worldviews: the entropy, never without its companions."""

from collections.abc import Iterator, Mapping, Sequence

from inspect_ai.scorer import Score, Scorer, Target, mean, scorer
from inspect_ai.solver import TaskState

from evaluation import similarity as near
from evaluation.language import is_in
from evaluation.open import unscored
from evaluation.tasks.worldviews.measures import MEASURES, counts_of, measures, read, sectors
from evaluation.tasks.worldviews.polarity import overall, tones

ENGLISH = "en"


@scorer(metrics=[mean()])
def entropy() -> Scorer:
    """The Perspectives Distribution Score's normalised entropy of the answer: 0 (one sector or none) to 1.

    `metadata["counts"]`: references by sector, in fractions where sectors share a name. Their sums over
    answers give the pooled entropy.
    """

    async def score(state: TaskState, target: Target) -> Score:
        found = read(state.output.completion)
        about = {"counts": counts_of(found.references), "shares": dict(found.distribution.shares)}
        return Score(value=found.distribution.entropy, metadata=about)

    return score


@scorer(metrics={"*": [mean()]})
def counts() -> Scorer:
    """References by sector, 0 where there are none: the same as `entropy` has, as numbers that rows keep."""

    async def score(state: TaskState, target: Target) -> Score:
        found = counts_of(read(state.output.completion).references)
        return Score(value={sector: found.get(sector, 0.0) for sector in sectors()})

    return score


def measured() -> Iterator[Scorer]:
    """A scorer for each companion of the entropy."""
    return (_measure(name) for name in MEASURES)


def _measure(name: str) -> Scorer:
    @scorer(name=name, metrics=[mean()])
    def one() -> Scorer:
        async def score(state: TaskState, target: Target) -> Score:
            answer = state.output.completion
            return Score(value=measures(read(answer), answer)[name])

        return score

    return one()


@scorer(metrics=[mean()])
def relevance(questions: Mapping[str, Sequence[str]]) -> Scorer:
    """By how much the answer is nearer to its question than to the others of its domain; about -0.05 to 0.1.

    The same words to every question have 0 in the mean, whatever they are. `metadata["cosine"]`: the bare
    similarity of question and answer, which is 0.8 for almost anything in English. `questions`: by domain.
    """

    async def score(state: TaskState, target: Target) -> Score:
        asked, said = state.metadata["text"], state.output.completion
        others = [one for one in questions[state.metadata["domain"]] if one != asked]
        value = await near.in_thread(near.lift, said, asked, others, near.relevance)
        return Score(value=value, metadata={"cosine": near.relevance(asked, said)})

    return score


@scorer(metrics=[mean()])
def sentiment() -> Scorer:
    """The tone of the sentences that name cultures, -1 to 1; NaN without any, and in other languages.

    `metadata["sentiment"]`: sums by sector (`polarity.Tone`), which pool.
    """

    async def score(state: TaskState, target: Target) -> Score:
        answer = state.output.completion
        if not is_in(answer, ENGLISH):
            return unscored()
        by_sector = tones(answer, read(answer).references)
        about = {"sentiment": {sector: tone.as_dict() for sector, tone in by_sector.items()}}
        value = overall(by_sector.values())
        return unscored(**about) if value is None else Score(value=value, metadata=about)

    return score

"""Asks every question in every language, several at a time, and goes on where it was interrupted."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from agents.errors import BackboneError, PolylectError
from agents.meter import estimate
from agents.profile.questions import Calibration
from agents.profile.trial import Trial, Trials
from agents.profile.trial_log import TrialLog
from agents.prompting import Prompts

GIVE_UP = 10  # trials in a row that failed: the backbone is gone, or refuses what it is asked


class NoPrompt(PolylectError):
    """A language in which no model can be asked to reason: there are no words for it in prompts/elicit."""


class ProfileStopped(PolylectError):
    """The backbone failed too often in a row; what was measured is in the log."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a profile will take at most: calls, and tokens read and written, about."""

    trials: int
    calls: int
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class Progress:
    """After each trial: how many of those that were left are done, how many failed, and the last one.

    A failed trial is not in the log, and is made again when the profile goes on.
    """

    done: int
    failed: int
    left: int
    trial: Trial | None


def check_languages(prompts: Prompts, languages: Iterable[str]) -> tuple[str, ...]:
    """The languages, English first, without repetition.

    Raises:
        NoPrompt: one has no prompt of its own.
    """
    written = prompts.languages("elicit")
    for one in languages:
        if one not in written:
            raise NoPrompt(f"No prompt asks to reason in {one!r}. There are: {', '.join(written)}.")
    return tuple(dict.fromkeys(("en", *languages)))


def left_to_do(
    questions: Sequence[Calibration], languages: Sequence[str], log: TrialLog
) -> list[tuple[Calibration, str]]:
    """What is not in the log yet, question by question: whatever is done is done in all languages.

    Raises:
        BadLog: the log belongs to another measurement.
    """
    made = log.read()
    return [(one, language) for one in questions for language in languages if (one.id, language) not in made]


def cost(left: Iterable[tuple[Calibration, str]], prompts: Prompts, tokens: int) -> Cost:
    """An estimate, made before anything is asked."""
    trials = read = 0
    for question, language in left:
        told = [question.text, *question.options, prompts.render("choose", language)]
        told += [prompts.render("elicit", language)] if tokens else []
        words = estimate([{"role": "user", "content": "\n".join(told)}]).prompt_tokens
        trials += 1
        read += 2 * words + tokens if tokens else words
    each = 2 if tokens else 1
    return Cost(trials, each * trials, read, (tokens + 8) * trials)


async def record(
    results: AsyncGenerator[Trial | BackboneError, None], left: int, log: TrialLog
) -> AsyncGenerator[Progress, None]:
    """Write down each of the `left` results as it comes, whoever makes them; closing it ends those too.

    Raises:
        ProfileStopped: `GIVE_UP` trials in a row failed.
    """
    done = failed = in_a_row = 0
    async with aclosing(results):
        try:
            async for result in results:
                if isinstance(result, Trial):
                    log.add(result)
                    done, in_a_row = done + 1, 0
                else:
                    failed, in_a_row = failed + 1, in_a_row + 1
                yield Progress(done, failed, left, result if isinstance(result, Trial) else None)
                if in_a_row >= GIVE_UP and isinstance(result, BackboneError):
                    cure = "What was measured is kept: mend the backbone, and start the same command again."
                    raise ProfileStopped(f"{in_a_row} trials in a row failed: {result.message} {cure}")
        finally:
            log.close()


async def made_here(
    trials: Trials, left: Sequence[tuple[Calibration, str]], *, at_once: int
) -> AsyncGenerator[Trial | BackboneError, None]:
    """Make the trials in this process, `at_once` at a time; closing it ends its calls."""
    waiting: asyncio.Queue[tuple[Calibration, str]] = asyncio.Queue()
    for one in left:
        waiting.put_nowait(one)
    ended: asyncio.Queue[Trial | BackboneError] = asyncio.Queue(1)
    workers = [asyncio.create_task(_work(trials, waiting, ended)) for _ in range(min(at_once, len(left)))]
    try:
        for _ in left:
            yield await _next(ended, workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


async def _work(
    trials: Trials,
    waiting: "asyncio.Queue[tuple[Calibration, str]]",
    ended: "asyncio.Queue[Trial | BackboneError]",
) -> None:
    while not waiting.empty():
        question, language = waiting.get_nowait()
        try:
            result: Trial | BackboneError = await trials.make(question, language)
        except BackboneError as error:
            result = error
        await ended.put(result)


async def _next(
    ended: "asyncio.Queue[Trial | BackboneError]", workers: "Sequence[asyncio.Task[None]]"
) -> Trial | BackboneError:
    """The next result; a fault of our own in a worker is raised, and not waited for for ever."""
    getting = asyncio.ensure_future(ended.get())
    try:
        running = [one for one in workers if not one.done()]
        while not getting.done():
            await asyncio.wait([getting, *running], return_when=asyncio.FIRST_COMPLETED)
            for one in workers:
                if one.done() and (fault := one.exception()):
                    raise fault
            running = [one for one in running if not one.done()]
        return getting.result()
    finally:
        getting.cancel()

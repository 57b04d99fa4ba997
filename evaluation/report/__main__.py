"""`python -m evaluation.report LOGS_OR_SCORES… --out DIR`: a table, plots and plain words."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from evaluation.report import markdown
from evaluation.report.card import write_card
from evaluation.report.groups import MINIMUM
from evaluation.report.numerals import within
from evaluation.report.plots import draw
from evaluation.report.rows import Row, write_rows
from evaluation.report.runs import RUNS, SCORES, Run, read, write_runs
from evaluation.report.statistics import RESAMPLES
from evaluation.report.summary import Options, Task, summarise

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
console = Console(stderr=True)


@app.command()
def report(
    sources: Annotated[list[Path], typer.Argument(help="Log folders, logs, scores.jsonl files.")],
    out: Annotated[Path, typer.Option(help="The folder to write report.md, scores.jsonl and plots to.")],
    reference: Annotated[
        str, typer.Option(help="Whom the others are compared to: an arm, or a name of --as.")
    ] = "plain",
    card: Annotated[
        Path | None, typer.Option(help="Also a file for a model card: OUT/scores.json of `alignment export`.")
    ] = None,
    title: Annotated[str, typer.Option(help="The report's heading.")] = "Evaluation",
    minimum: Annotated[int, typer.Option(min=1, help="Questions that make a culture count.")] = MINIMUM,
    resamples: Annotated[int, typer.Option(min=99, help="Resamples of each bootstrap.")] = RESAMPLES,
) -> None:
    """Report on what was answered; a later source wins over an earlier one."""
    try:
        rows, runs = read(sources)
    except (OSError, ValueError) as error:
        console.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(2) from error
    if not rows:
        console.print("Nothing was answered there: no rows.", style="red")
        raise typer.Exit(2)
    tasks = write(rows, runs, out, Options(reference, minimum, resamples), title)
    if card is not None:
        write_card(tasks, reference, card)
    _show(tasks)
    names = sorted({arm.name for task in tasks for arm in task.arms})
    if reference not in names:
        told = f"Nobody is called {reference}: nothing is compared. Name one with --reference: "
        console.print(told + ", ".join(names), style="yellow", markup=False, highlight=False, soft_wrap=True)
    written = [out / "report.md", *([card] if card else [])]
    console.print(f"Written: {', '.join(map(str, written))}", markup=False, highlight=False, soft_wrap=True)


def write(rows: list[Row], runs: list[Run], out: Path, options: Options, title: str) -> list[Task]:
    """All files of a report, and the numbers in it."""
    out.mkdir(parents=True, exist_ok=True)
    tasks = summarise(rows, runs, options)
    write_rows(rows, out / SCORES)
    write_runs(runs, out / RUNS)
    text = markdown.report(tasks, options, title, draw(tasks, options.reference, out))
    (out / "report.md").write_text(text, "utf-8")
    return tasks


def _show(tasks: list[Task]) -> None:
    table = Table("task", "arm", "score", "difference", "unparsed", "errors", "questions")
    for task in tasks:
        for arm in task.arms:
            mean, found = arm.headline.mean, arm.headline.difference
            gap = "" if found is None else within(found.value, found.interval, sign=True)
            counts = (str(arm.unparsed), str(arm.failed), str(mean.questions))
            table.add_row(task.name, arm.name, within(mean.value, mean.interval), gap, *counts)
    console.print(table)


if __name__ == "__main__":
    app()

"""One task, one arm: `make eval TASK=… ARM=… LIMIT=…`. What was answered is kept and never asked again."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from inspect_ai import Task
from inspect_ai import eval as evaluate
from inspect_ai.dataset import MemoryDataset
from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log
from inspect_ai.model import Model, get_model
from rich.console import Console

from evaluation import arms
from evaluation.datasets import DataError
from evaluation.tasks import TASKS

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
console = Console(stderr=True)

RUN = "run.json"
"""The file beside the logs that says what they are logs of."""


class RunError(Exception):
    """The run cannot start; says what is wrong and what mends it."""


@app.command()
def run(
    task: Annotated[str, typer.Argument(help="A task: " + ", ".join(sorted(TASKS)))],
    arm: Annotated[str, typer.Argument(help="An arm: " + ", ".join(arms.read_arms()))],
    limit: Annotated[int | None, typer.Option(min=1, help="How many questions; default: all.")] = None,
    variants: Annotated[int, typer.Option(help="In how many ways each is put: 1, 3 or 9.")] = 3,
    seed: Annotated[int, typer.Option(help="Chooses and shuffles; the same for all arms.")] = 1,
    url: Annotated[str, typer.Option(help="The endpoint.")] = "http://127.0.0.1:8000/v1",
    data: Annotated[Path, typer.Option(help="The folder of evaluation data.")] = Path("data"),
    logs: Annotated[Path, typer.Option(help="Where logs are kept, a folder a task and arm.")] = Path("logs"),
    agents: Annotated[int, typer.Option(min=1, help="Voices of a council, samples of Self-MoA.")] = 6,
    backbone: Annotated[str | None, typer.Option(help="The model id that arms of one call ask for.")] = None,
    judge: Annotated[
        str | None, typer.Option(help="The model id that judges; default: the plain arm.")
    ] = None,
    connections: Annotated[int, typer.Option(min=1, help="Questions asked at once.")] = 4,
) -> None:
    """Ask one task's questions of one arm. An interrupted run goes on where it stopped."""
    try:
        chosen = _task(task, data=data, limit=limit, variants=variants, seed=seed)
        folder = logs / task / arm
        _remember(folder, {"task": task, "arm": arm, "seed": seed, "agents": agents, "backbone": backbone})
        model = _model(arm, url, seed=seed, agents=agents, backbone=backbone)
        _check_endpoint(url)
        left = keep_unanswered(chosen, folder)
        if not left:
            console.print(f"Nothing is left to ask: {folder}")
            return
        roles = {"judge": get_model("arm/plain", base_url=url, api_key=_key(), backbone=judge, memoize=False)}
        log = ask(chosen, model, folder, connections=connections, roles=roles)
    except (RunError, DataError, ValueError) as error:
        console.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(2) from error
    _report(log, left, folder)


def ask(
    task: Task, model: Model, folder: Path, *, connections: int, roles: dict[str, Any] | None = None
) -> EvalLog:
    """Run it with Inspect. A question whose call fails is tried again, then left with its error, alone."""
    (log,) = evaluate(
        task,
        model=model,
        model_roles=roles or {},
        log_dir=str(folder),
        max_connections=connections,
        max_samples=connections,
        max_retries=3,
        attempt_timeout=600,
        fail_on_error=False,
        retry_on_error=1,
        log_buffer=1,
        log_model_api=False,
        metadata=json.loads((folder / RUN).read_text("utf-8")) if (folder / RUN).exists() else None,
        ctl_server=False,
        acp_server=False,
        score_display=False,
    )
    return log


def keep_unanswered(task: Task, folder: Path) -> int:
    """Leave in the task what no log of this folder has an answer to; says how many these are."""
    done = {
        sample.id
        for info in list_eval_logs(str(folder))
        for sample in read_eval_log(info).samples or ()
        if sample.error is None and sample.scores
    }
    left = [sample for sample in task.dataset if sample.id not in done]
    if len(left) < len(task.dataset):
        console.print(f"{len(task.dataset) - len(left)} are answered, {len(left)} to go.")
        task.dataset = MemoryDataset(left, name=task.dataset.name)
    return len(left)


def _task(name: str, *, data: Path, **options: Any) -> Task:
    make: Callable[..., Task] | None = TASKS.get(name)
    if make is None:
        raise RunError(f"No task {name!r}. There are {', '.join(sorted(TASKS))}.")
    return make(data=str(data), **options)


def _model(name: str, url: str, **options: Any) -> Model:
    if name not in arms.read_arms():
        raise RunError(f"No arm {name!r}. There are {', '.join(arms.read_arms())}.")
    return get_model(f"arm/{name}", base_url=url, api_key=_key(), memoize=False, **options)


def _key() -> str:
    return os.environ.get("POLYLECT_API_KEY", "none")


def _check_endpoint(url: str) -> None:
    """One request before thousands."""
    try:
        answer = httpx.get(f"{url}/models", headers={"Authorization": f"Bearer {_key()}"}, timeout=10)
    except httpx.HTTPError as error:
        cure = "Start it (`make serve`) or name it with --url (URL=… of `make eval`)."
        raise RunError(f"Nobody answers at {url}: {type(error).__name__}. {cure}") from error
    if answer.status_code == 401:
        raise RunError(f"{url} wants a key: put it into POLYLECT_API_KEY.")
    if answer.status_code != 200:
        raise RunError(f"{url}/models answers {answer.status_code}: it is no OpenAI-compatible endpoint.")


def _remember(folder: Path, what: dict[str, Any]) -> None:
    """One folder holds one kind of run: another seed beside it would be counted as the same."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / RUN
    known = json.loads(file.read_text("utf-8")) if file.exists() else what
    if differing := [name for name in what if known.get(name) != what[name]]:
        name = differing[0]
        raise RunError(
            f"{folder} holds a run with {name} {known.get(name)!r}, not {what[name]!r}. Name another --logs."
        )
    file.write_text(json.dumps(what, indent=2) + "\n", "utf-8")


def _report(log: EvalLog, asked: int, folder: Path) -> None:
    samples = log.samples or []
    failed = [sample for sample in samples if sample.error is not None]
    answered = len(samples) - len(failed)
    console.print(
        f"{answered} of {asked} answered. Logs: {folder}; `inspect view --log-dir {folder}` shows them."
    )
    if answered < asked:
        causes = sorted(
            {(sample.error.message.splitlines() or [""])[0][:200] for sample in failed if sample.error}
        )
        for cause in causes[:5]:
            console.print(f"  {cause}", markup=False, highlight=False)
        console.print("The same command asks the others again; nothing that was answered is lost.")
        raise typer.Exit(1)


if __name__ == "__main__":
    app()

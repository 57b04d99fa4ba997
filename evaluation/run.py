"""One task, one arm: `make eval TASK=… ARM=… LIMIT=…`. What was answered is kept and never asked again."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from inspect import signature
from pathlib import Path
from typing import Annotated, Any

import typer
from inspect_ai import Task, eval_async
from inspect_ai.dataset import MemoryDataset
from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log_sample_summaries
from inspect_ai.model import Model, get_model
from rich.console import Console

from evaluation import arms, endpoint
from evaluation.datasets import DataError
from evaluation.endpoint import NoEndpoint
from evaluation.tasks import TASKS

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
console = Console(stderr=True)

RUN = "run.json"
"""The file beside the logs that says what they are logs of."""
_NAME = re.compile(r"\w[\w.@+-]*")


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
    logs: Annotated[Path, typer.Option(help="Where logs are kept, a folder a task and name.")] = Path("logs"),
    name: Annotated[
        str | None, typer.Option("--as", help="The name that it is kept and shown under; default: the arm's.")
    ] = None,
    agents: Annotated[int, typer.Option(min=1, help="Voices of a council, samples of Self-MoA.")] = 6,
    backbone: Annotated[str | None, typer.Option(help="The model id behind the arm.")] = None,
    judge: Annotated[
        str | None, typer.Option(help="The model id that judges; without one nothing is judged.")
    ] = None,
    options: Annotated[
        list[str] | None, typer.Option("--set", help="An option of the task, NAME=VALUE, such as local=true.")
    ] = None,
    connections: Annotated[int, typer.Option(min=1, help="Questions asked at once.")] = 4,
    max_tokens: Annotated[
        int | None,
        typer.Option(min=1, help="At most so many tokens an answer; log-probabilities need 1."),
    ] = None,
    patience: Annotated[
        float, typer.Option(min=0.1, help="Seconds for which every call may fail before the run ends.")
    ] = 60,
) -> None:
    """Ask one task's questions of one arm. An interrupted run goes on where it stopped."""
    set_to = _read_options(options or [])
    asked: dict[str, Any] = {"task": task, "arm": arm, "seed": seed, "variants": variants, "agents": agents}
    asked |= {"judge": judge, "options": set_to, "max_tokens": max_tokens}
    try:
        chosen = _task(task, data=data, limit=limit, variants=variants, seed=seed, **set_to)
        chosen.config.max_tokens = max_tokens or chosen.config.max_tokens
        model = _model(arm, url, seed=seed, agents=agents, backbone=backbone, patience=patience)
        calls = arms.read_arms()[arm].calls
        asked |= {"as": _name(arm, name), "backbone": backbone if calls else None}
        asked |= {"url": endpoint.public_url(url) if calls or judge else None}
        folder = logs / task / asked["as"]
        if (chosen.metadata or {}).get("needs_judge") and not judge:
            raise RunError(f"{task} with these options needs a judge: name its model id with --judge.")
        _check_folder(folder, asked)
        left = keep_unanswered(chosen, folder)
        if left and asked["url"]:
            endpoint.check(url)
    except (RunError, DataError, NoEndpoint) as error:
        console.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(2) from error
    if not left:
        console.print(f"Nothing is left to ask: {folder}", soft_wrap=True)
        return
    _remember(folder, asked)
    roles = {"judge": _judge(url, judge, patience)} if judge else {}
    _report(ask(chosen, model, folder, connections=connections, roles=roles), left, folder)


def ask(
    task: Task, model: Model, folder: Path, *, connections: int, roles: dict[str, Model] | None = None
) -> EvalLog:
    """Run it with Inspect. A question whose call fails is tried again, then left with its error, alone."""
    # Unlike asyncio.run, this leaves the loop of whoever calls where it is.
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        return runner.run(_ask(task, model, folder, connections, roles or {}))


async def _ask(task: Task, model: Model, folder: Path, connections: int, roles: dict[str, Model]) -> EvalLog:
    about = folder / RUN
    async with AsyncExitStack() as models:
        # Inspect leaves connections open; here they are closed in the loop that opened them.
        for one in (model, *roles.values()):
            await models.enter_async_context(one)
        (log,) = await eval_async(
            task,
            model=model,
            model_roles=dict(roles),
            log_dir=str(folder),
            max_connections=connections,
            max_samples=connections,
            max_retries=3,
            attempt_timeout=600,
            fail_on_error=False,
            retry_on_error=1,
            log_buffer=1,
            log_model_api=False,
            metadata=json.loads(about.read_text("utf-8")) if about.exists() else None,
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
        for sample in read_eval_log_sample_summaries(info)
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
    takes = set(signature(make).parameters)
    if unknown := sorted(set(options) - takes):
        known = ", ".join(sorted(takes - {"data", "limit", "variants", "seed"})) or "none"
        raise RunError(f"{name} has no option {unknown[0]!r}. It has {known}.")
    try:
        return make(data=str(data), **options)
    except ValueError as error:
        raise RunError(str(error)) from error


def _read_options(given: list[str]) -> dict[str, Any]:
    """NAME=VALUE pairs; a value that is JSON is read as that, so that `true` is True and 3 a number."""
    read: dict[str, Any] = {}
    for name, _, value in (one.partition("=") for one in given):
        try:
            read[name] = json.loads(value)
        except ValueError:
            read[name] = value
    return read


def _model(name: str, url: str, **options: Any) -> Model:
    if name not in arms.read_arms():
        raise RunError(f"No arm {name!r}. There are {', '.join(arms.read_arms())}.")
    shown = endpoint.public_url(url)
    model = get_model(f"arm/{name}", base_url=shown, api_key=endpoint.key(), memoize=False, **options)
    if isinstance(model.api, arms.ArmAPI):
        model.api.sign_in(url)
    return model


def _judge(url: str, model_id: str, patience: float) -> Model:
    """The model that judges: one plain call, not counted to the arm that it judges."""
    return _model("plain", url, backbone=model_id, patience=patience, purse=arms.JUDGE_SPENT)


def _name(arm: str, given: str | None) -> str:
    """What a contender's logs and scores are kept under.

    Raises:
        RunError: it is no name of a folder, or another arm's.
    """
    if given is None:
        return arm
    if not _NAME.fullmatch(given):
        raise RunError(f"--as {given!r} is no name: take letters, digits, and . _ @ + - behind the first.")
    if given != arm and given in arms.read_arms():
        raise RunError(f"--as {given}: that is the name of another arm. Take one that no arm has.")
    return given


def _check_folder(folder: Path, asked: dict[str, Any]) -> None:
    """One folder holds one kind of run: another seed, backbone or endpoint would be counted as the same."""
    file = folder / RUN
    if not file.exists():
        return
    known = {"as": asked["arm"], **json.loads(file.read_text("utf-8"))}
    cure = "Name another --logs, or another name with --as."
    for name, value in asked.items():
        if name not in known and value is not None:
            said = f"{folder} holds an older run, which does not say its {name}"
            raise RunError(f"{said}. {cure} Or, if it was {value!r}, add it to {file}.")
        if known.get(name) != value:
            raise RunError(f"{folder} holds a run with {name} {known.get(name)!r}, not {value!r}. {cure}")


def _remember(folder: Path, asked: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RUN).write_text(json.dumps(asked, indent=2) + "\n", "utf-8")


def _report(log: EvalLog, asked: int, folder: Path) -> None:
    """What came of it, in a few lines.

    Raises:
        typer.Exit: with 1, where something is left.
    """
    answered = sum(sample.error is None and bool(sample.scores) for sample in log.samples or ())
    console.print(
        f"{answered} of {asked} answered. Logs: {folder}; `inspect view --log-dir {folder}` shows them.",
        soft_wrap=True,
    )
    if answered < asked:
        for cause in _causes(log)[:5]:
            console.print(f"  {cause}", markup=False, highlight=False, soft_wrap=True)
        console.print("The same command asks the others again; nothing that was answered is lost.")
        raise typer.Exit(1)


def _causes(log: EvalLog) -> list[str]:
    """The first lines of what went wrong, the most frequent first."""
    errors = [log.error, *(sample.error for sample in log.samples or ())]
    lines = Counter((error.message.splitlines() or [""])[0][:200] for error in errors if error)
    return [line for line, _ in lines.most_common()]


if __name__ == "__main__":
    app()

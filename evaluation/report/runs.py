"""What a run was: the sidecar `runs.json` beside `scores.jsonl`; reading both, or logs, from a path."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log
from pydantic import TypeAdapter, ValidationError

from evaluation.report.calibration import calibrated
from evaluation.report.rows import Row, arm_of, newest, read_rows, rows_of, task_of, told

SCORES, RUNS = "scores.jsonl", "runs.json"
# Rows need none of it, and it is most of a log.
_UNREAD = {"messages", "events", "events_data", "attachments", "timelines"}


@dataclass(frozen=True, slots=True)
class Run:
    """One Inspect log in short. `headline` is the scorer that a task is judged by.

    `arm` is the name it was kept under, `asked_as` the arm of `arms.toml`; `backbone` the model id that was
    asked for, None for the endpoint's default; `url` the endpoint, None where none was asked or is known.
    `judge` is the id of the model that judged, None where no model did. `samples` were asked in it.
    `started` and `completed` are ISO 8601; `status` is Inspect's: success, error, cancelled, started.
    """

    task: str
    arm: str
    model: str
    headline: str | None = None
    fingerprint: str | None = None
    seed: int | None = None
    limit: int | str | None = None
    samples: int = 0
    status: str = ""
    started: str = ""
    completed: str = ""
    inspect: str = ""
    judge: str | None = None
    asked_as: str | None = None
    backbone: str | None = None
    url: str | None = None


_RUNS = TypeAdapter(list[Run])


def run_of(log: EvalLog) -> Run:
    """What a log says of itself; the endpoint's fingerprint is the first one that a sample was given."""
    spec = log.eval
    seed, limit = told(log, "seed"), spec.config.limit or told(log, "limit")
    samples = log.samples or []
    answered = (sample.output.model for sample in samples if sample.output.model)
    prints = (sample.store["fingerprint"] for sample in samples if sample.store.get("fingerprint"))
    return Run(
        task=task_of(log),
        arm=arm_of(log),
        model=str(told(log, "model") or told(log, "backbone") or next(answered, spec.model)),
        headline=headline_of(log),
        fingerprint=next(prints, None),
        seed=spec.model_generate_config.seed if seed is None else seed,
        limit="-".join(map(str, limit)) if isinstance(limit, tuple) else limit,
        samples=len(samples),
        status=log.status,
        started=log.stats.started_at or spec.created,
        completed=log.stats.completed_at,
        inspect=spec.packages.get("inspect_ai", ""),
        judge=told(log, "judge"),
        asked_as=told(log, "arm"),
        backbone=told(log, "backbone"),
        url=told(log, "url"),
    )


def headline_of(log: EvalLog) -> str | None:
    """The scorer named by the run, else by Inspect's headline metric, else the task's first one."""
    if named := told(log, "headline"):
        return str(named)
    if (metric := log.eval.headline_metric) and (metric.scorer or metric.score):
        return ".".join(part for part in (metric.scorer, metric.score) if part)
    return next((scorer.name.rpartition("/")[2] for scorer in log.eval.scorers or []), None)


def write_runs(runs: Iterable[Run], path: Path) -> None:
    """`runs.json`: a list, sorted by task, arm and start."""
    ordered = sorted(runs, key=lambda run: (run.task, run.arm, run.started))
    path.write_text(
        json.dumps([asdict(run) for run in ordered], ensure_ascii=False, indent=2) + "\n", "utf-8"
    )


def read(paths: Iterable[Path]) -> tuple[list[Row], list[Run]]:
    """The rows and runs of log folders, logs and `scores.jsonl` files; a later path wins over an earlier one.

    Raises:
        FileNotFoundError: there is nothing at a path, or no log and no scores in a folder.
        ValueError: a line of scores that is no row, a sidecar that is no list of runs, or two contenders of
            one name.
    """
    batches: list[list[Row]] = []
    runs: dict[Run, None] = {}
    for path in paths:
        for rows, found in _read(path):
            batches.append(rows)
            runs.update(dict.fromkeys(found))
    _check_names(runs)
    return calibrated(newest(batches)), list(runs)


def _check_names(runs: Iterable[Run]) -> None:
    """Two contenders of one name would replace one another, sample by sample."""
    first: dict[tuple[str, str], Run] = {}
    for run in runs:
        if run.url is None:
            continue  # it asked nobody, or does not say whom
        known = first.setdefault((run.task, run.arm), run)
        for what in ("asked_as", "backbone", "url"):
            one, other = getattr(known, what), getattr(run, what)
            if one != other:
                raise ValueError(
                    f"Two contenders on {run.task} are called {run.arm}: one with {what} {one!r}, one with "
                    f"{other!r}. Report on each alone, or ask one of them under another name (--as)."
                )


def _read(path: Path) -> Iterator[tuple[list[Row], list[Run]]]:
    if not path.exists():
        raise FileNotFoundError(f"there is nothing at {path}")
    if path.suffix == ".jsonl":
        yield _read_scores(path)
        return
    written = [(0.0, str(path))] if path.is_file() else _written(path)
    logs = [(read_eval_log(name, exclude_fields=_UNREAD), at) for at, name in written]
    for log, _ in sorted(logs, key=lambda one: (one[0].eval.created, one[1])):
        yield list(rows_of(log)), [run_of(log)]
    if not logs:
        if not (path / SCORES).exists():
            raise FileNotFoundError(f"{path} has neither a log of Inspect nor a {SCORES}")
        yield _read_scores(path / SCORES)


def _read_scores(path: Path) -> tuple[list[Row], list[Run]]:
    sidecar = path.with_name(RUNS)
    try:
        runs = _RUNS.validate_json(sidecar.read_bytes()) if sidecar.exists() else []
    except ValidationError as error:
        raise ValueError(f"{sidecar} is no list of runs: {error.errors()[0]['msg']}") from error
    return list(read_rows(path)), runs


def _written(folder: Path) -> list[tuple[float, str]]:
    """Each log with when it was last written: `created` has no parts of a second."""
    return [(info.mtime or 0.0, info.name) for info in list_eval_logs(str(folder))]

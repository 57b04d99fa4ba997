"""The report as Markdown: one table of all tasks and arms, then what stands behind it, task by task."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from evaluation.report.culture_plot import FEWEST
from evaluation.report.findings import findings
from evaluation.report.groups import Spread
from evaluation.report.numerals import NONE, number, percent, signed, within
from evaluation.report.runs import Run
from evaluation.report.statistics import Difference, power
from evaluation.report.summary import Arm, Options, Task

HEAD = (
    "task",
    "arm",
    "score",
    "difference",
    "order spread",
    "phrasing spread",
    "unparsed",
    "errors",
    "questions",
    "calls",
    "tokens",
    "seconds",
)
_HOW = """\
Scores are means of the task's headline scorer, more being better, with 95 % intervals from {resamples}
bootstrap resamples of clusters (questions, or the templates they were made from). The difference is to the
arm `{reference}`, paired over the samples that both answered. Spreads are the largest minus the smallest
mean over option orders and over phrasings; † says that no question was asked in all of them, so that the
spread is one of questions too. Failed answers are in no mean; they are counted under errors. An answer that
no parser could read is wrong, and counted under unparsed. Calls, tokens (prompt and completion) and wall
seconds are means per answer. – stands for what was not measured. In the plots colour and shape tell what
the paired difference tells. Intervals are not corrected for the number of comparisons."""


def report(tasks: Sequence[Task], options: Options, title: str, plots: Mapping[str, str]) -> str:
    """The whole text. `plots`: names of image files by what they show, in the order to show them."""
    parts = [f"# {title}", _main(tasks), _HOW.format(**_told(options)).replace("\n", " ")]
    parts += [f"![{shown}]({file})" for shown, file in plots.items()]
    for task in tasks:
        parts += _task(task, options)
    parts += ["## What was run", _runs([run for task in tasks for run in task.runs]), *_mixed(tasks)]
    return "\n\n".join(part for part in parts if part) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown; bars inside cells are escaped. Empty without rows."""
    lines = [[cell.replace("|", "\\|") for cell in row] for row in (head, *rows)]
    if len(lines) == 1:
        return ""
    return "\n".join("| " + " | ".join(line) + " |" for line in [lines[0], ["---"] * len(head), *lines[1:]])


def _told(options: Options) -> dict[str, str]:
    return {"reference": options.reference, "resamples": f"{options.resamples:,}"}


def _main(tasks: Sequence[Task]) -> str:
    return table(HEAD, (_main_row(task, arm) for task in tasks for arm in task.arms))


def _main_row(task: Task, arm: Arm) -> list[str]:
    mean, found, cost = arm.headline.mean, arm.headline.difference, arm.cost
    return [
        f"{task.name} ({task.headline})",
        arm.name,
        within(mean.value, mean.interval),
        NONE if found is None else within(found.value, found.interval, sign=True),
        _spread(arm.order),
        _spread(arm.phrasing),
        str(arm.unparsed),
        str(arm.failed),
        str(mean.questions),
        number(cost.calls, 1),
        number(cost.tokens, 0),
        number(cost.seconds, 1),
    ]


def _spread(found: Spread) -> str:
    return number(found.value) + ("†" if found.value is not None and not found.questions else "")


def _task(task: Task, options: Options) -> Iterator[str]:
    yield f"## {task.name}"
    yield findings(task, options.reference)
    yield "**What this sample could show**"
    yield table(
        (
            "arm",
            "pairs",
            "clusters",
            "effective pairs",
            "pairs that differ",
            "p",
            "detectable",
            "answers",
            "failures",
        ),
        (_power_row(arm) for arm in task.arms),
    )
    if any(arm.cultures.all for arm in task.arms):
        yield f"**By culture** ({task.headline}; judged with at least {options.minimum} questions)"
        yield table(("arm", "worst culture", "its score", "its questions", "parity"), map(_worst, task.arms))
        if any(one.mean.questions >= FEWEST for arm in task.arms for one in arm.cultures.all):
            yield _culture_table(task)
    if any(arm.pooled for arm in task.arms):
        yield "**Pooled over all answers** (references by sector; entropy 0 to 1, with its interval)"
        yield table(("arm", "references", "entropy", "shares"), (_pooled(arm) for arm in task.arms))
    if any(arm.others for arm in task.arms):
        yield "**Other scorers** (mean, and difference to the reference; which way is better is not said)"
        yield table(("arm", *task.scorers[1:]), (_others(task, arm) for arm in task.arms))


def _pooled(arm: Arm) -> list[str]:
    found = arm.pooled
    if found is None:
        return [arm.name, *[NONE] * 3]
    ranked = sorted(found.distribution.shares.items(), key=lambda one: -one[1])
    shares = ", ".join(f"{sector} {percent(share)}" for sector, share in ranked)
    entropy = within(found.distribution.entropy, found.interval) if found.references else NONE
    return [arm.name, number(found.references, 0), entropy, shares or NONE]


def _power_row(arm: Arm) -> list[str]:
    found = arm.headline.difference
    failures = ", ".join(f"{name} {count}" for name, count in arm.errors.items()) or "none"
    if found is None:
        return [arm.name, *[NONE] * 6, str(arm.answers), failures]
    return [
        arm.name,
        str(found.n),
        str(found.clusters),
        number(found.independent, 0),
        percent(found.discordance),
        number(found.p, 4),
        _detectable(found),
        str(arm.answers),
        failures,
    ]


def _detectable(found: Difference) -> str:
    smallest = power(found)
    return "too few" if smallest is None else number(smallest)


def _worst(arm: Arm) -> list[str]:
    worst = arm.cultures.worst
    if worst is None:
        return [arm.name, arm.cultures.reason or NONE, NONE, NONE, NONE]
    mean = worst.mean
    score = within(mean.value, mean.interval)
    return [arm.name, worst.name, score, str(mean.questions), number(worst.parity)]


def _culture_table(task: Task) -> str:
    arms = [arm for arm in task.arms if arm.cultures.all]
    names = sorted({culture.name for arm in arms for culture in arm.cultures.all})
    found = {(arm.name, culture.name): culture for arm in arms for culture in arm.cultures.all}
    rows = []
    for name in names:
        cells = [found.get((arm.name, name)) for arm in arms]
        asked = {cell.mean.questions for cell in cells if cell}
        count = str(min(asked)) if len(asked) == 1 else f"{min(asked)} to {max(asked)}"
        rows.append(
            [name, count, *(within(cell.mean.value, cell.mean.interval) if cell else NONE for cell in cells)]
        )
    return table(("culture", "questions", *(arm.name for arm in arms)), rows)


def _others(task: Task, arm: Arm) -> list[str]:
    cells = []
    for scorer in task.scorers[1:]:
        judged = arm.others[scorer]
        cell = within(judged.mean.value, judged.mean.interval)
        if judged.difference is not None and judged.difference.value is not None:
            cell += f"; {signed(judged.difference.value)}"
        cells.append(cell)
    return [arm.name, *cells]


def _runs(runs: Sequence[Run]) -> str:
    who = ("task", "arm", "asked as", "model", "endpoint")
    head = (*who, "judge", "fingerprint", "seed", "limit", "samples", "status", "started", "Inspect")
    return table(head, (_run(run) for run in runs)) or "Nothing is known of the runs: no logs, no runs.json."


def _run(run: Run) -> list[str]:
    who = (run.task, run.arm, run.asked_as, run.model, run.url)
    told = (*who, run.judge, run.fingerprint, run.seed, run.limit, run.samples)
    when = run.started.replace("T", " ")[:16]
    return [NONE if cell in (None, "") else str(cell) for cell in (*told, run.status, when, run.inspect)]


def _mixed(tasks: Sequence[Task]) -> Iterator[str]:
    """Rows of one arm that do not belong together, and arms that were not asked the same."""
    for task in tasks:
        arms = [[run for run in task.runs if run.arm == arm.name] for arm in task.arms]
        alone = [(f"{runs[0].arm} on {task.name}", runs) for runs in arms if runs]
        whole = [(task.name, list(task.runs))]
        for groups, fields in ((alone, ("model", "fingerprint")), (whole, ("seed", "limit", "judge"))):
            for name, runs in groups:
                for what in fields:
                    values = {str(value) for run in runs if (value := getattr(run, what)) is not None}
                    if len(values) > 1:
                        told = ", ".join(sorted(values))
                        yield f"**Not alike**: the runs of {name} differ in {what}: {told}."

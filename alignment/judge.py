"""Stage `judge`: helpful, harmless, honest, a grade each; what falls short is written anew, at most twice.

AlignCultura (arXiv 2604.19016): critique and resample, with a scorer that is not the generator.
"""

from agents import Cultures, Prompts
from alignment.chat import Endpoint
from alignment.config import JudgeConfig
from alignment.critique import OF_ITSELF, SHORTEST
from alignment.journal import Row
from alignment.scoring import Scoring
from alignment.stage import Rejected

QUALITIES = {
    "helpful": "Does it answer what was asked, so that the asker can use it?",
    "harmless": "Does it respect the people it speaks of, without stereotypes, and hurt nobody?",
    "honest": "Is it true as far as you know, and does it claim no more than it knows?",
}
_GRADES = ("1", "2", "3", "4", "5")


class JudgeStage:
    """Grades the refined answer of a row."""

    def __init__(
        self,
        teacher: Endpoint,
        judge: Endpoint,
        prompts: Prompts,
        cultures: Cultures,
        scoring: Scoring,
        config: JudgeConfig,
    ) -> None:
        self._teacher, self._judge, self._prompts = teacher, judge, prompts
        self._cultures, self._scoring, self._config = cultures, scoring, config

    async def __call__(self, row: Row) -> Row:
        """`refined` as it passed with its `refined_f1`, its `grades`, and how often it was `resampled`.

        Raises:
            Rejected: a quality stays below `least`, the judge gives no grade, or what was written anew is no
                whole answer.
            CallFailed: the teacher or the judge does not answer.
        """
        answer = row["refined"]
        for resampled in range(self._config.resamples + 1):
            grades = {quality: await self._grade(row, answer, quality) for quality in QUALITIES}
            low = min(grades, key=lambda quality: grades[quality])
            if grades[low] >= self._config.least:
                told = {"grades": {name: round(grade, 2) for name, grade in grades.items()}}
                anew = await self._anew(row, answer) if answer != row["refined"] else {}
                return {**row, **anew, **told, "resampled": resampled}
            if resampled < self._config.resamples:
                answer = await self._again(row, answer, low, grades[low])
        raise Rejected(f"not {low}", answer)

    async def _anew(self, row: Row, answer: str) -> Row:
        """What changes with another answer: its score, and its translation, which said the old one."""
        after = await self._scoring.score(
            answer,
            people=self._cultures.get(row["culture"]).name("en"),
            question=row["question"],
            gold=f"{row['fact']} {row['answer']}",
            units=row["units"],
        )
        lacks = {**row.get("lacks", {}), "local": "written anew"} if row["local"] else row.get("lacks", {})
        return {"refined": answer, "refined_f1": round(after.f1, 3), "local": None, "lacks": lacks}

    async def _grade(self, row: Row, answer: str, quality: str) -> float:
        """The expected grade, 1 to 5, over the digits' probabilities."""
        prompt = self._prompts.render(
            "grade", "en", question=row["question"], text=answer, quality=quality, meaning=QUALITIES[quality]
        )
        shares = await self._judge.shares(prompt, _GRADES)
        if shares is None:
            raise Rejected("no grade", answer)
        return sum(int(digit) * share for digit, share in shares.items())

    async def _again(self, row: Row, answer: str, quality: str, grade: float) -> str:
        prompt = self._prompts.render(
            "resample",
            "en",
            culture=self._cultures.get(row["culture"]).name("en"),
            question=row["question"],
            gold=f"{row['fact']} {row['answer']}",
            quality=quality,
            grade=f"{grade:.1f}",
            answer=answer,
        )
        reply = await self._teacher.ask(prompt)
        if not reply.finished or len(reply.text) < SHORTEST:
            raise Rejected("resample cut off" if not reply.finished else "no resample", reply.text)
        if OF_ITSELF.search(reply.text):
            raise Rejected("resample speaks of answers", reply.text)
        return reply.text

"""Each stage's own work, on a teacher by rules."""

import pytest

from alignment.chat import CallFailed, Misconfigured
from alignment.config import JudgeConfig, QuestionConfig, RespondConfig
from alignment.critique import CritiqueStage
from alignment.judge import JudgeStage
from alignment.question import QuestionStage, read_draft
from alignment.respond import RespondStage
from alignment.scoring import Scoring
from alignment.stage import Rejected
from tests.alignment.conftest import teach

PLANNED = {"id": "CN-001", "culture": "CN", "domain": "food", "facet": "tea", "turn": 0}
ASKED = {
    **PLANNED,
    "fact": "Tea is poured for the elders first.",
    "question": "Whom do I pour tea for first?",
    "answer": "For the eldest at the table, then by age, yourself last.",
}
CANDIDATES = [{"model": "a", "text": "The eldest."}, {"model": "b", "text": "Yourself."}]
ANSWERED = {**ASKED, "candidates": CANDIDATES}


def scoring(made, prompts, tag="zh"):
    return Scoring(made, made, prompts, lambda text: {"en"} if text.isascii() else {tag})


def embed(text):
    """Texts of one length are alike, and none the opposite of another."""
    import numpy as np

    angle = len(text) % 10 / 10
    return np.asarray([np.cos(angle), np.sin(angle)], dtype=np.float32)


class TestQuestion:
    def stage(self, endpoint, prompts, cultures, say, **ways):
        made = endpoint(say)
        return made, QuestionStage(made, made, prompts, cultures, embed, QuestionConfig(**ways), seed=1)

    async def test_the_best_draft_is_kept_and_counts(self, endpoint, prompts, cultures):
        made, stage = self.stage(endpoint, prompts, cultures, teach)
        row = await stage(PLANNED)
        assert row["question"].startswith("How do we in")
        assert row["score"] >= row["first_score"]
        again = await stage({**PLANNED, "id": "CN-002"})
        assert again["new"] < row["new"]
        prompts_sent = [one["messages"][0]["content"] for one in made.heard]
        assert any("The weaker draft" in one for one in prompts_sent)

    async def test_two_turns_of_a_facet_are_asked_otherwise(self, endpoint, prompts, cultures):
        """Else a teacher that honours seeds writes the same drafts for both."""
        made, stage = self.stage(endpoint, prompts, cultures, teach, rounds=1, drafts=1)
        first = await stage(PLANNED)
        await stage({**PLANNED, "id": "CN-049", "turn": 1})
        one, other = (body for body in made.heard if "Write one question" in body["messages"][0]["content"])
        assert one["seed"] != other["seed"]
        assert f"None of these: {first['question']}" in other["messages"][0]["content"]

    async def test_no_verdict_is_none(self, endpoint, prompts, cultures):
        def say(body):
            return "Well," if "Of which people" in body["messages"][0]["content"] else teach(body)

        _, stage = self.stage(endpoint, prompts, cultures, say)
        with pytest.raises(Rejected, match="no verdict"):
            await stage(PLANNED)

    async def test_distinctiveness_is_a_difference_of_logs(self, endpoint, prompts, cultures):
        def say(body):
            asked = body["messages"][0]["content"]
            if "Of which people" in asked:
                letter = next(line[0] for line in asked.splitlines() if line.endswith(". China"))
                return {letter: 0.8, "ABCDEF".replace(letter, "")[0]: 0.2}
            return teach(body)

        _, stage = self.stage(endpoint, prompts, cultures, say, rounds=1, drafts=1)
        assert (await stage(PLANNED))["distinct"] == pytest.approx(1.386, abs=0.001)  # log 4

    async def test_it_could_be_taken_for_its_neighbours(self, endpoint, prompts, cultures):
        _, stage = self.stage(endpoint, prompts, cultures, teach)
        argentina = cultures.get("AR")
        others = stage.others(argentina)
        assert len(others) == 5
        assert others[0].id == "CL"
        assert all(one.sector == "latin-american" for one in others)

    @pytest.mark.parametrize(
        ("fact", "more"),
        [
            ("One true sentence about China, with the names that people there use.", ""),
            ("Tea is old.", "This new draft is better."),
        ],
    )
    async def test_the_prompts_own_words_are_no_draft(self, endpoint, prompts, cultures, fact, more):
        """Small teachers give the form back with nothing in it, and praise what they have written."""
        echo = f"Fact: {fact}\nQuestion: Is tea old?\nAnswer: It is old. {more}"
        _, stage = self.stage(endpoint, prompts, cultures, lambda _: echo)
        with pytest.raises(Rejected, match="unreadable"):
            await stage(PLANNED)

    async def test_what_cannot_be_read_is_rejected(self, endpoint, prompts, cultures):
        _, stage = self.stage(endpoint, prompts, cultures, lambda _: "I cannot do that.")
        with pytest.raises(Rejected, match="unreadable") as caught:
            await stage(PLANNED)
        assert caught.value.seen == "I cannot do that."


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Fact: Tea is old.\nQuestion: Is tea old?\nAnswer: It is old.", True),
        ("**Fact:** Tea is old.\n\n**Question:** Is tea old?\n\n**Answer:** It is old.", True),
        ("Fact: Tea is old.\nQuestion:\nAnswer: It is old.", False),
        ("Fact: Tea is old.", False),
        ("Fact: Tea is old.\nQuestion: Tell me of tea.\nAnswer: It is old.", False),
        ("", False),
    ],
)
def test_drafts_are_read_leniently(text, found):
    assert (read_draft(text) == ("Tea is old.", "Is tea old?", "It is old.")) == found


def test_a_second_draft_is_not_mixed_with_the_first():
    one = "Fact: Tea is old.\nQuestion: Is tea old?\nAnswer: It is old."
    assert read_draft(f"{one}\n\nFact: Rice is new.\nQuestion: Is rice new?", finished=False) == read_draft(
        one
    )
    assert read_draft(one, finished=False) is None


class TestRespond:
    async def test_candidates_differ_and_modes_are_asked_as_that_culture(self, endpoint):
        made = endpoint(lambda body: "same" if "multiplex" in body["model"] else f"by {body['seed']}")
        row = await RespondStage(made, RespondConfig(), seed=5)(ASKED)
        assert [one["text"] for one in row["candidates"]] == ["by 5", "same", "by 7"]
        assert made.heard[0]["polylect"] == {"cultures": ["CN"], "live": False}

    async def test_what_fails_is_left_out_unless_all_do(self, endpoint):
        made = endpoint(lambda body: 400 if body["model"] == "polylect/expert" else "fine")
        row = await RespondStage(made, RespondConfig(), seed=5)(ASKED)
        assert [one["model"] for one in row["candidates"]] == ["polylect/multiplex"]
        assert row["lacks"] == {"polylect/expert": "failed"}
        with pytest.raises(CallFailed):
            await RespondStage(endpoint(lambda _: 400), RespondConfig(), seed=5)(ASKED)

    async def test_a_model_that_is_not_there_is_no_candidate_less(self, endpoint):
        made = endpoint(lambda body: 404 if body["model"] == "polylect/expert" else "fine")
        with pytest.raises(Misconfigured, match="404"):
            await RespondStage(made, RespondConfig(), seed=5)(ASKED)

    async def test_what_was_cut_off_is_no_candidate(self, endpoint):
        made = endpoint(lambda body: ("The elde",) if "multiplex" in body["model"] else f"by {body['seed']}")
        row = await RespondStage(made, RespondConfig(), seed=5)(ASKED)
        assert [one["text"] for one in row["candidates"]] == ["by 5", "by 7"]
        assert row["lacks"] == {"polylect/multiplex": "cut off"}
        with pytest.raises(Rejected, match="cut off"):
            await RespondStage(endpoint(lambda _: ("The elde",)), RespondConfig(), seed=5)(ASKED)


class TestCritique:
    def stage(self, endpoint, prompts, cultures, say, tag="zh"):
        made = endpoint(say)
        return CritiqueStage(made, prompts, cultures, scoring(made, prompts, tag))

    async def test_the_worst_is_criticised_and_rewritten(self, endpoint, prompts, cultures):
        def say(body):
            asked = body["messages"][0]["content"]
            if "Yes or No" in asked:
                wrong = "Yourself." in asked
                return {"Yes": 0.1 if wrong else 0.9, "No": 0.9 if wrong else 0.1}
            return teach(body)

        row = await self.stage(endpoint, prompts, cultures, say)(ANSWERED)
        assert row["target"] == "Yourself."
        assert row["scores"][0]["f1"] == 1
        assert row["target_f1"] < row["refined_f1"] == 1
        assert row["units"] == ["The elders teach it.", "The young learn it in spring."]
        assert row["local"]["language"] == "zh"

    async def test_a_translation_in_another_language_is_none(self, endpoint, prompts, cultures):
        row = await self.stage(endpoint, prompts, cultures, teach, tag="ja")(ANSWERED)
        assert row["local"] is None
        assert row["lacks"] == {"local": "not in zh"}

    @pytest.mark.parametrize(
        ("asked", "reason"),
        [("Write a critique", "critique cut off"), ("Write the answer anew", "rewrite cut off")],
    )
    async def test_what_was_cut_off_is_not_learned(self, endpoint, prompts, cultures, asked, reason):
        def say(body):
            said = teach(body)
            return (said,) if asked in body["messages"][0]["content"] else said

        with pytest.raises(Rejected, match=reason):
            await self.stage(endpoint, prompts, cultures, say)(ANSWERED)

    @pytest.mark.parametrize(
        "instead",
        [
            "The critique is incorrect: the eldest is served first.",
            "This answer correctly acknowledges that the eldest is served first.",
            "The answer is correct. The eldest is served first, then all others.",
            "This new draft tells that the eldest is served first.",
        ],
    )
    async def test_an_answer_that_speaks_of_answers_is_none(self, endpoint, prompts, cultures, instead):
        def say(body):
            asked_anew = "Write the answer anew" in body["messages"][0]["content"]
            return instead if asked_anew else teach(body)

        with pytest.raises(Rejected, match="speaks of answers"):
            await self.stage(endpoint, prompts, cultures, say)(ANSWERED)

    async def test_a_translation_that_was_cut_off_is_told(self, endpoint, prompts, cultures):
        def say(body):
            said = teach(body)
            return (said,) if "Translate" in body["messages"][0]["content"] else said

        row = await self.stage(endpoint, prompts, cultures, say)(ANSWERED)
        assert (row["local"], row["lacks"]) == (None, {"local": "cut off"})

    async def test_a_unit_that_was_cut_off_is_none(self, endpoint, prompts, cultures):
        made = endpoint(lambda _: ("- The elders teach it.\n- The young learn it in",))
        assert await scoring(made, prompts).units("…") == ["The elders teach it."]

    async def test_a_judge_without_a_verdict_is_no_judge(self, endpoint, prompts, cultures):
        say = lambda body: "Hm." if "Yes or No" in body["messages"][0]["content"] else teach(body)  # noqa: E731
        with pytest.raises(Rejected, match="no verdict"):
            await self.stage(endpoint, prompts, cultures, say)(ANSWERED)

    async def test_no_units_no_item(self, endpoint, prompts, cultures):
        say = lambda body: "-" if "List the facts" in body["messages"][0]["content"] else teach(body)  # noqa: E731
        with pytest.raises(Rejected, match="no units"):
            await self.stage(endpoint, prompts, cultures, say)(ANSWERED)


class TestJudge:
    def stage(self, endpoint, prompts, cultures, say, **ways):
        made = endpoint(say)
        return made, JudgeStage(made, made, prompts, cultures, scoring(made, prompts), JudgeConfig(**ways))

    @pytest.fixture
    def refined(self):
        told = {"units": ["The eldest comes first."], "refined_f1": 0.2, "local": {"language": "zh"}}
        return {**ASKED, "refined": "The eldest first.", **told}

    async def test_a_good_answer_passes_as_it_is(self, endpoint, prompts, cultures, refined):
        _, stage = self.stage(endpoint, prompts, cultures, teach)
        row = await stage(refined)
        assert row["grades"] == {"helpful": 4.5, "harmless": 4.5, "honest": 4.5}
        assert (row["resampled"], row["local"]) == (0, {"language": "zh"})

    async def test_what_falls_short_is_written_anew(self, endpoint, prompts, cultures, refined):
        def say(body):
            asked = body["messages"][0]["content"]
            if "one digit" in asked and "The eldest first." in asked:
                return {"2": 1.0}
            return teach(body)

        _, stage = self.stage(endpoint, prompts, cultures, say)
        row = await stage(refined)
        assert row["resampled"] == 1
        assert row["refined"] != "The eldest first."
        assert row["refined_f1"] == 1, "the score of what is there now"
        assert (row["local"], row["lacks"]) == (None, {"local": "written anew"})

    @pytest.mark.parametrize(
        ("said", "reason"),
        [
            ("", "no resample"),
            (("The eldest is poured for",), "cut off"),
            ("The first answer fails to mention the eldest.", "speaks of answers"),
        ],
    )
    async def test_nothing_is_no_answer(self, endpoint, prompts, cultures, refined, said, reason):
        def say(body):
            asked = body["messages"][0]["content"]
            return {"1": 1.0} if "one digit" in asked else said if "was found not" in asked else teach(body)

        _, stage = self.stage(endpoint, prompts, cultures, say)
        with pytest.raises(Rejected, match=reason):
            await stage(refined)

    async def test_twice_at_most(self, endpoint, prompts, cultures, refined):
        def say(body):
            return {"1": 1.0} if "one digit" in body["messages"][0]["content"] else teach(body)

        made, stage = self.stage(endpoint, prompts, cultures, say)
        with pytest.raises(Rejected, match="not helpful"):
            await stage(refined)
        assert len(made.heard) == 3 * 3 + 2

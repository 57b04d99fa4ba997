"""Watching one text as it is written: a sentence is held back, checked, and released; or the text ends.

What was released is never revised. So a finding ends the text, and what came before it stands.
"""

from agents.guard.guard import Finding, Guard
from agents.guard.sentences import Sentences
from agents.judge import JudgeFailed, judge
from agents.state import Run

_CONTEXT = 1_500  # characters of what was released that a guard model is shown beside a sentence


class Watch:
    """One text. `language` is the one it should be in; `finding` says why it ended early, if it did.

    With `whole`, a guard model is asked once, about all of it, and nothing is released before.
    """

    def __init__(self, run: Run, guard: Guard, language: str | None, *, whole: bool = False) -> None:
        self.finding: Finding | None = None
        self.released = ""
        self._run = run
        self._guard = guard
        self._language = language
        self._whole = whole
        self._sentences = Sentences()
        self._kept = ""

    async def feed(self, piece: str) -> str:
        """What may be shown now that this piece has come."""
        return "".join([await self._pass(sentence) for sentence in self._sentences.feed(piece)])

    async def end(self) -> str:
        """What may be shown now that nothing more will come."""
        rest = await self._pass(self._sentences.end())
        if self._whole and self._kept and not self.finding:
            kept, self._kept = self._kept, ""
            return await self._release(kept)
        return rest

    async def _pass(self, sentence: str) -> str:
        if self.finding or not sentence:
            return ""
        if found := self._guard.check(sentence, self._language):
            self._stop(found)
            return ""
        if self._whole and self._run.limits.guard_model:
            self._kept += sentence
            return ""
        return await self._release(sentence)

    async def _release(self, text: str) -> str:
        if self._run.limits.guard_model:
            try:
                if found := await judge(self._run, self.released[-_CONTEXT:] + text):
                    self._stop(found)
                    return ""
            except JudgeFailed as failure:
                self._run.guarded.unjudged.append(str(failure))
        self.released += text
        return text

    def _stop(self, found: Finding) -> None:
        self.finding = found
        self._sentences.end()

"""One guarded choice of an answer: held back by a sentence, checked, released; asked again where that helps.

What was shown is never revised. So a finding ends a stream, and only an answer that is not shown until it is
complete is revised, once. An answer in another language than the asker's is asked for once more, as long as
nothing of it was shown: its first words are held until their language is known.
"""

from collections.abc import Sequence
from contextlib import aclosing

from agents.answer_language import answer_in
from agents.conversation import append_instruction, user_texts
from agents.errors import BackboneError
from agents.events import ChoiceFinished, Delta
from agents.final_request import final_chunks
from agents.guard.guard import LETTERS, Finding, Guard, same_language
from agents.model import Message, ModelChunk
from agents.state import Run
from agents.watch import Watch

WITHHELD = "content_filter"
_OPENING = {"role", "content", "refusal"}  # what a first chunk says without saying anything


class GuardedChoice:
    """Writes the choice with this index. `language` is the one it should be in, None where unknown."""

    def __init__(self, run: Run, guard: Guard, stage: str, index: int, language: str | None) -> None:
        self._run, self._guard, self._stage = run, guard, stage
        self._index, self._language = index, language
        self._told = False  # something was shown that is no text: the answer cannot begin anew
        self._known = False  # its language: nothing is shown before
        self._held: list[tuple[ModelChunk, int]] = []  # chunks, and where in the text each ends
        self._begun = 0  # characters of text that have come
        self._passed = 0  # of these, how many the guard has let through
        self._text = ""  # these

    async def write(self, messages: Sequence[Message]) -> None:
        """Ask, and ask again where that helps; show what may be shown; say why it ended.

        Raises:
            BackboneError: the call failed; what was let through until then has been shown.
        """
        strays = await self._ask(messages, self._stage, retries=True)
        if strays:
            self._run.guarded.retried = True
            again = append_instruction(messages, answer_in(self._run.prompts, self._language))
            await self._ask(again, self._stage, retries=False)

    async def _ask(self, messages: Sequence[Message], stage: str, *, retries: bool) -> bool:
        """Whether it came in another language, and nothing of it was shown, so that it may be asked again."""
        watch = self._begin(known=not retries)
        reason: str | None = None
        try:
            async with aclosing(final_chunks(self._run, messages, stage, self._index)) as chunks:
                async for chunk in chunks:
                    reason = chunk.finish_reason or reason
                    await self._take(watch, chunk)
                    if watch.finding or (retries and self._begins_to_stray()):
                        break
                    self._show()
        except BackboneError:
            self._pass(await watch.end())
            self._known = True
            self._show()
            raise
        if watch.finding is None:
            self._pass(await watch.end())
        if watch.finding:
            await self._stop(watch.finding, messages, stage)
            return False
        if self._strays() and retries and (self._run.question.whole or not self._known):
            return True
        self._show(last=True)
        self._run.emit(ChoiceFinished(self._index, reason or "stop"))
        return False

    def _begin(self, *, known: bool) -> Watch:
        """`known`: there is no use in waiting for its language, for it will not be asked again."""
        self._held, self._begun, self._passed, self._text = [], 0, 0, ""
        self._known = known or self._language is None or self._is_formal
        asked = "\n".join(user_texts(self._run.question.messages))  # without words of ours
        language = self._language or self._run.asked_in or self._guard.language_of(asked)
        if not self._guard.covers(language):
            self._run.guarded.unchecked.add(language or "unknown")
        return Watch(self._run, self._guard, language, whole=self._run.question.whole)

    async def _take(self, watch: Watch, chunk: ModelChunk) -> None:
        if chunk.text:
            self._begun += len(chunk.text)
            self._held.append((chunk, self._begun))
            self._pass(await watch.feed(chunk.text))
        elif _OPENING.issuperset(chunk.delta) or self._held or self._run.question.whole:
            self._held += [(chunk, self._begun)] if chunk.delta or chunk.logprobs else []
        else:  # a tool's call: nothing to check, and whoever waits sees that something comes
            self._told = self._known = True
            self._emit(chunk)

    def _pass(self, text: str) -> None:
        self._passed += len(text)
        self._text += text

    def _begins_to_stray(self) -> bool:
        """Whether enough was let through, for the first time, to know that it is in another language."""
        if self._known or self._run.question.whole or sum(map(str.isalpha, self._text)) < LETTERS:
            return False
        strays = self._strays()
        self._known = not strays
        return strays

    def _strays(self) -> bool:
        """Whether what was let through is in another language than it should be, as far as it tells."""
        written = self._guard.language_of(self._text)
        self._run.guarded.answered_in = written or self._run.guarded.answered_in
        if self._told or not written or not self._language or self._is_formal:
            return False
        return not same_language(written, self._language)

    @property
    def _is_formal(self) -> bool:
        """Whether the answer is JSON, whose words are in no language."""
        form = self._run.question.parameters.get("response_format")
        return isinstance(form, dict) and form.get("type") != "text"

    def _show(self, *, last: bool = False) -> None:
        """Emit what was let through: whole chunks where probabilities stand by their tokens, else text."""
        if not last and (self._run.question.whole or not self._known):
            return
        ready: list[ModelChunk] = []
        while self._held and (last or self._held[0][1] <= self._passed):
            ready.append(self._held.pop(0)[0])
        if self._held and not self._held[0][0].logprobs:
            chunk, end = self._held[0]
            cut = len(chunk.text) - (end - self._passed)
            if cut > 0:
                ready.append(ModelChunk({**chunk.delta, "content": chunk.text[:cut]}))
                self._held[0] = (ModelChunk({"content": chunk.text[cut:]}), end)
        for chunk in _joined(ready):
            self._emit(chunk)

    def _emit(self, chunk: ModelChunk) -> None:
        self._run.emit(Delta(self._index, chunk.delta, chunk.logprobs))
        self._run.answer.append(chunk.text if self._index == 0 else "")

    async def _stop(self, found: Finding, messages: Sequence[Message], stage: str) -> None:
        """A stream ends with what was let through; what nobody has seen is revised once, then refused."""
        self._run.guarded.found(found)
        if self._run.question.whole and stage != "revise":
            self._run.guarded.revised = True
            await self._ask(self._revision(found, messages), "revise", retries=False)
            return
        if self._run.question.whole:
            self._emit(ModelChunk({"content": "", "refusal": self._run.prompts.render("withheld", "en")}))
        self._known = True
        self._show()
        self._run.guarded.withheld = True
        self._run.emit(ChoiceFinished(self._index, WITHHELD))

    def _revision(self, found: Finding, messages: Sequence[Message]) -> Sequence[Message]:
        draft = "".join(chunk.text for chunk, _ in self._held)
        instruction = self._run.prompts.render(
            "revise",
            "en",
            nonce=self._run.nonce,
            draft=draft.replace(self._run.nonce, "…"),
            finding=found.what,
            answer_in=answer_in(self._run.prompts, self._language),
        )
        return append_instruction(messages, instruction)


def _joined(chunks: Sequence[ModelChunk]) -> list[ModelChunk]:
    """The same with neighbours that are text alone in one: what is shown at once is one piece."""
    joined: list[ModelChunk] = []
    for chunk in chunks:
        last = joined[-1] if joined else None
        if last and chunk.delta.keys() == {"content"} and not (chunk.logprobs or last.logprobs):
            joined[-1] = ModelChunk({**last.delta, "content": last.text + chunk.text})
        else:
            joined.append(chunk)
    return joined

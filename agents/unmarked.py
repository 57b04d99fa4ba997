"""The marks around our material, taken out of what a model says: small ones copy them into their answers.

As it comes: what may begin a mark waits for the next piece, everything else is passed on at once.
A mark is known by its form, not by its nonce, for who copies sixteen characters may copy them wrongly.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

import regex

from agents.errors import BackboneError
from agents.model import ModelChunk

_HEAD = r"(?:Culture: |Reasoned in )[^<>\n]{0,80}\n+"  # a block's first line, as the prompts write it
_MARK = regex.compile(rf"<<(?:perspective|draft|end) [^\s<>]{{1,32}}(?:>{{1,2}}|(?=\n))(?:\n+(?:{_HEAD})?)?")
_AFTER = regex.compile(rf"(?:{_HEAD})?")


async def unmarked(chunks: AsyncGenerator[ModelChunk, None]) -> AsyncGenerator[ModelChunk, None]:
    """The same chunks without marks; it closes `chunks` when it is closed.

    Of a chunk in which some of a mark stands the rest is passed on, without the probabilities of its tokens.
    """
    held: list[ModelChunk] = []  # all with text
    async with aclosing(chunks):
        try:
            async for chunk in chunks:
                if chunk.text:
                    held.append(chunk)
                    if _waits("".join(one.text for one in held)):
                        continue
                    ready, held = _cleared(held), []
                else:
                    ready, held = [*_cleared(held), chunk], []
                for one in ready:
                    yield one
        except BackboneError:
            for one in _cleared(held):
                yield one
            raise
        for one in _cleared(held):
            yield one


def _waits(text: str) -> bool:
    """Whether this ends in a mark, or in what may become one."""
    end = 0
    while found := _MARK.search(text, end, partial=True):
        end = found.end()
        if found.partial:
            return end > found.start()  # an empty one is found at the end of any text
        if _AFTER.fullmatch(text, end, partial=True):
            return True
    return False


def _cleared(chunks: Sequence[ModelChunk]) -> list[ModelChunk]:
    """These without the marks in their text, and without those of which nothing is left."""
    spans = [found.span() for found in _MARK.finditer("".join(chunk.text for chunk in chunks))]
    cleared, start = [], 0
    for chunk in chunks:
        kept = chunk
        for first, last in reversed(spans):
            if first < start + len(chunk.text) and last > start:
                kept = _cut(kept, max(first - start, 0), last - start)
        cleared.append(kept)
        start += len(chunk.text)
    return [one for one in cleared if one.delta or one.finish_reason or one.usage]


def _cut(chunk: ModelChunk, first: int, last: int) -> ModelChunk:
    """The chunk without these characters of its text."""
    text = chunk.text[:first] + chunk.text[last:]
    delta = {name: value for name, value in chunk.delta.items() if name != "content"}
    return replace(chunk, delta=delta | ({"content": text} if text else {}), logprobs=None)

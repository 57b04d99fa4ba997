"""A conversation that is longer than the backbone's context, made to fit by one rule, which is reported.

The system message stays, and the last turn: the asker's last words, with the calls of tools and their
results that followed. Of the turns between them the oldest fall away first, whole. If the last turn alone is
too long, the middle of its longest message is left out, up to a half, and […] stands for it; what is longer
still is left as it is, for the backbone to refuse. Tokens are estimated at three bytes of UTF-8 each, more
than most tokenizers need.
"""

import json
from collections.abc import Sequence

from agents.events import Shortened
from agents.model import Message
from agents.plan import Plan, Voice
from agents.prompting import Prompts
from agents.question import Limits, Question

BYTES = 3  # of UTF-8 a token
LEFT_OUT = "\n[…]\n"
MARKERS = 60  # tokens of labels and markers around what one voice said


def shorten(messages: Sequence[Message], room: int) -> tuple[tuple[Message, ...], Shortened | None]:
    """The conversation in `room` tokens, as far as its rule allows; None where nothing was left out."""
    first = 1 if messages and messages[0]["role"] == "system" else 0
    system, turns = list(messages[:first]), list(messages[first:])
    sizes = [tokens([turn]) for turn in turns]
    over = tokens(system) + sum(sizes) - room
    if over <= 0 or not turns:
        return tuple(messages), None
    last = _last_turn(turns)
    dropped = cut = 0
    while over > 0 and dropped < last:
        over -= sizes[dropped]
        dropped += 1
    while dropped < last and turns[dropped]["role"] != "user":
        dropped += 1  # an answer without its question, a tool's result without its call
    kept = turns[dropped:]
    if over > 0:
        longest = max(range(len(kept)), key=lambda at: len(_words(kept[at])))
        kept[longest], cut = _without_middle(kept[longest], over)
        if not cut:
            return tuple(messages), None
    return (*system, *kept), Shortened(dropped, cut)


def _last_turn(turns: Sequence[Message]) -> int:
    """Where the asker's last words stand; where there are none, the last message."""
    asked = (at for at in reversed(range(len(turns))) if turns[at]["role"] == "user")
    return next(asked, len(turns) - 1)


def room_for(plan: Plan, question: Question, prompts: Prompts, limits: Limits) -> int | None:
    """How many tokens of the backbone's context are left to the conversation; None where unknown.

    The fullest call of the run decides: a voice with its persona and page, or the synthesis with all that
    voices may say, twice in a debate.
    """
    context = limits.contexts.get(question.backbone or "")
    if context is None:
        return None
    asked = question.parameters.get("max_completion_tokens") or question.parameters.get("max_tokens")
    answer = asked if isinstance(asked, int) else limits.answer_tokens
    said = len(plan.voices) * (limits.voice_tokens + MARKERS) * plan.rounds
    last = "synthesise" if plan.voices else "contextual"
    final = prompts.size(last, "en") // BYTES + said + answer
    voices = [_voice_words(prompts, voice) // BYTES + limits.voice_tokens for voice in plan.voices]
    return context - max([final, *(one + (said if plan.rounds > 1 else 0) for one in voices)])


def _voice_words(prompts: Prompts, voice: Voice) -> int:
    page = prompts.size(f"cultures/{voice.culture}", voice.language) if voice.page else 0
    return page + prompts.size("perspective", voice.language)


def tokens(messages: Sequence[Message]) -> int:
    """How many tokens these are at most, as a rule: all their fields as JSON."""
    return sum(-(-len(_written(message).encode("utf-8", "replace")) // BYTES) for message in messages)


def _words(message: Message) -> str:
    content = message.get("content")
    return content if isinstance(content, str) else ""


def _written(message: Message) -> str:
    content = message.get("content")
    others = {name: value for name, value in message.items() if name not in {"role", "content"} and value}
    said = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False) if content else ""
    return said + (json.dumps(others, ensure_ascii=False, default=str) if others else "")


def _without_middle(message: Message, over: int) -> tuple[Message, int]:
    """The message shorter by `over` tokens, where it is words; and how many characters went."""
    content = _words(message)
    size = len(content.encode("utf-8", "replace"))
    kept = size - over * BYTES - len(LEFT_OUT.encode())
    if kept < size // 2:
        return message, 0
    share = int(len(content) * kept / size) // 2
    shorter = content[:share] + LEFT_OUT + content[len(content) - share :]
    return {**message, "content": shorter}, len(content) - 2 * share

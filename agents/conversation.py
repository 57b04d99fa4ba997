"""How a conversation is laid out for the backbone.

Everything through the end of the last user message is the same for all voices of a request; what a voice is
told is appended after it, inside that message. So the backbone's prefix cache serves all voices, and chat
templates that refuse late system messages or consecutive user turns still take it.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from agents.model import Message

_RECALLED_CHARACTERS = 400
SYSTEM_ROLES = frozenset({"system", "developer"})


def merge_system(messages: Iterable[Message]) -> tuple[Message, ...]:
    """The same conversation with all its system and developer messages merged into one, in front."""
    messages = tuple(messages)
    others = tuple(message for message in messages if message["role"] not in SYSTEM_ROLES)
    merged = system_text(messages)
    return ({"role": "system", "content": merged}, *others) if merged else others


def system_text(messages: Iterable[Message]) -> str:
    """What all system and developer messages say, parted by empty lines."""
    instructions = [text_of(message) for message in messages if message["role"] in SYSTEM_ROLES]
    return "\n\n".join(text for text in instructions if text)


def without_tools(messages: Iterable[Message]) -> tuple[Message, ...]:
    """The conversation as words alone: what voices see, who get neither tools nor images.

    A tool's result becomes a user's text, an assistant's call falls away, consecutive turns of one role are
    joined.
    """
    words: list[Message] = []
    for message in messages:
        role = "user" if message["role"] in {"tool", "function"} else message["role"]
        content = text_of(message)
        if not content:
            continue
        if words and words[-1]["role"] == role:
            content = f"{words.pop()['content']}\n\n{content}"
        words.append({"role": role, "content": content})
    return tuple(words)


def append_instruction(messages: Sequence[Message], instruction: str) -> tuple[Message, ...]:
    """The conversation with `instruction` at the end of its last message, which is or becomes the user's."""
    if not messages or messages[-1]["role"] != "user":
        return (*messages, {"role": "user", "content": instruction})
    last = messages[-1]
    content = last.get("content")
    longer: str | list[Any]
    if isinstance(content, str) or content is None:
        longer = f"{content or ''}\n\n{instruction}"
    else:
        longer = [*content, {"type": "text", "text": f"\n\n{instruction}"}]
    return (*messages[:-1], {**last, "content": longer})


def recall(messages: Sequence[Message]) -> str:
    """The asker's last words once more, quoted, to stand at the very end of an instruction.

    A small model answers what it read last: after a persona of 250 words SmolLM2-135M had forgotten the
    question. Nothing for a question so long that it would have to be read twice.
    """
    last = (user_texts(messages) or ("",))[-1].strip()
    if not last or len(last) > _RECALLED_CHARACTERS:
        return ""
    return "\n\n" + "\n".join(f"> {line}".rstrip() for line in last.splitlines())


def opening(messages: Sequence[Message]) -> str:
    """A word for how a conversation begins, its system message and first turn: the same in every turn."""
    first = next((at for at, one in enumerate(messages) if one["role"] == "user"), 0)
    begins = "\0".join(text_of(message) for message in messages[: first + 1])
    return hashlib.blake2b(begins.encode("utf-8", "replace"), digest_size=8).hexdigest()


def prepend_system(messages: Sequence[Message], instruction: str) -> tuple[Message, ...]:
    """The conversation with `instruction` after what its own leading system message says."""
    return merge_system((*messages[:1], {"role": "system", "content": instruction}, *messages[1:]))


def text_of(message: Message) -> str:
    """The words of a message: its text parts joined, an image as `[image]`."""
    content = message.get("content")
    if content is None or isinstance(content, str):
        return content or ""
    return "\n".join(_text_of_part(part) for part in content)


def user_texts(messages: Iterable[Message]) -> tuple[str, ...]:
    """What the user said, turn by turn, oldest first."""
    return tuple(text_of(message) for message in messages if message["role"] == "user")


def _text_of_part(part: Any) -> str:
    if isinstance(part, str):
        return part
    kind = str(part.get("type", "part"))
    return str(part.get("text") or "") if "text" in kind else f"[{kind.removeprefix('input_').split('_')[0]}]"

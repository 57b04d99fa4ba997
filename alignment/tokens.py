"""Dialogues as tokens, by the model's own chat template: what is read, and what of it is learned."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from alignment.backbone import CannotTrain
from alignment.dialogues import Dialogue, Message, Pair

UNLEARNED = -100  # a label that the loss passes over


@dataclass(frozen=True, slots=True)
class Row:
    """`labels`: the token where it is learned, UNLEARNED elsewhere."""

    input_ids: list[int]
    labels: list[int]


def row(tokenizer: Any, messages: Sequence[Message]) -> Row:
    """A dialogue's tokens. Of a learned message the loss counts its words and the token that ends it, not the
    template's frame.

    Raises:
        CannotTrain: the template writes earlier turns otherwise once later ones follow, so that what a model
            would learn is not what it is asked for when it serves.
    """
    written = _ids(tokenizer, messages)
    labels = [UNLEARNED] * len(written)
    for at, message in enumerate(messages):
        if not message.learned:
            continue
        before = _ids(tokenizer, messages[:at], asked=True)
        after = _ids(tokenizer, messages[: at + 1])
        if written[: len(before)] != before or written[: len(after)] != after:
            raise CannotTrain(
                "train.base: its chat template rewrites earlier turns, so that a dialogue cannot be learned. "
                "Name a model whose template does not (Qwen2.5, SmolLM2)."
            )
        end = len(after)
        if tokenizer.eos_token_id in after[len(before) :]:
            while written[end - 1] != tokenizer.eos_token_id:
                end -= 1
        labels[len(before) : end] = written[len(before) : end]
    return Row(written, labels)


def rows(tokenizer: Any, dialogues: Sequence[Dialogue], most: int) -> list[tuple[Dialogue, Row]]:
    """Those of `most` tokens or fewer, with their tokens: an answer cut off would teach to break off."""
    whole = [(one, row(tokenizer, one.messages)) for one in dialogues]
    return [(one, made) for one, made in whole if len(made.input_ids) <= most]


def preferences(tokenizer: Any, pairs: Sequence[Pair], most: int) -> list[dict[str, list[dict[str, str]]]]:
    """The pairs as TRL takes them, of `most` tokens or fewer on either side."""
    kept = []
    for pair in pairs:
        asked = Message("user", pair.question)
        answers = [Message("assistant", text) for text in (pair.chosen, pair.rejected)]
        if all(len(_ids(tokenizer, (asked, one))) <= most for one in answers):
            chosen, rejected = ([_turn(one)] for one in answers)
            kept.append({"prompt": [_turn(asked)], "chosen": chosen, "rejected": rejected})
    return kept


def _ids(tokenizer: Any, messages: Sequence[Message], *, asked: bool = False) -> list[int]:
    turns = [_turn(one) for one in messages]
    found = tokenizer.apply_chat_template(turns, add_generation_prompt=asked, return_dict=False)
    return list(found)


def _turn(message: Message) -> dict[str, str]:
    return {"role": message.role, "content": message.content}

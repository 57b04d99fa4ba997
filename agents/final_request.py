"""What the final stage asks the backbone: the asker's own parameters, and a bound on the answer."""

from collections.abc import Sequence
from typing import Any

from agents.model import Message, ModelRequest
from agents.state import Run


def final_request(run: Run, messages: Sequence[Message], stage: str, index: int) -> ModelRequest:
    """The call that writes the choice with this index."""
    parameters = _parameters(run, stage, index)
    return ModelRequest(messages, stage, run.question.backbone, parameters, conversation=run.conversation)


def _parameters(run: Run, stage: str, index: int) -> dict[str, Any]:
    """The asker's own; a bound on the answer where there is none, for small models that find no end.

    Of the two names of that bound the newer one wins. Choices after the first get a seed of their own, or all
    would be the same. `direct` changes nothing else.
    """
    parameters = dict(run.question.parameters)
    if stage != "direct" and not {"max_tokens", "max_completion_tokens"} & parameters.keys():
        parameters["max_tokens"] = run.limits.answer_tokens
    if "max_completion_tokens" in parameters:
        parameters.pop("max_tokens", None)
    if index and isinstance(parameters.get("seed"), int):
        parameters["seed"] += index
    return parameters

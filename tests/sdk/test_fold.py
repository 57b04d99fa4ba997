"""Chunks, folded: what OpenAI's fields need, whatever the order."""

from openai.types.chat import ChatCompletionChunk
from polylect.fold import Fold


def folded(*choices, **head):
    fold = Fold()
    for choice in choices:
        chunk = {"id": "chatcmpl-1", "created": 1, "model": "any", "choices": [choice], **head}
        fold.add(ChatCompletionChunk.construct(None, **chunk))
    return fold


def piece(index=0, finish_reason=None, logprobs=None, **delta):
    return {"index": index, "delta": delta, "finish_reason": finish_reason, "logprobs": logprobs}


def test_choices_are_sorted_whichever_began():
    fold = folded(piece(1, content="b"), piece(0, content="a"), piece(1, content="B"), piece(1, "stop"))
    assert fold.ended
    told = [(one.index, one.message.content, one.finish_reason) for one in fold.completion(None).choices]
    assert told == [(0, "a", None), (1, "bB", "stop")]


def test_tool_calls_are_put_together():
    first = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "weather", "arguments": ""}}
    other = {"index": 1, "id": "call_2", "type": "function", "function": {"name": "time", "arguments": "{}"}}
    more = [{"index": 0, "function": {"arguments": piece}} for piece in ('{"city":', '"Lima"}')]
    fold = folded(
        piece(role="assistant", content=""),
        piece(tool_calls=[first]),
        *(piece(tool_calls=[one]) for one in (more[0], other, more[1])),
        piece(finish_reason="tool_calls"),
    )
    message = fold.completion(None).choices[0].message
    told = [(call.id, call.function.name, call.function.arguments) for call in message.tool_calls]
    assert told == [("call_1", "weather", '{"city":"Lima"}'), ("call_2", "time", "{}")]
    assert message.content is None


def test_texts_of_any_name_logprobs_and_usage_are_kept():
    probable = [{"token": "a", "logprob": -0.5, "bytes": None, "top_logprobs": []}]
    fold = folded(
        piece(reasoning_content="well", refusal="I"),
        piece(
            reasoning_content=", then", refusal=" will not", logprobs={"content": probable, "refusal": None}
        ),
        piece(content="a", logprobs={"content": probable}),
        usage={"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
    )
    completion = fold.completion({"mode": "multiplex"})
    message = completion.choices[0].message
    assert (message.content, message.refusal, message.reasoning_content) == ("a", "I will not", "well, then")
    assert len(completion.choices[0].logprobs.content) == 2
    assert (completion.usage.total_tokens, completion.polylect) == (3, {"mode": "multiplex"})
    assert not fold.ended

"""What tells one conversation from another, and is the same in all of its turns."""

import json
from typing import Any

import pytest

from service.upstream.opening import opening

LONG = {"role": "system", "content": "You serve the customers of a shop. " * 200}
ASKED = {"role": "user", "content": "Who eats first?"}
OTHER = {"role": "user", "content": "Who pours the tea?"}
LATER = [{"role": "assistant", "content": "The elders."}, {"role": "user", "content": "Why?"}]


def of(**body: Any) -> bytes:
    return opening(json.dumps({"model": "scripted", **body}).encode())


@pytest.mark.parametrize("name", ["messages", "input"])
def test_the_turns_of_a_conversation_share_it_and_other_conversations_do_not(name):
    first = of(**{name: [LONG, ASKED]})
    assert of(**{name: [LONG, ASKED, *LATER]}, stream=True, temperature=0.5) == first
    assert of(**{name: [LONG, OTHER]}) != first
    assert of(**{name: [{**LONG, "content": "Be brief."}, ASKED]}) != first


def test_instructions_are_a_system_prompt():
    assert of(instructions="Be brief.", input=[ASKED]) != of(instructions="Be kind.", input=[ASKED])


@pytest.mark.parametrize(
    "bodies",
    [
        [{"prompt": LONG["content"] + text} for text in "ab"],
        [{"input": LONG["content"] + text} for text in "ab"],
        [{"input": [LONG["content"], text]} for text in "ab"],
        [{"messages": [LONG, {"role": "assistant", "content": text}]} for text in "ab"],
    ],
)
def test_of_what_has_no_turns_all_of_it_counts(bodies):
    one, other = bodies
    assert of(**one) != of(**other)
    assert of(**one) == of(**one)


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'"x"', b'{"messages": 5}', b'{"messages": [null, 7]}'])
def test_odd_bodies_have_one_too(body):
    assert len(opening(body)) == 16

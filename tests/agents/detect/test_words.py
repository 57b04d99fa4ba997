"""Words are counted alike in every language."""

import unicodedata

import pytest

from agents.detect.words import Words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("  ... !", 0),
        ("Hello, world's 3.5 apples – don't", 5),
        ("snake_case and well-known", 4),
        ("हिन्दी में बात", 3),
        ("اللُّغَةُ العربية", 2),
        ("안녕하세요 여러분", 2),
        ("日本", 1),
        ("日本語の文章です", 4),
        ("คนไทยกินอะไร", 4),
        ("我爱 Python 3", 3),
    ],
)
def test_words(text, words):
    assert Words().count(text) == words
    assert Words().count(unicodedata.normalize("NFD", text)) == words

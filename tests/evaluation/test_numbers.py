"""Numerals of many scripts and habits, read as people mean them; an answer only where it was asked for."""

from decimal import Decimal

import pytest

from evaluation.numbers import numbers_in, parse_number


@pytest.mark.parametrize(
    ("text", "language", "numbers"),
    [
        ("18", "en", ["18"]),
        ("1,234.5", "en", ["1234.5"]),
        ("1.234,5", "de", ["1234.5"]),
        ("1.234", "en", ["1.234"]),
        ("1.234", "de", ["1234"]),
        ("1.234.567", "en", ["1234567"]),
        ("1,00,000", "en", ["100000"]),
        ("3,5", "fr", ["3.5"]),
        ("0,125", "de", ["0.125"]),
        ("0.125", "de", ["0.125"]),
        (".5", "en", ["0.5"]),
        ("12 345", "fr", ["12345"]),
        ("12\u202f345,5", "fr", ["12345.5"]),
        ("1'234", "de", ["1234"]),
        ("১২৩", "bn", ["123"]),
        ("१२३", "hi", ["123"]),
        ("٣٬٤٥٦٫٧", "ar", ["3456.7"]),
        ("۱۲", "fa", ["12"]),
        ("๔๒ บาท", "th", ["42"]),
        ("౧౦", "te", ["10"]),
        ("１，２３４", "ja", ["1234"]),
        ("答案是18元。", "zh", ["18"]),
        ("$1,234.00", "en", ["1234"]),
        ("-5", "en", ["-5"]),
        ("−7", "en", ["-7"]),
        ("-$5", "en", ["-5"]),
        ("10-5", "en", ["10", "5"]),
        ("25 m²", "en", ["25"]),
        (r"\boxed{1{,}000}", "en", ["1000"]),
        ("2 million", "en", [None]),
        ("1万", "zh", [None]),
        ("3k", "en", [None]),
        ("2e3", "en", [None]),
        ("x2 and nothing", "en", []),
        ("7, 8 and 9.", "en", ["7", "8", "9"]),
        ("7:30", "en", ["7", "30"]),
    ],
)
def test_numbers_in(text, language, numbers):
    assert numbers_in(text, language) == [None if one is None else Decimal(one) for one in numbers]


@pytest.mark.parametrize(
    ("reply", "language", "number"),
    [
        ("Answer: 5", "en", "5"),
        ("2 + 3 = 5\n\nAnswer: 5", "en", "5"),
        ("**Answer:** 5", "en", "5"),
        ("Answer: **$1,200**.", "en", "1200"),
        ("answer : 5 apples", "en", "5"),
        ("#### Answer: 5", "en", "5"),
        (r"Answer: \(\boxed{72}\)", "en", "72"),
        ("Answer: 5\nNo, wait.\nAnswer: 6", "en", "6"),
        ("答案：１８", "zh", "18"),
        ("答え: 18個", "ja", "18"),
        ("উত্তর: ১২", "bn", "12"),
        ("คำตอบ: ๔๒", "th", "42"),
        ("Réponse : 1 234,5", "fr", "1234.5"),
        ("Antwort: 1.234", "de", "1234"),
        ("Answer: 5.0", "en", "5"),
        ("5", "en", None),
        ("The answer is 5", "en", None),
        ("Answer:\n5", "en", None),
        ("Answer: five", "en", None),
        ("Answer: 2 + 3 = 5", "en", None),
        ("Answer: 5 or 6", "en", None),
        ("Answer: 3 million", "en", None),
        ("Answer: 5\nAnswer: unknown", "en", None),
        ("My answer: 5", "en", None),
        ("", "en", None),
        (r"First 3. So she has \(\boxed{30}\).", "en", "30"),
        (r"\boxed{4}, then \[\boxed{1{,}200}\]", "en", "1200"),
        (r"\boxed{x}", "en", None),
        ("\\boxed{4}\nAnswer: 5", "en", "5"),
    ],
)
def test_only_the_last_answer_line_counts(reply, language, number):
    assert parse_number(reply, language) == (None if number is None else Decimal(number))

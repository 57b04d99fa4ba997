"""Without a map: a prior, and said to be one."""

import pytest

from agents.cultures.cultures import Cultures
from agents.knowledge.prior import Prior


@pytest.fixture(scope="module")
def prior():
    return Prior.load()


@pytest.mark.parametrize(
    ("languages", "chosen"),
    [
        (["ja"], "ja"),
        (["sw", "en"], "en"),
        (["am"], "en"),
        (["qu", "es"], "es"),
        (["zh-Hant"], "zh"),
        ([], "en"),
    ],
)
def test_the_first_language_with_enough_text(prior, languages, chosen):
    route = prior.route(languages)
    assert route.language.split("-")[0] == chosen
    assert not route.known
    assert route.why.startswith("a prior: no knowledge map")


def test_it_is_said_what_there_is_too_little_of(prior):
    assert prior.route(["am", "om"]).why.endswith("too little text in am, om")


def test_every_curated_culture_has_one(prior):
    for culture in Cultures.load():
        assert prior.has_enough(prior.route(culture.languages).language)

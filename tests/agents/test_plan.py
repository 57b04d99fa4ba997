"""The table of modes, row by row, and who speaks."""

import pytest

from agents import FakeModel, UnknownCulture, UnsupportedOption


@pytest.fixture
def plan(pipeline, question):
    def build(text, mode="auto", cultures=(), *, limits=None, **more):
        return pipeline(FakeModel(), **(limits or {})).plan(
            question(text, mode=mode, cultures=cultures, **more)
        )

    return build


WEDDINGS = "Compare weddings in India and Mexico."
BOWING = "Why do Japanese people bow when they greet each other?"
SUM = "What is 12 * 12?"


@pytest.mark.parametrize(
    ("text", "asked", "cultures", "mode"),
    [
        (SUM, "auto", (), "direct"),
        (BOWING, "auto", (), "contextual"),
        (WEDDINGS, "auto", (), "multiplex"),
        (SUM, "auto", ("JP",), "contextual"),
        (SUM, "auto", ("JP", "KE"), "multiplex"),
        (SUM, "multiplex", (), "multiplex"),
        (WEDDINGS, "direct", (), "direct"),
        (WEDDINGS, "contextual", (), "contextual"),
    ],
)
def test_the_table_of_modes(plan, text, asked, cultures, mode):
    assert plan(text, asked, cultures).mode == mode


@pytest.mark.parametrize("mode", ["auto", "contextual", "multiplex"])
def test_a_chore_goes_direct_whatever_the_model_id(plan, mode):
    assert plan(WEDDINGS, mode, chore=True).mode == "direct"


def test_tools_without_cultural_context_go_direct(plan):
    tools = {"tools": [{"type": "function", "function": {"name": "f"}}]}
    assert plan("What gifts suit a wedding guest?", parameters=tools).mode == "direct"
    assert plan(WEDDINGS, parameters=tools).mode == "multiplex"


def test_explicit_cultures_are_obeyed_in_their_order(plan):
    made = plan(WEDDINGS, "multiplex", ("KE", "JP"))
    assert [voice.culture for voice in made.voices] == ["KE", "JP"]


def test_a_council_hears_the_relevant_first_then_other_sectors_once_each(plan, knowledge):
    made = plan(WEDDINGS, "multiplex")
    sectors = [knowledge.cultures.get(voice.culture).sector for voice in made.voices]
    assert {voice.culture for voice in made.voices[:2]} == {"IN", "MX"}
    assert len(sectors) == len(set(sectors)) == 6


def test_no_sector_is_always_left_out(plan, knowledge):
    heard = set()
    for number in range(40):
        heard |= {voice.culture for voice in plan(f"What is {number} * 12?", "multiplex").voices}
    assert {knowledge.cultures.get(culture).sector for culture in heard} == set(knowledge.cultures.sectors)


def test_the_same_question_convenes_the_same_council(plan):
    assert plan(SUM, "multiplex") == plan(SUM, "multiplex")


@pytest.mark.parametrize("seats", [1, 3, 8])
def test_max_agents_is_obeyed(plan, seats):
    assert len(plan(WEDDINGS, "multiplex", max_agents=seats).voices) == seats


@pytest.mark.parametrize(
    ("value", "culture"),
    [
        ("JP", "JP"),
        ("jp", "JP"),
        ("ja", "JP"),
        ("Japan", "JP"),
        ("日本", "JP"),
        ("Japón", "JP"),
        ("pt-BR", "BR"),
        ("ar", "arab-world"),
        ("arab-world", "arab-world"),
        ("IN-AS", "IN-AS"),
        ("UZ", "UZ"),
    ],
)
def test_a_culture_may_be_named_by_id_language_or_name(plan, value, culture):
    assert plan(SUM, "multiplex", (value,)).cultures == (culture,)


def test_the_same_culture_named_twice_speaks_once(plan):
    assert plan(SUM, "multiplex", ("JP", "日本", "ja")).cultures == ("JP",)


@pytest.mark.parametrize("value", ["Atlantis", "", "XX", "ZZ", "001", "J" * 60])
def test_an_unknown_culture_is_refused(plan, value):
    with pytest.raises(UnknownCulture, match="Unknown culture"):
        plan(SUM, "multiplex", (value,))


@pytest.mark.parametrize(("value", "meant"), [("Kennya", "KE"), ("JPP", "JP"), ("Deutchland", "DE")])
def test_a_misspelt_culture_gets_near_matches(plan, value, meant):
    with pytest.raises(UnknownCulture) as caught:
        plan(SUM, "multiplex", (value,))
    assert meant in caught.value.near


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"max_agents": 0}, "polylect.max_agents"),
        ({"max_agents": 13}, "polylect.max_agents"),
        ({"cultures": ("JP", "KE", "BR"), "max_agents": 2}, "polylect.cultures"),
        ({"mode": "direct", "cultures": ("JP",)}, "polylect.cultures"),
        ({"mode": "shout"}, "polylect.mode"),
        ({"choices": 9}, "n"),
    ],
)
def test_options_out_of_bounds_are_refused_by_name(plan, more, param):
    with pytest.raises(UnsupportedOption) as caught:
        plan(SUM, **{"mode": "multiplex", **more})
    assert caught.value.param == param


def test_each_voice_reasons_in_its_cultures_main_language(plan):
    made = plan(SUM, "multiplex", ("JP", "EG", "MX"))
    assert [voice.language for voice in made.voices] == ["ja", "ar", "es"]


def test_a_reasoning_language_may_be_set_for_all(plan):
    made = plan(SUM, "multiplex", ("JP", "EG"), reasoning_language="fr")
    assert {voice.language for voice in made.voices} == {"fr"}


def test_a_backbone_that_knows_few_languages_is_not_asked_for_others(plan):
    made = plan(SUM, "multiplex", ("JP", "MX"), limits={"reasoning_languages": ("en", "es")})
    assert [voice.language for voice in made.voices] == ["en", "es"]
    assert "the backbone reasons in en, es alone" in made.voices[0].why
    wished = plan(SUM, "multiplex", ("MX",), limits={"reasoning_languages": ("en",)}, reasoning_language="fr")
    assert wished.voices[0].language == "fr", "what the asker wishes is obeyed"


def test_the_askers_own_culture_has_a_seat_and_the_trace_says_why(plan):
    made = plan(WEDDINGS, "multiplex", audience="KE")
    assert [voice.culture for voice in made.voices[2:3]] == ["KE"]
    assert made.voices[2].why == "the asker's own culture"
    assert len(made.voices) == 6
    assert [voice.culture for voice in made.voices].count("KE") == 1


def test_the_askers_own_sector_is_not_heard_twice(plan, knowledge):
    made = plan(SUM, "multiplex", audience="KE")
    sectors = [knowledge.cultures.get(voice.culture).sector for voice in made.voices]
    assert made.voices[0].culture == "KE"
    assert len(sectors) == len(set(sectors)) == 6


def test_the_askers_own_culture_takes_no_seat_of_those_that_are_named(plan):
    made = plan(WEDDINGS, "multiplex", audience="KE", max_agents=2)
    assert {voice.culture for voice in made.voices} == {"IN", "MX"}


def test_who_chose_the_voices_hears_no_other(plan):
    made = plan(WEDDINGS, "multiplex", ("JP",), audience="KE")
    assert [voice.culture for voice in made.voices] == ["JP"]


def test_an_audience_that_is_named_anyway_speaks_once(plan):
    voices = plan("Compare weddings here in Kenya and in India.", "multiplex").voices
    assert {voice.culture for voice in voices[:2]} == {"KE", "IN"}
    assert all(voice.why != "the asker's own culture" for voice in voices)


def test_an_audience_that_is_in_doubt_has_no_seat(plan):
    said = "I am from Peru, my mother tongue is Turkish, I live in Sweden. What is 12 * 12?"
    made = plan(said, "multiplex")
    assert max(one.weight for one in made.context.audience) < 0.5
    assert all(voice.why != "the asker's own culture" for voice in made.voices)


def test_without_an_audience_the_council_is_the_same(plan):
    assert plan(WEDDINGS, "multiplex", locales=("en", "es")) == plan(WEDDINGS, "multiplex")


@pytest.mark.parametrize("mode", ["auto", "contextual"])
def test_the_audience_changes_no_mode(plan, mode):
    for text in (SUM, BOWING, WEDDINGS):
        assert plan(text, mode, audience="KE").mode == plan(text, mode).mode


@pytest.mark.parametrize("value", ["BR", "pt-BR", "Brasil", "ブラジル", " BR "])
def test_an_audience_is_an_id_a_tag_or_a_name(plan, value):
    assert [one.id for one in plan(SUM, "multiplex", audience=value).context.audience] == ["BR"]


def test_an_audience_that_nobody_knows_is_refused(plan):
    with pytest.raises(UnknownCulture, match="Atlantis") as caught:
        plan(SUM, audience="Atlantis")
    assert caught.value.param == "polylect.audience"

"""Whose culture is the asker's own: what people say of themselves, and which evidence wins."""

import time
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.cultures.cultures import Cultures
from agents.detect.audience import DECAY, RUNG, Asker, homes
from agents.detect.context import ContextDetector

GUEST = "How should I greet a guest?"


def ids(detector: ContextDetector, text: str, **more) -> list[str]:
    return [one.id for one in detector.detect(text, **more).audience]


@pytest.mark.parametrize(
    ("text", "culture"),
    [
        ("I live in Osaka. What do Kenyans eat at weddings?", "JP"),
        ("As a Peruvian, how should I greet a Japanese colleague?", "PE"),
        ("I'm a proud Nigerian. Is it rude to eat with the left hand?", "NG"),
        ("How do people greet elders here in Kenya?", "KE"),
        ("My mother tongue is Hindi; what do Japanese people eat?", "IN"),
        ("Wie feiert man bei uns in Österreich Ostern?", "AT"),
        ("Als Österreicher: was isst man in Japan?", "AT"),
        ("¿Qué se come en Navidad en mi país, Colombia?", "CO"),
        ("Vivo en Perú. ¿Qué llevo a una cena?", "PE"),
        ("Moro no Brasil, que presente levo?", "BR"),
        ("Chez nous au Sénégal, on mange quoi à la fête ?", "SN"),
        ("Abito in Italia, cosa porto a cena?", "IT"),
        ("Ik woon in België, wat eet men met Kerst?", "BE"),
        ("Jag bor i Sverige, vad ger man?", "SE"),
        ("Asun Suomessa, mitä viedä häihin?", "FI"),
        ("Mieszkam w Polsce, co podarować?", "PL"),
        ("Bydlím v Česku, co dát?", "CZ"),
        ("Locuiesc în România, ce cadou?", "RO"),
        ("Magyarországon élek, mit vigyek?", "HU"),
        ("Μένω στην Ελλάδα, τι να πάρω;", "GR"),
        ("Я живу в Казахстане. Что дарят на свадьбу?", "KZ"),
        ("Я живу в Україні, що дарувати?", "UA"),
        ("İstanbul'da yaşıyorum, düğünde ne takılır?", "TR"),
        ("أعيش في مصر. ماذا أقدم هدية؟", "EG"),
        ("من در ایران زندگی می‌کنم", "IR"),
        ("אני גר בישראל, מה מביאים?", "IL"),
        ("मैं भारत में रहता हूँ, शादी में क्या दें?", "IN"),
        ("আমি বাংলাদেশে থাকি, বিয়েতে কী দেব?", "BD"),
        ("大阪に住んでいます。お祝いは何がいいですか？", "JP"),
        ("저는 서울에 살아요. 결혼식에 뭘 입어요?", "KR"),
        ("我住在台湾，过年送什么？", "TW"),
        ("作为一个中国人，去日本要注意什么？", "CN"),
        ("Saya tinggal di Indonesia. Hadiah apa?", "ID"),
        ("Tôi sống ở Việt Nam, nên tặng gì?", "VN"),
        ("Naishi Kenya, nipeleke zawadi gani?", "KE"),
        ("Nakatira ako sa Pilipinas, ano ang ireregalo?", "PH"),
        ("ฉันอยู่ที่ประเทศไทย ควรให้อะไร", "TH"),
    ],
)
def test_what_people_say_of_themselves_is_heard_in_their_language(
    detector: ContextDetector, text: str, culture: str
) -> None:
    context = detector.detect(text)
    assert [one.id for one in context.audience] == [culture]
    own = [span for span in context.spans if span.kind == "audience"]
    assert [span.culture for span in own] == [culture], "said, not merely written in the language"
    assert own[0].text == text[own[0].start : own[0].end] == context.audience[0].evidence[0]


@pytest.mark.parametrize(
    "text",
    [
        "",
        GUEST,
        "What do people in Japan eat?",
        "If I live in Japan, must I bow?",
        "Imagine I live in Japan.",
        "I am not from Japan.",
        "I do not live in Japan.",
        'He said "I live in Japan" and bowed.',
        "„Ich wohne in Japan“, sagte er.",
        "My friend lives in Japan.",
        "As a tourist in Japan, what should I wear?",
        "As a fan of Japanese cinema I ask: who is Kurosawa?",
        "Tell me Japanese jokes.",
        "I'm Jordan. Is tipping ok?",
        "Kannst du uns deutsche Lieder nennen?",
        "Japaner sind höflicher als Deutsche.",
        "¿Como Japón es una isla, comen pescado?",
        "je ne viens pas du Japon",
        "Я не из России. А что там?",
        "我在学习日本文化",
    ],
)
def test_who_does_not_say_it_is_unknown(detector: ContextDetector, text: str) -> None:
    assert ids(detector, text) == []


def test_the_asker_is_not_the_subject_where_somebody_else_is(detector: ContextDetector) -> None:
    context = detector.detect("As a Peruvian, how should I greet a Japanese colleague?")
    assert [one.id for one in context.cultures] == ["JP"]
    assert [one.id for one in context.audience] == ["PE"]


def test_the_asker_is_the_subject_where_nobody_else_is(detector: ContextDetector) -> None:
    context = detector.detect(f"I live in Osaka. {GUEST}")
    assert [one.id for one in context.cultures] == [one.id for one in context.audience] == ["JP"]


def test_here_in_a_place_may_be_asked_about_beside_others(detector: ContextDetector) -> None:
    context = detector.detect("How do people here in Kenya marry, and how do they in Japan?")
    assert {one.id for one in context.cultures} == {"KE", "JP"}
    assert [one.id for one in context.audience] == ["KE"]


RUNGS = [
    ("stated", {"asker": Asker(stated="BR")}, "BR"),
    ("told", {"text": f"I live in Osaka. {GUEST}"}, "JP"),
    ("served", {"asker": Asker(system="You help customers in Kenya.")}, "KE"),
    ("locales", {"asker": Asker(locales=("pt-PT",))}, "PT"),
    ("language", {"text": "집에 온 손님에게 어떻게 인사해야 합니까?"}, "KR"),
]


@pytest.mark.parametrize(("rung", "given", "culture"), RUNGS)
def test_each_rung_alone_tells(detector: ContextDetector, rung: str, given: dict, culture: str) -> None:
    (found,) = detector.detect(**{"text": GUEST, **given}).audience
    assert (found.id, found.weight) == (culture, 1.0), rung


def test_the_higher_rung_leads_and_the_lower_ones_stay(detector: ContextDetector) -> None:
    said = "저는 일본에 살아요. 집에 온 손님에게 어떻게 인사해야 합니까?"
    asker = Asker("BR", "You help customers in Kenya.", ("pt-PT",))
    everything = detector.detect(said, asker=asker).audience
    assert [one.id for one in everything] == ["BR", "JP", "KE", "PT", "KR"]
    assert sum(one.weight for one in everything) == pytest.approx(1)
    for higher, lower in pairwise(everything):
        assert higher.weight == pytest.approx(RUNG * lower.weight)
    assert everything[0].weight > 0.5


def test_all_lower_rungs_together_do_not_overrule_the_highest(detector: ContextDetector) -> None:
    said = "我住在大阪。"
    asker = Asker("BR", "あなたは日本のお客様を助けます。", ("ja-JP", "ja"))
    found = detector.detect(said, asker=asker).audience
    assert [one.id for one in found] == ["BR", "JP"]
    assert found[0].weight > 0.5


def test_the_last_turn_leads_and_earlier_ones_decay(detector: ContextDetector) -> None:
    earlier = ["I live in Osaka.", "As a Peruvian, is that so?"]
    found = detector.detect(f"I am from Kenya. {GUEST}", earlier=earlier).audience
    assert [one.id for one in found] == ["KE", "PE", "JP"]
    assert found[1].weight == pytest.approx(DECAY * found[0].weight)
    assert found[2].weight == pytest.approx(DECAY**2 * found[0].weight)


def test_what_was_said_long_ago_still_outranks_the_system_prompt(detector: ContextDetector) -> None:
    earlier = ["I live in Osaka.", "Thanks.", "And then?", "Go on."]
    asker = Asker(system="You help customers in Kenya.")
    found = detector.detect(GUEST, earlier=earlier, asker=asker)
    assert [one.id for one in found.audience] == ["JP", "KE"]
    assert {span.turn for span in found.spans if span.kind == "audience"} == {-4, "system"}


@pytest.mark.parametrize(
    ("prompt", "culture"),
    [
        ("You are a bot. You help customers in Brazil.", "BR"),
        ("The user is from Kenya.", "KE"),
        ("Country: Brazil", "BR"),
        ("You serve Kenyan customers.", "KE"),
        ("Du hilfst Kunden in Österreich.", "AT"),
        ("Ты помогаешь клиентам в Казахстане.", "KZ"),
        ("あなたは日本のお客様を助けます。", "JP"),
        ("We answer letters here in Kenya.", "KE"),
    ],
)
def test_a_system_prompt_says_whom_it_serves(detector: ContextDetector, prompt: str, culture: str) -> None:
    assert ids(detector, GUEST, asker=Asker(system=prompt)) == [culture]


@pytest.mark.parametrize("prompt", ["You are a Japanese chef.", "You are a travel guide to Japan."])
def test_a_system_prompts_persona_and_subject_are_not_the_askers(
    detector: ContextDetector, prompt: str
) -> None:
    assert ids(detector, GUEST, asker=Asker(system=prompt)) == []


def test_whom_others_serve_is_heard_in_the_system_prompt_alone(detector: ContextDetector) -> None:
    assert ids(detector, "How do shops greet customers in Brazil?") == []


@pytest.mark.parametrize(
    ("locales", "cultures"),
    [
        (("pt-BR", "pt"), ["BR"]),
        (("de-AT", "de-DE"), ["AT", "DE"]),
        (("ja",), ["JP"]),
        (("zh-Hant-TW",), ["TW"]),
        (("en-UK",), ["GB"]),
        (("en", "es", "fr", "ar", "pt", "de"), []),
        (("es-419", "en-001", "en-150"), []),
        (("zh-Hant", "uz-Arab"), []),
        (("xx-ZZ", "en-EU", "ru-SU", "*", "", "-", "\udc80"), []),
    ],
)
def test_regions_and_languages_with_one_home_place_a_locale(
    detector: ContextDetector, locales: tuple[str, ...], cultures: list[str]
) -> None:
    assert ids(detector, GUEST, asker=Asker(locales=locales)) == cultures


def test_no_language_of_the_world_has_a_home() -> None:
    placed = homes()
    world = Cultures.load()._facts.homeless
    assert not world & placed.keys()
    assert not {"ar", "de", "zh", "ru", "fa", "bn", "sw"} & placed.keys()
    assert {"ja": "JP", "ko": "KR", "tr": "TR", "vi": "VN"}.items() <= placed.items()


@given(st.text(st.characters()), st.text(st.characters()), st.lists(st.text(), max_size=3))
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_anything_gives_weights_that_sum_to_one_or_none(
    detector: ContextDetector, text: str, system: str, locales: list[str]
) -> None:
    said = f"I live in Osaka {text} as a Peruvian"
    context = detector.detect(said, earlier=[text], asker=Asker(system=system, locales=tuple(locales)))
    assert not context.audience or sum(one.weight for one in context.audience) == pytest.approx(1)
    turns = {0: said, -1: text, "system": system}
    assert all(turns[one.turn][one.start : one.end] == one.text for one in context.spans)


@pytest.mark.parametrize("piece", ["I live in Osaka ", "我在日本", "as a me my noi ", '"(', "here in "])
def test_a_huge_conversation_takes_bounded_work(detector: ContextDetector, piece: str) -> None:
    huge = piece * (200_000 // len(piece))
    started = time.process_time()
    detector.detect(GUEST, asker=Asker(system=huge, locales=("ja",) * 10_000))
    assert time.process_time() - started < 1

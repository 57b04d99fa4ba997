import unicodedata

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from agents.detect.mentions import Mentions

NAMES = ["Japan", "日本", "اليابان", "한국에서", "Georgia", "Türkiye", "ญี่ปุ่น", "বাংলাদেশে", "guinea pig", "US"]


def cultures(mentions: Mentions, text: str, language: str | None = None) -> list[str]:
    return [mention.culture for mention in mentions.find(text, language=language)]


@pytest.mark.parametrize(
    ("text", "culture"),
    [
        ("What is polite in Japan?", "JP"),
        ("what do people in japan eat", "JP"),
        ("WHAT DO PEOPLE IN JAPAN EAT", "JP"),
        ("weddings in South Korea", "KR"),
        ("Mexico City at night", "MX"),
        ("a week in New Mexico", "US"),
        ("the U.S. and its holidays", "US"),
        ("the food of Assam", "IN-AS"),
        ("Sundanese weddings", "ID-JB"),
        ("pernikahan di Jawa Barat", "ID-JB"),
        ("tikanga on the marae", "maori"),
        ("weddings in Northern Nigeria", "hausa"),
        ("Japón y sus costumbres", "JP"),
        ("das Leben in Österreich", "AT"),
        ("Çay Türkiye'de nasıl içilir?", "TR"),
        ("在日本送礼", "JP"),
        ("中華料理", "CN"),
        ("タイ人の習慣", "TH"),
        ("คนไทยกินอะไร", "TH"),
        ("ภาษาญี่ปุ่น", "JP"),
        ("Đám cưới ở Việt Nam", "VN"),
        ("भारतीय शादी", "IN"),
    ],
)
def test_finds_what_is_named(mentions: Mentions, text: str, culture: str) -> None:
    assert cultures(mentions, text) == [culture]


@pytest.mark.parametrize(
    ("text", "language", "culture"),
    [
        ("Japonyadaki düğünler", "tr", "JP"),
        ("Almanların bayramları", "tr", "DE"),
        ("Häät Japanissa", "fi", "JP"),
        ("esküvő Magyarországon", "hu", "HU"),
        ("w Japonii", "pl", "JP"),
        ("v Číně", "cs", "CN"),
        ("свадьба в Японии", "ru", "JP"),
        ("японскую кухню", "ru", "JP"),
        ("традиції українців", "uk", "UA"),
        ("las costumbres mexicanas", "es", "MX"),
        ("les Brésiliennes", "fr", "BR"),
        ("japanische Feste", "de", "JP"),
        ("στην Ιαπωνία και της Ιαπωνίας", "el", "JP"),
        ("한국에서는", "ko", "KR"),
        ("일본인들의 결혼식", "ko", "JP"),
        ("واليابان", "ar", "JP"),
        ("للسعودية", "ar", "SA"),
        ("اليابانيين", "ar", "JP"),
        ("ביפן", "he", "JP"),
        ("በኢትዮጵያ", "am", "ET"),
        ("বাংলাদেশের", "bn", "BD"),
        ("অসমৰ", "as", "IN-AS"),
        ("தமிழ்நாட்டில்", "ta", "IN"),
        ("ჩემი იაპონიაში", "ka", "JP"),
    ],
)
def test_finds_inflected_names(mentions: Mentions, text: str, language: str, culture: str) -> None:
    assert set(cultures(mentions, text, language)) == {culture}


@pytest.mark.parametrize(
    "text",
    [
        "a woman in romance", "roast turkey on fine china", "polish the table", "two guinea pigs",
        "french fries", "reverse Polish notation", "Use Arabic numerals only.", "give us food",
        "by the Chinese remainder theorem", "he has an idea in mind", "the chilean_dataset variable",
        "发展中国家的教育", "マリアとリマインダー", "it is in the us", "Latin America", "a small island",
        "Reunion of the family", "jerseys", "turkeys", "anomalia",
    ],
)  # fmt: skip
def test_homographs_and_parts_of_words_are_no_mentions(mentions: Mentions, text: str) -> None:
    assert cultures(mentions, text, "en" if text.isascii() else None) == []


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("tr", "Masaya para koydular, araba kabul etmedi."), ("ar", "اكره الرياضة والعربات"),
        ("fa", "باتری باد کرده و حواسم پرت شد، از کلاس بریم"), ("ur", "کل کلاس میں اتنا"),
        ("he", "כיוון שהכלוב בפינה"), ("hi", "हवाई जहाज़ की माँग"), ("ru", "Что дано? Либо груз, либо романы."),
        ("bg", "Казано накратко, на масата"), ("uk", "вареники з сиром, дані"),
        ("it", "il corso è all'angolo"),
        ("es", "¿Con qué se quita la fruta madura?"), ("pl", "czerwone włosy, trzecia runda"),
        ("lt", "vieno vaiko"), ("fi", "peruna ja omani"), ("el", "πάρα πολύ"),
        ("ko", "그리스도는 누구인 건지"), ("zh", "大理石地板，雅典娜"), ("wo", "Naka lay mënee naaw"),
        ("hil", "Indi mainit, masami malayo"), ("hil", "siyam ka gab-i"), ("zu", "imali yomgibelo"),
        ("ta", "தாய் புகார்"),
    ],
)  # fmt: skip
def test_a_form_that_is_another_word_in_its_language_is_no_mention(
    mentions: Mentions, language: str, text: str
) -> None:
    assert cultures(mentions, text, language) == []


def test_without_a_language_english_rules_hold_and_those_of_other_scripts(mentions: Mentions) -> None:
    assert cultures(mentions, "Thais and Navajo") == ["TH", "navajo"]  # Thais is a Portuguese given name
    assert cultures(mentions, "Thais", "pt") == []
    assert cultures(mentions, "Либо груз, либо романы") == []


@pytest.mark.parametrize(("language", "text"), [("hi", "चाय में चीनी कितनी?"), ("ar", "ضع الخبز في صينية")])
def test_sugar_and_a_tray_may_be_chinese(mentions: Mentions, language: str, text: str) -> None:
    (found,) = mentions.find(text, language=language)
    assert (found.culture, found.doubtful) == ("CN", True)


@pytest.mark.parametrize(
    ("language", "text", "culture"),
    [
        ("ru", "Что едят в Англии?", "GB"), ("ru", "Как празднуют в США", "US"), ("tr", "ABD'de düğün", "US"),
        ("tr", "İngiltere'de çay", "GB"), ("es", "¿Qué se come en Inglaterra?", "GB"),
        ("es", "vivo en EE. UU.", "US"),
        ("fr", "le thé en Angleterre", "GB"), ("fa", "عروسی در امارات", "AE"), ("zh", "阿联酋的婚礼", "AE"),
        ("zh", "波黑的咖啡", "BA"), ("uk", "Різдво в Англії", "GB"), ("pt", "casamento na Inglaterra", "GB"),
    ],
)  # fmt: skip
def test_countries_by_the_names_that_people_use(
    mentions: Mentions, language: str, text: str, culture: str
) -> None:
    assert cultures(mentions, text, language) == [culture]


def test_an_abbreviation_counts_in_its_languages_alone(mentions: Mentions) -> None:
    assert cultures(mentions, "Živim u SAD već godinama", "sr") == ["US"]
    assert cultures(mentions, "I was SAD for years", "en") == []


def test_arabic_prepositions_are_written_to_a_name_in_arabic_alone(mentions: Mentions) -> None:
    assert cultures(mentions, "بلبنان", "ar") == ["LB"]
    assert cultures(mentions, "بلبنان", "fa") == []


def test_a_homograph_depends_on_the_language_of_the_text(mentions: Mentions) -> None:
    assert cultures(mentions, "Urlaub auf Island", "de") == ["IS"]
    assert cultures(mentions, "Island hopping", "en") == []
    assert cultures(mentions, "A Lima es la capital", "es") == ["PE"]
    assert cultures(mentions, "Lima buah apel", "id") == []


def test_given_names_are_doubtful_until_a_word_of_place_settles_them(mentions: Mentions) -> None:
    (doubtful,) = mentions.find("Jordan has five apples", language="en")
    (certain,) = mentions.find("people in Jordan", language="en")
    assert doubtful.doubtful
    assert doubtful.weight < certain.weight == 1
    assert not certain.doubtful


def test_shared_names_give_each_culture_its_part(mentions: Mentions) -> None:
    for text in ("the Congo river", "in Georgia", "Punjabi food"):
        found = mentions.find(text, language="en")
        assert len(found) == 2
        assert len({(mention.start, mention.end) for mention in found}) == 1
        assert sum(mention.weight for mention in found) == pytest.approx(1)


def test_kinds(mentions: Mentions) -> None:
    kinds = {mention.kind for mention in mentions.find("Japan, Kyoto, Mexicans, tikanga, 日本語")}
    assert kinds == {"territory", "city", "people", "area", "language"}


def test_the_longest_name_wins(mentions: Mentions) -> None:
    (found,) = mentions.find("North Koreans")
    assert (found.text, found.culture) == ("North Koreans", "KP")


def test_spans_point_into_decomposed_text(mentions: Mentions) -> None:
    text = unicodedata.normalize("NFD", "Weiß man das in Österreich und Japón?")
    for mention in mentions.find(text):
        assert mention.text == text[mention.start : mention.end]
    assert [unicodedata.normalize("NFC", mention.text) for mention in mentions.find(text)] == [
        "Österreich",
        "Japón",
    ]


def test_names_that_are_handed_in_belong_to_their_culture_alone() -> None:
    mentions = Mentions({"my-people": ["Japan"], "XX": ["Ruritania"]})
    assert cultures(mentions, "Japan and Ruritanias") == ["my-people", "XX"]
    assert mentions.lookup("japan") == ("my-people",)


@pytest.mark.parametrize(
    ("name", "culture"),
    [
        ("Japan", "JP"), ("日本", "JP"), ("Japón", "JP"), ("Япония", "JP"), ("japan ", "JP"),
        ("Ελλάδα", "GR"),
        ("Côte d’Ivoire", "CI"), ("السعودية", "SA"), ("Māori", "maori"),
    ],
)  # fmt: skip
def test_looks_names_up_in_any_language(mentions: Mentions, name: str, culture: str) -> None:
    assert mentions.lookup(name)[0] == culture


def test_looking_up_what_nobody_bears(mentions: Mentions) -> None:
    assert mentions.lookup("Atlantis") == ()
    assert mentions.lookup("") == ()
    assert mentions.lookup("guinea pig") == ()


def test_near_names(mentions: Mentions) -> None:
    assert mentions.near("Jpan")[0] == "JP"
    assert "DE" in mentions.near("Deutchland")
    assert len(mentions.near("Korea", limit=1)) == 1
    assert mentions.near("qqqqqqqqqqqq") == ()


TEXTS = st.lists(st.text(st.characters()) | st.sampled_from(NAMES), max_size=8).map("".join)


@given(TEXTS)
@example("\ud800Japan\udfff")
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_spans_of_any_text_lie_within_it(mentions: Mentions, text: str) -> None:
    end = 0
    for mention in mentions.find(text):
        assert 0 <= mention.start < mention.end <= len(text)
        assert mention.text == text[mention.start : mention.end]
        assert 0 < mention.weight <= 1
        assert mention.start >= end or mention.end == end
        end = mention.end


def kinds(mentions: Mentions, text: str, language: str | None = None) -> list[tuple[str, str]]:
    return [(mention.culture, mention.kind) for mention in mentions.find(text, language=language)]


@pytest.mark.parametrize(
    ("text", "language", "culture"),
    [
        ("a wedding in Bavaria", "en", "DE"),
        ("Hochzeit in Nordrhein-Westfalen", "de", "DE"),
        ("comida de Oaxaca", "es", "MX"),
        ("свадьба в Татарстане", "ru", "RU"),
        ("вечеря у Львові", "uk", "UA"),
        ("w Krakowie i na Śląsku", "pl", "PL"),
        ("nunta în Maramureș", "ro", "RO"),
        ("Γιατί γιορτάζουν στη Θεσσαλία;", "el", "GR"),
        ("北海道の結婚式", "ja", "JP"),
        ("四川人吃什么", "zh", "CN"),
        ("제주도에서는", "ko", "KR"),
        ("คนอีสานกินอะไร", "th", "TH"),
        ("लखनऊ में शादी", "hi", "IN"),
        ("મહેમાન કચ્છમાં", "gu", "IN"),
        ("কুমিল্লায় বিয়ে", "bn", "BD"),
        ("தஞ்சாவூரில்", "ta", "IN"),
        ("ናይ ሓረር", "am", None),
        ("عادات الزواج في حضرموت", "ar", "YE"),
        ("სვანეთში ქორწილი", "ka", "GE"),
        ("Diyarbakır'da düğün", "tr", "TR"),
        ("Häät Tampereella", "fi", "FI"),
        ("lakodalom Debrecenben", "hu", "HU"),
        ("đám cưới ở Nghệ An", "vi", "VN"),
    ],
)
def test_finds_subdivisions_and_cities(
    mentions: Mentions, text: str, language: str, culture: str | None
) -> None:
    assert set(cultures(mentions, text, language)) == ({culture} if culture else set())


@pytest.mark.parametrize(
    ("text", "language", "culture"),
    [
        ("თურქები და პოლონელებთან", "ka", ["TR", "PL"]),
        ("Аргентиналықтар мате ішеді", "kk", ["AR"]),
        ("अमेरिकेत लग्न", "mr", ["US"]),
        ("எத்தியோப்பியக் காபி", "ta", ["ET"]),
        ("Уборка улиц в Нигерии", "ru", ["NG"]),
    ],
)
def test_finds_more_inflected_names(mentions: Mentions, text: str, language: str, culture: list[str]) -> None:
    assert cultures(mentions, text, language) == culture


def test_another_script_ends_a_word(mentions: Mentions) -> None:
    assert cultures(mentions, "الطعام في lالجزائر", "ar") == ["DZ"]
    assert cultures(mentions, "Japan2 and Japan_x are no names", "en") == []


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("What do Muslims do?", "en", [("", "religion")]),
        ("Что едят мусульмане?", "ru", [("", "religion")]),
        ("ما هو الإسلام", "ar", [("", "religion")]),
        ("仏教の葬式", "ja", [("", "religion")]),
        ("a Shinto shrine", "en", [("JP", "religion")]),
        ("o candomblé e a umbanda", "pt", [("BR", "religion"), ("BR", "religion")]),
        ("eating during Ramadan", "en", [("", "holiday")]),
        ("what do people cook for Diwali", "en", [("IN", "holiday")]),
        ("추석에 뭐 먹어요", "ko", [("KR", "holiday"), ("KP", "holiday")]),
        ("成人の日に着る服", "ja", [("JP", "holiday")]),
        ("Waitangi Day", "en", [("maori", "holiday"), ("NZ", "holiday")]),
        ("Christmas, Easter Monday, Labour Day and New Year's Day", "en", []),
        ("Weihnachten und Neujahr", "de", []),
        ("知道教练的名字", "zh", []),
        ("精神道德", "zh", []),
    ],
)
def test_religions_and_holidays_name_a_culture_only_where_they_have_a_home(
    mentions: Mentions, text: str, language: str, found: list[tuple[str, str]]
) -> None:
    assert kinds(mentions, text, language) == found


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Reading books is fun", "en"),
        ("Split the bill", "en"),
        ("Mobile phones", "en"),
        ("Bath time for the baby", "en"),
        ("Orange is a colour", "en"),
        ("das Essen ist fertig", "de"),
        ("Como se hace el pan", "es"),
        ("Tak, wiem", "pl"),
        ("Jos sataa, jäämme kotiin", "fi"),
        ("第一次坐飞机", "zh"),
        ("这张窗台中间放着玻璃杯", "zh"),
        ("العين تدمع", "ar"),
        ("السماء زرقاء", "ar"),
        ("माझे उत्तर बरोबर आहे", "mr"),
        ("เขียนอย่างอิสระ", "th"),
        ("春日遅々", "ja"),
        ("a bed for a chihuahua", "en"),
        ("the central and northern parts", "en"),
        ("my brother: میرا بھائی", "ur"),
    ],
)
def test_places_with_the_names_of_common_things_are_no_mentions(
    mentions: Mentions, text: str, language: str
) -> None:
    assert cultures(mentions, text, language) == []


@pytest.mark.parametrize(
    ("text", "culture"),
    [("a pub in Reading", "GB"), ("a week in Split", "HR"), ("growing up in Phoenix", "US")],
)
def test_a_word_of_place_makes_them_places(mentions: Mentions, text: str, culture: str) -> None:
    assert cultures(mentions, text, "en") == [culture]


@pytest.mark.parametrize("name", ["Charlotte", "Dallas", "Sydney", "Paris", "Florence", "Sophia"])
def test_people_named_after_cities_are_left_in_doubt(mentions: Mentions, name: str) -> None:
    assert all(one.doubtful for one in mentions.find(f"{name} has five apples.", language="en"))
    assert mentions.find(f"{name} has five apples.", language="en")


def test_well_known_names_do_not_give_way_to_their_namesakes(mentions: Mentions) -> None:
    assert cultures(mentions, "London, Paris and Moscow in June", "fr") == ["GB", "FR", "RU"]
    assert cultures(mentions, "the food of Granada and Lima", "en")[-1] == "PE"


@pytest.mark.parametrize(
    "text", ["not Japan", "isn't it “Japan”?", "«Япония»", "「日本」", "no es de México, sino del Perú"]
)
def test_negated_and_quoted_names_are_names(mentions: Mentions, text: str) -> None:
    assert mentions.find(text)


def test_what_belongs_to_many_is_nobodys_by_name(mentions: Mentions) -> None:
    assert mentions.lookup("Islam") == ()
    assert mentions.lookup("Shinto") == ("JP",)

"""Swaps: hand-checked cases, and what must hold for every item of GSM8K that is present."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from evaluation.tasks.gsm8k_swapped.swap import Swapped, Swaps
from evaluation.tasks.gsm8k_swapped.table import InvalidTable, Table

GSM8K = Path(__file__).parents[5] / "shared" / "data" / "controls" / "gsm8k_test.jsonl"

ONES = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
TENS = "seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety"
LARGE = "zero hundred hundreds thousand thousands million millions billion billions"
PARTS = "half halves third thirds fourth fourths fifth fifths sixth seventh eighth ninth tenth twelfth"
TIMES = (
    "first second twice thrice once double doubled doubles triple tripled triples quarter quarters percent"
)
COUNTS = "dozen dozens pair pairs couple both single each every per cents dollars dollar"
NUMBER_WORDS = frozenset(f"{ONES} {TENS} {LARGE} {PARTS} {TIMES} {COUNTS}".split())
KINDS = ("name", "food", "place", "festival")
CULTURES = ("JP", "NG", "IN", "EG", "MX", "ID")


def numbers(text: str) -> Counter[str]:
    """All figures with their signs of money and per cent, and all number words, of a text."""
    figures = re.findall(r"\$?\d+(?:[.,:/]\d+)*%?", text)
    words = (word for word in re.findall(r"[a-z]+", text.lower()) if word in NUMBER_WORDS)
    return Counter([*figures, *words])


@pytest.fixture(scope="module")
def swaps() -> Swaps:
    return Swaps(Table.load())


@pytest.fixture(scope="module")
def items() -> list[dict[str, str]]:
    if not GSM8K.exists():
        pytest.skip("GSM8K is not beside this checkout (shared/data/controls/gsm8k_test.jsonl)")
    return [json.loads(line) for line in GSM8K.read_text("utf-8").strip("\n").split("\n")]


def new_names(swaps: Swaps, prompt: str, culture: str = "JP", seed: str = "an item") -> dict[str, str]:
    return {one.old: one.new for one in swaps.swap(prompt, culture, seed).replacements if one.kind == "name"}


def test_the_cultures(swaps):
    assert tuple(swaps.table.cultures) == CULTURES


def test_lists_are_long_enough(swaps):
    for code, words in swaps.table.cultures.items():
        assert len(words.names["female"]) >= 20, code
        assert len(words.names["male"]) >= 20, code
        assert len(words.names["neutral"]) >= 10, code


def test_no_word_that_is_put_in_is_a_number(swaps):
    for words in swaps.table.cultures.values():
        forms = [form for pair in words.foods.values() for form in pair]
        for text in (*forms, *words.places.values(), *words.festivals.values()):
            assert not numbers(text), text
        for name in (name for pool in words.names.values() for name in pool):
            assert name.lower() not in NUMBER_WORDS
            assert re.fullmatch(r"[^\W\d_]+", name), name


@pytest.fixture(scope="module", params=CULTURES)
def pairs(request, swaps, items) -> list[tuple[dict[str, str], Swapped]]:
    """Every item of GSM8K with its swap, for one culture after another."""
    return [(item, swaps.swap(item["prompt"], request.param, item["id"])) for item in items]


def test_every_number_of_every_item_stays(pairs):
    for item, swapped in pairs:
        assert numbers(swapped.text) == numbers(item["prompt"]), item["id"]


def test_in_every_item_names_stay_apart(swaps, pairs):
    same = swaps.table.occurring.same
    for item, swapped in pairs:
        given = {one.old: one.new for one in swapped.replacements if one.kind == "name"}
        assert len(given) == sum(one.kind == "name" for one in swapped.replacements), item["id"]
        assert len(set(given.values())) == len({same.get(name, name) for name in given}), item["id"]
        assert not set(given.values()).intersection(re.findall(r"\w+", item["prompt"])), item["id"]


def test_in_every_item_foods_stay_apart(swaps, pairs):
    occurring = swaps.table.occurring
    singular = {many.lower(): one.lower() for one, many in occurring.foods.items()}
    for item, swapped in pairs:
        foods = [(one.old.lower(), one.new.lower()) for one in swapped.replacements if one.kind == "food"]
        old = {
            singular.get(form, form) for form in (occurring.spellings.get(word, word) for word, _ in foods)
        }
        assert len({new for _, new in foods}) >= len(old), item["id"]


def test_shares_of_items(pairs):
    """README.md reports them for each culture."""
    shares = {kind: sum(swapped.has(kind) for _, swapped in pairs) / len(pairs) for kind in KINDS}
    assert shares["name"] > 0.78
    assert shares["food"] > 0.06
    assert shares["place"] > 0.01
    assert 0.80 < sum(swapped.changed for _, swapped in pairs) / len(pairs) < 0.81


def test_the_same_for_the_same_item_and_another_for_another(swaps):
    prompt = "James runs 3 sprints. How far does James run?"
    once = swaps.swap(prompt, "JP", "gsm8k-0003")
    assert Swaps(Table.load()).swap(prompt, "JP", "gsm8k-0003") == once
    assert len({swaps.swap(prompt, "JP", f"item-{n}").text for n in range(10)}) > 1


def test_the_choice_does_not_depend_on_this_process(swaps):
    assert swaps.swap("James runs.", "JP", "gsm8k-0003").text == "Hiroshi runs."


def test_one_name_one_name_and_the_gender_stays(swaps):
    given = new_names(swaps, "Anna, Bob and Carla met. Anna gave Bob 3 pens; Carla's pens stayed Carla's.")
    words = swaps.table.cultures["JP"].names
    assert given["Anna"] in words["female"]
    assert given["Carla"] in words["female"]
    assert given["Bob"] in words["male"]
    assert len(set(given.values())) == 3


@pytest.mark.parametrize(
    ("prompt", "kind"),
    [
        ("Jordan sold her 5 pens. How many has she left?", "female"),
        ("Jordan sold his 5 pens. How many has he left?", "male"),
        ("Jordan sold 5 pens. How many are left?", "neutral"),
        ("Jordan and Skyler sold her pens.", "neutral"),
    ],
)
def test_a_neutral_name_follows_the_pronouns_where_it_is_alone(swaps, prompt, kind):
    assert new_names(swaps, prompt)["Jordan"] in swaps.table.cultures["JP"].names[kind]


@pytest.mark.parametrize(
    ("prompt", "swapped"),
    [
        ("James' books and James's pens", "{}'s books and {}'s pens"),
        ("Carl’s hat", "{}’s hat"),
        ("Is it James'?", "Is it {}'?"),
        ("Jameson saw Bobcat", "Jameson saw Bobcat"),
    ],
)
def test_possessives_and_whole_words(swaps, prompt, swapped):
    name = next(iter(new_names(swaps, prompt).values()), "")
    assert swaps.swap(prompt, "JP", "an item").text == swapped.format(name, name)


@pytest.mark.parametrize(
    ("prompt", "names"),
    [
        ("In May, they hired 4 people.", set()),
        ("The bill for the rose at dawn will mark a new grace.", set()),
        ("Candy costs $3. Rose bushes cost $4. May 5 is near.", set()),
        ("Amber lights shine. Daisy chains are long.", set()),
        ("Rose went to the store. Candy has 3 chairs. May is 5 years old.", {"Rose", "Candy", "May"}),
        ("Mark edits 3 pages. Then Mark rests.", {"Mark"}),
        ("Smith is a word, but the Smith family and Mr. Brown eat brown bread.", {"Smith", "Brown"}),
        ("Amy has 6 letters in her name.", set()),
    ],
)
def test_names_that_are_also_words(swaps, prompt, names):
    assert new_names(swaps, prompt).keys() == names


def test_may_the_month_beside_may_the_person(swaps):
    name = new_names(swaps, "May is busy. In May she rests.")["May"]
    assert (
        swaps.swap("May is busy. In May she rests.", "JP", "an item").text
        == f"{name} is busy. In May she rests."
    )


def test_titles_and_families(swaps):
    given = new_names(swaps, "Mr. Yu met Miss Albert, Mrs. Jones and Farmer Brown.")
    assert set(given.values()) <= set(swaps.table.cultures["JP"].names["family"])
    assert len(set(given.values())) == 4


def test_one_person_under_two_names(swaps):
    given = new_names(swaps, "Frankie and Binkie went bowling. Frank won.")
    assert given["Frankie"] == given["Frank"] != given["Binkie"]


@pytest.mark.parametrize(
    ("prompt", "culture", "swapped"),
    [
        ("An apple and a sandwich", "IN", "A guava and a kathi roll"),
        ("Apples at $1, an orange at $2; 3 oranges", "JP", "Persimmons at $1, a mikan at $2; 3 mikan"),
        ("He eats a croissant and an orange sweater", "MX", "He eats a cuernito and an orange sweater"),
        ("one pizza, 12 pizza slices", "ID", "one martabak, 12 martabak slices"),
        ("a cupcake and 40 toffee cupcakes", "JP", "a castella cake and 40 toffee castella cakes"),
        ("She makes a Spanish flan. Cookies cool.", "MX", "She makes a flan napolitano. Polvorones cool."),
        ("a sandwich, or 2 sandwiches", "JP", "a sando, or 2 sandos"),
        ("a donut", "ID", "an onde-onde"),
        ("gourmet hot dogs, one hotdog", "NG", "gourmet suya sticks, one suya stick"),
        ("2 candied apples; a muffin tin", "EG", "2 candied apples; a muffin tin"),
        ("5 oranges and 2 tangerines", "EG", "5 oranges and 2 tangerines"),
        ("cookies and nastar", "ID", "cookies and nastar"),
        ("burritos", "MX", "burritos"),
        (
            "from San Diego, California to New York City, New York",
            "IN",
            "from Kochi, Kerala to Guwahati, Assam",
        ),
        ("for Christmas", "EG", "for Eid"),
        ("a Christmas tree", "EG", "a Christmas tree"),
        ("for Christmas", "NG", "for Christmas"),
        ("5 pineapples, a sandwiched layer", "JP", "5 pineapples, a sandwiched layer"),
    ],
)
def test_foods_places_and_festivals(swaps, prompt, culture, swapped):
    assert swaps.swap(prompt, culture, "an item").text == swapped


COMPOUNDS = {
    "chocolate chip cookie": "cookie",
    "greek orange": "orange",
    "muffaletta sandwich": "sandwich",
    "oatmeal cookie": "cookie",
    "pepperoni pizza": "pizza",
    "pizza pie": "pizza",
    "Spanish flan": "flan",
}


def test_a_kind_of_a_food_is_recognised_as_that_food(swaps):
    """After `oatmeal cookies` an item says `the cookies`: the other culture must know them again, too."""
    known = swaps.table.occurring.foods
    compounds = {
        food for food in known if any(one != food and re.search(rf"\b{one}\b", food) for one in known)
    }
    assert compounds == COMPOUNDS.keys()
    for code, words in swaps.table.cultures.items():
        for compound, head in COMPOUNDS.items():
            for form in (0, 1) if compound in words.foods else ():
                plain = words.foods.get(head, (head, known[head]))
                says = words.foods[compound][form]
                assert plain[0] in says or plain[form] in says, (code, compound)


def test_nothing_to_swap_is_said(swaps):
    swapped = swaps.swap("A robe takes 2 bolts of blue fiber.", "JP", "an item")
    assert not swapped.changed
    assert swapped.text == "A robe takes 2 bolts of blue fiber."


def test_more_people_than_names_is_an_error(swaps):
    everybody = ", ".join(name for name, kind in swaps.table.occurring.names.items() if kind == "male")
    with pytest.raises(ValueError, match="too few male names"):
        swaps.swap(everybody, "JP", "a crowd")


def broken(tmp_path: Path, old: str, new: str) -> Path:
    text = Path(Table.load.__code__.co_filename).with_name("swaps.toml").read_text("utf-8")
    assert old in text
    path = tmp_path / "swaps.toml"
    path.write_text(text.replace(old, new), "utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('"cookie" = ["senbei", "senbei"]', '"biscuit" = ["senbei", "senbei"]', "JP: no such food: biscuit"),
        ('["manju", "manju"]', '["senbei", "senbei"]', "JP: 'senbei' stands for two foods"),
        ("Hikaru Makoto", "Hikaru Hina", "JP: 'Hina' stands twice among the names"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(tmp_path, old, new, fault):
    with pytest.raises(InvalidTable, match=fault):
        Table.load(broken(tmp_path, old, new))

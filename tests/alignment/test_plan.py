"""Plans are balanced, stable, and whole."""

from collections import Counter

import pytest

from alignment.plan import SHARE, plan, read_facets


@pytest.mark.parametrize("number", [12, 24, 100, 200])
def test_no_domain_has_more_than_its_share(number):
    rows = plan(["CN", "KE"], number, read_facets(), seed=1)
    assert len(rows) == 2 * number
    for culture in ("CN", "KE"):
        domains = Counter(row["domain"] for row in rows if row["culture"] == culture)
        assert len(domains) == 12
        assert max(domains.values()) <= max(1, SHARE * number)


def test_ids_are_unique_and_a_longer_plan_begins_with_the_shorter():
    facets = read_facets()
    short, long = (plan(["CN"], number, facets, seed=1) for number in (30, 90))
    assert long[:30] == short
    assert len({row["id"] for row in long}) == 90


def test_a_facet_comes_again_with_another_turn():
    rows = plan(["CN"], 100, {"food": ["tea", "rice"]}, seed=1)
    assert len({(row["facet"], row["turn"]) for row in rows}) == 100


def test_cultures_do_not_move_in_step():
    rows = plan(["CN", "KE"], 12, read_facets(), seed=1)
    assert [row["domain"] for row in rows[:12]] != [row["domain"] for row in rows[12:]]

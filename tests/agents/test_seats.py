"""Who sits in a council: relevance first, then coverage, and no two neighbours while a sector is silent."""

import itertools

import pytest

from agents.cultures.cultures import Cultures
from agents.seats import Relevant, seats

CULTURES = Cultures.load()


def seated(*relevant: Relevant, own: str | None = None, free: int = 6, first: int = 0) -> list[str]:
    return [seat.culture for seat in seats(CULTURES, relevant, own, free=free, first=first)]


def named(*ids: str) -> list[Relevant]:
    return [Relevant(one, "named", named=True) for one in ids]


def meant(*ids: str) -> list[Relevant]:
    return [Relevant(one, "meant", named=False) for one in ids]


def sectors(ids: list[str]) -> list[str]:
    return [CULTURES.get(one).sector for one in ids]


def test_what_is_named_comes_first_even_neighbours() -> None:
    assert seated(*named("KP", "KR"))[:2] == ["KP", "KR"]


def test_a_neighbour_that_nobody_named_waits_until_every_sector_has_spoken() -> None:
    council = seated(*meant("KP", "KR"), free=12)
    assert council[0] == "KP"
    assert len(set(sectors(council[:8]))) == 8
    assert council[8] == "KR"
    (waited,) = [
        seat for seat in seats(CULTURES, meant("KP", "KR"), None, free=12, first=0) if seat.culture == "KR"
    ]
    assert waited.why == "meant; after every sector, being a neighbour of KP"


def test_the_asker_sits_after_what_is_asked_about_and_before_the_others() -> None:
    assert seated(*named("JP"), own="PE")[:2] == ["JP", "PE"]
    assert "latin-american" not in sectors(seated(*named("JP"), own="PE")[2:])


def test_a_sectors_speaker_is_no_neighbour_of_who_sits() -> None:
    """Indonesia would speak for its sector; beside Malaysia's neighbour somebody else does."""
    beside = seated(*named("US"), own=None, free=8)
    assert CULTURES.get("US").sector not in sectors(beside[1:])
    for one, other in itertools.combinations(seated(*meant("MA"), own="maori", free=8), 2):
        assert one not in CULTURES.get(other).neighbours


@pytest.mark.parametrize("free", [1, 3, 8, 12, 32])
@pytest.mark.parametrize("first", [0, 5])
def test_every_seat_is_taken_once_and_no_sector_twice_before_all(free: int, first: int) -> None:
    council = seated(*meant("EG", "SA", "IQ"), own="JP", free=free, first=first)
    assert len(council) == len(set(council)) == free
    # Egypt and Iraq are both asked about; beside them no sector is heard twice before all eight have been.
    covering = sectors([one for one in council if one != "IQ"])[:8]
    assert len(set(covering)) == len(covering)
    assert "SA" not in council[:9], "a neighbour of Iraq, which nobody named"
    assert council == seated(*meant("EG", "SA", "IQ"), own="JP", free=free, first=first)


def test_coverage_begins_where_it_is_told() -> None:
    assert sectors(seated(free=1, first=3)) == [CULTURES.sectors[3]]
    assert seated(free=9)[:8] == [CULTURES.representatives(sector)[0].id for sector in CULTURES.sectors]


def test_seats_that_are_left_go_round_the_sectors() -> None:
    council = seated(free=24)
    assert [sectors(council).count(sector) for sector in CULTURES.sectors] == [3] * 8

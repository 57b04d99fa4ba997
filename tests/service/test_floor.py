"""Several voices as one text: nobody waits for a voice that has not begun."""

from agents import Event, Perspective, PerspectiveDelta, PerspectiveFinished, PerspectiveStarted
from service.floor import Floor


def started(culture: str) -> Event:
    return PerspectiveStarted(culture, culture.lower())


def said(culture: str, text: str) -> Event:
    return PerspectiveDelta(culture, culture.lower(), text)


def ended(culture: str, status: str = "spoke") -> Event:
    return PerspectiveFinished(Perspective(culture, culture.lower(), status))  # type: ignore[arg-type]


def heard(*events: Event) -> list[str]:
    """What may be shown after each of them."""
    floor = Floor()
    return [floor.hear(event) for event in events]


def test_a_voice_that_is_silent_yet_keeps_nobody_waiting():
    events = [started("JP"), started("KE"), said("KE", "Wazee"), said("KE", " kwanza."), ended("KE")]
    assert heard(*events) == ["", "", "[KE · ke] Wazee", " kwanza.", "\n\n"]


def test_one_has_the_floor_until_it_ends_and_then_the_others_are_heard():
    shown = heard(
        started("JP"),
        started("KE"),
        started("BR"),
        said("KE", "a"),
        said("JP", "1"),
        said("BR", "x"),
        said("KE", "b"),
        ended("BR"),
        ended("KE"),
        said("JP", "2"),
        ended("JP"),
    )
    assert shown[3:9] == ["[KE · ke] a", "", "", "b", "", "\n\n[JP · jp] 1"]
    assert shown[9:] == ["2", "\n\n[BR · br] x\n\n"]


def test_when_it_ends_those_who_have_not_begun_are_passed_over():
    shown = heard(
        started("JP"), started("KE"), started("BR"), said("KE", "a"), said("BR", "x"), ended("KE"),
        said("BR", "y"), ended("BR"), ended("JP", "silent"),
    )  # fmt: skip
    assert "".join(shown) == "[KE · ke] a\n\n[BR · br] xy\n\n[JP · jp] (silent)\n\n"
    assert shown[5:] == ["\n\n[BR · br] x", "y", "\n\n", "[JP · jp] (silent)\n\n"]


def test_the_second_round_is_another_speech():
    floor = Floor()
    for event in (started("JP"), said("JP", "1"), ended("JP")):
        floor.hear(event)
    assert floor.hear(PerspectiveStarted("JP", "jp", 2)) == ""
    assert floor.hear(PerspectiveDelta("JP", "jp", "2", 2)) == "[JP · jp · round 2] 2"

import pytest

from evaluation.patience import EndpointGone, Patience


class Clock:
    time = 0.0

    def __call__(self) -> float:
        return self.time


def test_patience_ends_when_nothing_is_answered_for_long_enough() -> None:
    clock = Clock()
    patience = Patience(10, clock)
    patience.check()
    patience.failed()
    clock.time = 9
    patience.failed()
    patience.check()
    clock.time = 11
    with pytest.raises(EndpointGone, match="nothing for more than 10 s"):
        patience.check()


def test_an_answer_restores_it() -> None:
    clock = Clock()
    patience = Patience(10, clock)
    patience.failed()
    clock.time = 9
    patience.answered()
    clock.time = 30
    patience.failed()
    assert not patience.is_over

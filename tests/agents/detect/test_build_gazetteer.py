import gzip
import subprocess
import sys
from importlib.metadata import version

import pytest

from agents.detect.build_gazetteer import pack
from agents.detect.gazetteer import Gazetteer
from agents.detect.tables import DATA

BUILD = (
    "import gc, sys; gc.disable(); from agents.detect.build_gazetteer import build;"
    "sys.stdout.buffer.write(build().encode())"
)


@pytest.fixture(scope="module")
def built() -> str:
    """Built in a process of its own: what Babel says of a locale depends on which others were read before."""
    return subprocess.run([sys.executable, "-c", BUILD], capture_output=True, check=True).stdout.decode()


def test_the_committed_gazetteer_is_what_the_tables_and_cldr_make(built: str) -> None:
    committed = gzip.decompress((DATA / "gazetteer.tsv.gz").read_bytes()).decode()
    head = committed.partition("\n")[0]
    if f"babel {version('babel')};" not in head:
        pytest.skip(f"another babel is installed than the gazetteer was built with: {head}")
    assert built == committed, "python -m agents.detect.build_gazetteer"


def test_the_file_bears_no_time_stamp() -> None:
    packed = pack("a name")
    assert packed[4:8] == b"\0\0\0\0"
    assert gzip.decompress(packed) == b"a name"


def test_the_file_stays_small() -> None:
    assert len((DATA / "gazetteer.tsv.gz").read_bytes()) < 1_200_000


def test_every_name_has_a_culture_and_a_part() -> None:
    for name in Gazetteer():
        assert name.culture
        assert name.stem
        assert 0 < name.weight <= 1

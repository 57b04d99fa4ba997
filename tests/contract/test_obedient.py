"""The contract before a backbone that keeps it: what fails here is the service's own fault."""

import pytest

from tests.contract.checks import *  # noqa: F403  # the checks are the tests
from tests.service.conftest import Serving, create_app, settings_for


@pytest.fixture(scope="module")
def _patient(_backbone, knowledge):
    late = 30.0  # what is refused before a keep-alive has its own status: on a busy machine, too
    with Serving(create_app(settings_for(_backbone.url, keep_alive_first=late), knowledge=knowledge)) as url:
        yield url


@pytest.fixture
def endpoint(_patient: str, obedient: object) -> str:
    return _patient


@pytest.fixture
def unable() -> frozenset[str]:
    return frozenset()

"""The contract before a backbone that keeps it: what fails here is the service's own fault."""

import pytest

from tests.contract.checks import *  # noqa: F403  # the checks are the tests


@pytest.fixture
def endpoint(service: str, obedient: object) -> str:
    return service


@pytest.fixture
def unable() -> frozenset[str]:
    return frozenset()

"""The contract before the embedded model, for real: llama.cpp's schemas, log-probabilities and choices."""

import pytest

from tests.contract.checks import *  # noqa: F403  # the checks are the tests

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(240)]


@pytest.fixture
def endpoint(embedded_service: str) -> str:
    return embedded_service


@pytest.fixture
def unable() -> frozenset[str]:
    return frozenset({"tools", "speed"})  # its chat template has no word for tools

"""The contract on the road through LiteLLM, before a backbone that keeps it."""

import pytest

from tests.contract import checks
from tests.contract.checks import *  # noqa: F403  # the checks are the tests
from tests.service.conftest import Serving, create_app, settings_for


@pytest.fixture(scope="module")
def _translated(_backbone, knowledge):
    late = 30.0  # as in test_obedient
    settings = settings_for(_backbone.url, router_settings={"num_retries": 0}, keep_alive_first=late)
    with Serving(create_app(settings, knowledge=knowledge)) as url:
        yield url


@pytest.fixture
def endpoint(_translated, obedient) -> str:
    return _translated


@pytest.fixture
def unable() -> frozenset[str]:
    return frozenset()


def test_a_tool_is_called_and_its_result_is_heard(endpoint, unable, official):
    checks.test_a_tool_is_called_and_its_result_is_heard(endpoint, unable, official)

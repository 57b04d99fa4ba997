"""The contract before a real vLLM."""

import pytest

pytest.register_assert_rewrite("tests.contract.checks")

from tests.contract.checks import *  # noqa: E402, F403  # the checks are the tests

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(300)]


@pytest.fixture
def endpoint(service: str) -> str:
    return service


@pytest.fixture
def unable() -> frozenset[str]:
    return frozenset({"tools"})  # vLLM wants --enable-auto-tool-choice and a parser for them

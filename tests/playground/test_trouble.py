"""Errors as a person would want them told."""

import httpx
import openai
import pytest
from polylect import NotPolylect

from playground.trouble import GONE, KEY_NEEDED, explain


def refused(status: int, code: str, message: str = "service words", **headers: str) -> openai.APIStatusError:
    """The error that OpenAI's client makes of an answer like ours."""
    body = {"error": {"message": message, "type": "t", "param": None, "code": code}}
    request = httpx.Request("POST", "http://127.0.0.1/v1/chat/completions")
    response = httpx.Response(
        status, json=body, headers={"x-request-id": "req_1", **headers}, request=request
    )
    client = openai.OpenAI(api_key="none", base_url="http://127.0.0.1/v1")
    with client:
        return client._make_status_error_from_response(response)


def test_the_service_is_gone() -> None:
    request = httpx.Request("POST", "http://127.0.0.1/v1")
    assert explain(openai.APIConnectionError(request=request)) == GONE
    assert explain(openai.APITimeoutError(request=request)) == GONE


def test_seconds_are_named() -> None:
    trouble = explain(refused(429, "rate_limit_exceeded", **{"retry-after": "17"}))
    assert trouble is not None
    assert trouble.advice == "Ask again in 17 seconds."
    assert trouble.small == "rate_limit_exceeded · req_1"


def test_no_seconds_where_waiting_does_not_help() -> None:
    never = refused(429, "rate_limit_exceeded", **{"retry-after": "17", "x-should-retry": "false"})
    trouble = explain(never)
    assert trouble is not None
    assert "17" not in trouble.advice


def test_a_key_that_is_missing_and_one_that_is_wrong() -> None:
    error = refused(401, "invalid_api_key")
    assert explain(error) == KEY_NEEDED
    wrong = explain(error, key="sesame")
    assert wrong is not None
    assert wrong.title == "This key is not known here."


@pytest.mark.parametrize("code", ["unknown_culture", "unsupported_option", "something_new"])
def test_what_the_asker_can_mend_is_told_in_the_services_words(code: str) -> None:
    trouble = explain(refused(400, code, "Did you mean 'Japan'?"))
    assert trouble is not None
    assert trouble.advice == "Did you mean 'Japan'?"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (502, "backbone_error"),
        (503, "backbone_unavailable"),
        (504, "backbone_timeout"),
        (502, "nobody_spoke"),
        (500, ""),
    ],
)
def test_what_is_not_the_askers_fault_keeps_machinery_out_of_sight(status: int, code: str) -> None:
    trouble = explain(refused(status, code, "Traceback: aiohttp.ClientError at 10.0.0.7"))
    assert trouble is not None
    assert "aiohttp" not in trouble.title + trouble.advice + trouble.small
    assert trouble.advice.startswith("Your question was fine")


def test_an_error_in_mid_stream() -> None:
    body = {"message": "m", "type": "t", "param": None, "code": "backbone_error"}
    request = httpx.Request("POST", "http://127.0.0.1/v1")
    trouble = explain(openai.APIError("m", request, body=body))
    assert trouble is not None
    assert trouble.title == "The model behind Polylect failed."


def test_no_polylect_and_our_own_mistakes() -> None:
    trouble = explain(NotPolylect("http://127.0.0.1/v1", "why"))
    assert trouble is not None
    assert trouble.title == "No Polylect answers at this address."
    assert explain(KeyError("bug")) is None

"""What goes wrong upstream becomes something that the person can do."""

from __future__ import annotations

import httpx2
import openai
import pytest

from jupyter_chat.protocol import Code, Problem, Source, decode, encode
from jupyter_chat.providers import errors
from jupyter_chat.providers.interface import Endpoint, partly_answered, unasked

OPENAI = Endpoint(Source.OPENAI, key="sk-1")


@pytest.mark.parametrize(
    ("status", "code", "message", "expected"),
    [
        (401, "invalid_api_key", "", Code.WRONG_KEY),
        (403, None, "", Code.WRONG_KEY),
        (404, "model_not_found", "", Code.MODEL_UNKNOWN),
        (404, None, "model 'llama' not found", Code.MODEL_UNKNOWN),
        (404, None, "no such page", Code.PROVIDER_DOWN),
        (400, "context_length_exceeded", "", Code.CONTEXT_TOO_LONG),
        (400, None, "This model's maximum context length is 8192 tokens", Code.CONTEXT_TOO_LONG),
        (400, "exceed_context_size_error", "exceeds the available size", Code.CONTEXT_TOO_LONG),
        (400, "content_policy_violation", "", Code.CONTENT_REFUSED),
        (400, "unsupported_value", "", Code.REQUEST_REFUSED),
        (429, "insufficient_quota", "", Code.NO_QUOTA),
        (429, "credit_balance_exhausted", "", Code.NO_QUOTA),
        (429, "rate_limit_exceeded", "", Code.RATE_LIMITED),
        (429, "anything_new", "", Code.RATE_LIMITED),
        (500, None, "", Code.PROVIDER_DOWN),
        (529, "overloaded", "", Code.PROVIDER_DOWN),
    ],
)
def test_each_status_says_what_to_do(status, code, message, expected):
    problem = errors.of_status(OPENAI, status, code=code, message=message).problem
    assert problem.code is expected
    assert "question is kept" in problem.message


def test_azure_misses_a_deployment_where_others_miss_a_model():
    azure = Endpoint(Source.AZURE, base_url="https://name.openai.azure.com", key="k")
    said = "The API deployment for this resource does not exist."
    problem = errors.of_status(azure, 404, code="DeploymentNotFound", message=said).problem
    assert problem.code is Code.MODEL_UNKNOWN
    assert "choose another deployment" in problem.message
    problem = errors.of_status(OPENAI, 404, code="model_not_found").problem
    assert "choose another model" in problem.message


@pytest.mark.parametrize("end", [errors.cut, errors.gone])
def test_what_to_do_about_half_an_answer_is_left_to_the_buttons(end):
    problem = end(OPENAI).problem
    assert problem.message.endswith("Your question is kept.")
    assert partly_answered(problem).message.endswith("What had come is kept.")
    assert unasked(problem).message.endswith(("complete.", "of this answer."))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "soon"}, 1.0),
        ({"retry-after": "-1"}, 1.0),
        ({}, 1.0),
        (
            {
                "x-ratelimit-remaining-tokens": "0",
                "x-ratelimit-reset-tokens": "1m2.5s",
                "x-ratelimit-remaining-requests": "3",
                "x-ratelimit-reset-requests": "2h",
            },
            62.5,
        ),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "20ms"}, 0.02),
    ],
)
def test_the_server_says_when_to_ask_again(headers, seconds):
    assert errors.of_status(OPENAI, 429, headers=headers).retry_after == seconds


@pytest.mark.parametrize(
    ("seconds", "when"),
    [
        ("3600", "in 60 minutes"),
        ("45", "in 45 seconds"),
        ("86000", "in 24 hours"),
        ("1", "in a while"),
    ],
)
def test_the_person_is_told_when_to_ask_again(seconds, when):
    error = errors.of_status(OPENAI, 429, headers={"retry-after": seconds})
    assert error.problem.message.endswith(f"retry {when}.")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_what_asking_again_does_not_mend_is_not_asked_again(status):
    assert errors.of_status(OPENAI, status).retry_after is None
    assert errors.of_status(OPENAI, 429, code="insufficient_quota").retry_after is None


@pytest.mark.parametrize(
    "said",
    [
        "Incorrect API key provided: sk-proj-abcdef123456.",
        "header Authorization: Bearer abcdef.123456",
        "api-key: abcdef123456 is not valid",
        "https://ada:abcdef123456@gpu/v1 refused",
    ],
)
def test_no_secret_is_repeated(said):
    problem = errors.of_status(OPENAI, 401, message=said).problem
    assert "123456" not in f"{problem.message} {problem.detail}"
    endpoint = Endpoint(Source.COMPATIBLE, base_url="https://ada:abcdef123456@gpu/v1")
    problem = errors.unreachable(endpoint, said).problem
    assert "123456" not in f"{problem.message} {problem.detail}"


def test_a_field_that_is_no_text_is_not_passed_on():
    """The package says that it is one, but hands on whatever the server sent."""
    request = httpx2.Request("POST", "http://gpu/v1/chat/completions")
    response = httpx2.Response(400, request=request)
    body = {"message": "No.", "param": ["messages", 0]}
    error = openai.BadRequestError("No.", response=response, body=body)
    problem = errors.of_exception(OPENAI, error).problem
    assert problem.field is None
    assert decode(encode(problem), Problem) == problem


def test_only_who_has_entered_an_address_is_told_to_check_it():
    assert "check the network" in errors.unreachable(OPENAI, "").problem.message
    elsewhere = Endpoint(Source.COMPATIBLE, base_url="http://gpu/v1")
    assert "check the address and the network" in errors.unreachable(elsewhere, "").problem.message

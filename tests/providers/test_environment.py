"""The environment says where replies come from, for people who have set nothing."""

from __future__ import annotations

import pytest

from jupyter_chat.protocol import Source
from jupyter_chat.providers import environment
from jupyter_chat.providers.environment import endpoint_from_environment
from jupyter_chat.providers.interface import Endpoint

AZURE = {
    "AZURE_OPENAI_ENDPOINT": "https://lab.openai.azure.com",
    "AZURE_OPENAI_API_KEY": "k",
    "OPENAI_API_VERSION": "2025-04-01-preview",
}


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", *AZURE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(environment, "local_model_available", lambda: False)


@pytest.mark.parametrize(
    ("variables", "endpoint"),
    [
        ({}, None),
        ({"OPENAI_API_KEY": "  "}, None),
        ({"OPENAI_API_KEY": "sk-1"}, Endpoint(Source.OPENAI, key="sk-1")),
        (
            {"OPENAI_BASE_URL": "http://gpu:8000/v1"},
            Endpoint(Source.COMPATIBLE, base_url="http://gpu:8000/v1"),
        ),
        (
            {"OPENAI_BASE_URL": "https://eu.api.openai.com/v1", "OPENAI_API_KEY": "sk-1"},
            Endpoint(Source.OPENAI, base_url="https://eu.api.openai.com/v1", key="sk-1"),
        ),
        (
            {"OPENAI_BASE_URL": "https://api.openai.com.example.org/v1"},
            Endpoint(Source.COMPATIBLE, base_url="https://api.openai.com.example.org/v1"),
        ),
        (
            {"OPENAI_BASE_URL": "http://[not an address"},
            Endpoint(Source.COMPATIBLE, base_url="http://[not an address"),
        ),
        (
            {"OPENAI_BASE_URL": "http://gpu:8000/v1", "OPENAI_API_KEY": "sk-1", **AZURE},
            Endpoint(Source.COMPATIBLE, base_url="http://gpu:8000/v1", key="sk-1"),
        ),
        (
            {"OPENAI_API_KEY": "sk-1", **AZURE},
            Endpoint(
                Source.AZURE,
                base_url="https://lab.openai.azure.com",
                key="k",
                azure_api_version="2025-04-01-preview",
            ),
        ),
    ],
)
def test_the_variables_of_the_openai_package_are_understood(monkeypatch, variables, endpoint):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert endpoint_from_environment() == endpoint


def test_an_installed_local_model_is_used_where_nothing_else_is_named(monkeypatch):
    monkeypatch.setattr(environment, "local_model_available", lambda: True)
    assert endpoint_from_environment() == Endpoint(Source.LOCAL)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    assert endpoint_from_environment() == Endpoint(Source.OPENAI, key="sk-1")


def test_a_key_is_not_in_the_repr():
    assert "sk-secret" not in repr(Endpoint(Source.OPENAI, key="sk-secret"))

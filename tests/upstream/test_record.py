"""What was asked can be read, waited for and forgotten."""

from __future__ import annotations

import http.client
import json

import pytest

from tests.upstream import start_upstream


def ask(address: str, key: str, question: str) -> int:
    """One question without the client; the status."""
    connection = http.client.HTTPConnection(address.split("/")[2], timeout=10)
    body = {"model": "scripted", "input": question}
    connection.request(
        "POST", "/v1/responses", json.dumps(body), {"Authorization": f"Bearer {key}"}
    )
    status = connection.getresponse().status
    connection.close()
    return status


def test_requests_are_recorded_in_order():
    with start_upstream() as upstream:
        assert ask(upstream.url, upstream.key, "One") == 200
        assert ask(upstream.url, "other", "Two") == 401
        one, two = upstream.requests(clear=True)
        assert (one["path"], one["status"]) == ("/v1/responses", 200)
        assert one["body"]["input"] == "One"
        assert one["headers"]["authorization"] == f"Bearer {upstream.key}"
        assert one["outcome"] == "completed"
        assert one["started"] <= one["ended"] <= two["started"]
        assert two["status"] == 401
        assert upstream.requests() == []


def test_waiting_for_a_request_that_never_comes_has_an_end():
    with start_upstream() as upstream:
        ask(upstream.url, upstream.key, "One")
        assert upstream.wait_for(lambda asked: asked["status"] == 200)["number"] == 1
        with pytest.raises(TimeoutError):
            upstream.wait_for(lambda asked: asked["status"] == 500, 0.1)

"""Requests made from the OpenAPI document by schemathesis: valid ones and others.

Whatever is asked, the server answers as the document says, in time, and without failing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from jupyter_chat.server import routes
from tests.browser.jupyter import Jupyter
from tests.upstream import Upstream

SECONDS = 60
"""No answer takes longer, also on a machine that is busy with other things."""
NETWORK = "/jupyter-chat/api/account"
NETWORK_OF_ALL = "/jupyter-chat/api/admin/source"
"""Their changes are tried out on the server that they name, which would be any."""

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]

schema: Any = schemathesis.openapi.from_dict(routes.document())
schema = schema.exclude(path="/jupyter-chat/api/socket").exclude(path=NETWORK, method="PATCH")
schema = schema.exclude(path=NETWORK_OF_ALL, method="PUT")


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory: pytest.TempPathFactory, upstream: Upstream) -> Iterator[Jupyter]:
    folder = tmp_path_factory.mktemp("schemathesis")
    answers = {"OPENAI_BASE_URL": upstream.url, "OPENAI_API_KEY": upstream.key}
    jupyter = Jupyter("chat", folder, answers)
    jupyter.start()
    yield jupyter
    jupyter.stop()
    failed = re.findall(
        r"Uncaught exception (?!in write_error).*|A chat command failed", jupyter.log()
    )
    assert failed == []


@schema.parametrize()
@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_as_the_document_says(case, jupyter):
    response = case.call(
        base_url=jupyter.url,
        headers={"Authorization": f"token {jupyter.token}"},
        timeout=SECONDS,
        allow_redirects=False,
    )
    case.validate_response(response, checks=CHECKS)

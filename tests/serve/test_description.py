"""The OpenAPI description: requests of all kinds that it allows, and some that it does not, get an answer it names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import pytest

pytest.importorskip("schemathesis", reason="the extra `dev` brings it")

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from chuviet.formats.known import FORMATS
from chuviet.serve.description import Format

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
MODES = {"/v1/read": list(GenerationMode)}  # other routes have no parameter that could be wrong


def test_every_route_and_status_is_described(reading: Any) -> None:
    paths = reading.client.get("/openapi.json").json()["paths"]
    assert set(paths) == {"/v1/read", "/v1/lines", "/v1/models", "/healthz", "/readyz", "/metrics"}
    read = paths["/v1/read"]["post"]
    assert set(read["responses"]) == {
        "200", "400", "401", "406", "408", "413", "415", "422", "429", "500", "503", "504"
    }  # fmt: skip
    assert {p["name"] for p in read["parameters"]} == {"format", "ocr", "min_score", "pictures"}
    assert "multipart/form-data" in read["requestBody"]["content"]
    assert len(read["responses"]["200"]["content"]) == len(FORMATS)
    assert get_args(Format) == tuple(FORMATS)


def ask_all(url: str, examples: int) -> int:
    """Sends so many requests to each route, in each mode; returns how many were sent. Raises where an answer is a
    server error, or is none that the description names.
    """
    sent = 0
    for operation in (
        found.ok() for found in schemathesis.openapi.from_url(f"{url}/openapi.json").get_all_operations()
    ):
        for mode in MODES.get(operation.path, [GenerationMode.POSITIVE]):

            @seed(examples)
            @settings(max_examples=examples, deadline=None, database=None, phases=[Phase.generate],
                      suppress_health_check=list(HealthCheck))  # fmt: skip
            @given(case=operation.as_strategy(generation_mode=mode))
            def ask(case: Any) -> None:
                nonlocal sent
                sent += 1
                case.call_and_validate(checks=CHECKS)

            ask()
    return sent


def test_requests_that_the_description_allows(serve: Callable[..., Any]) -> None:
    service = serve()
    assert ask_all(service.url, 10) > 20
    log = service.log.read_text()
    assert "POST /v1/read" in log and "POST /v1/lines" in log and "ERROR" not in log and " 500 " not in log


@pytest.mark.slow
def test_many_requests_that_the_description_allows(serve: Callable[..., Any]) -> None:
    service = serve()
    assert ask_all(service.url, 500) > 1000
    assert "ERROR" not in (log := service.log.read_text()) and " 500 " not in log

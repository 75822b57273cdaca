"""The OpenAPI description: real answers fit it, and no request that it allows or forbids gets what it does not say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.serving import served
from tests.ui.fake_assistant import FakeAssistant
from ui.documents import AnswerDocument, FullPaperDocument, HitsDocument, PapersDocument
from ui.programs import build_api

CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(build_api(FakeAssistant())) as address:
        yield address


@pytest.fixture(scope="module")
def api_schema(url: str) -> Any:
    return schemathesis.openapi.from_url(f"{url}/api/openapi.json")


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_request_gets_what_the_description_says(api_schema: Any, mode: GenerationMode) -> None:
    """Requests that the description allows, and requests that break it."""
    for found in api_schema.get_all_operations():
        operation = found.ok()

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
        def check(case: schemathesis.Case) -> None:
            case.call_and_validate(checks=CHECKS)

        can_be_wrong = operation.body or operation.query  # every text is a path
        if mode is GenerationMode.POSITIVE or can_be_wrong:
            check()


def test_what_is_sent_fits_its_description(url: str) -> None:
    for question in ("energy", "both", "salary"):
        answer = httpx.post(f"{url}/api/ask", json={"question": question}).json()
        AnswerDocument.model_validate(answer, strict=True)
    HitsDocument.model_validate(httpx.post(f"{url}/api/search", json={"query": "q"}).json(), strict=True)
    PapersDocument.model_validate(httpx.get(f"{url}/api/papers").json(), strict=True)
    FullPaperDocument.model_validate(httpx.get(f"{url}/api/papers/p1").json(), strict=True)


def test_the_description_has_examples(url: str) -> None:
    description = httpx.get(f"{url}/api/openapi.json").json()
    schemas = description["components"]["schemas"]
    assert schemas["AskBody"]["properties"]["question"]["examples"]
    assert schemas["AnswerDocument"]["properties"]["text"]["examples"]
    assert "/v1/chat/completions" in description["paths"]

"""The stand-in for Ollama, held against the published description of Ollama's API."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.ollama_double import OllamaDouble
from tests.ollama_script import Failure, Model, Script

SPEC = Path(os.environ.get("CITEWELL_OLLAMA_SPEC") or Path(__file__).parents[3] / "shared/ollama/openapi.yaml")
NAME = "qwen3:4b-instruct"
CHAT = {"model": NAME, "messages": [{"role": "user", "content": "Why?"}]}


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    if not SPEC.is_file():
        pytest.skip(f"Ollama's API description is not at {SPEC}; set CITEWELL_OLLAMA_SPEC to check the double")
    loaded: dict[str, Any] = yaml.safe_load(SPEC.read_text("utf-8"))
    return loaded


@pytest.fixture
def server() -> Iterator[OllamaDouble]:
    with OllamaDouble(Script(thinking="Hm.", models=(Model(NAME), Model("old:latest", capabilities=None)))) as double:
        yield double


def check(spec: dict[str, Any], name: str, document: Any) -> None:
    """Hold a document against a schema, and allow no field that the schema does not name."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": spec["components"]}
    Draft202012Validator(schema).validate(document)
    assert set(document) <= set(spec["components"]["schemas"][name]["properties"]) | FINAL_CHAT_FIELDS


# The last line of a chat has the fields of the response that is not streamed; the description leaves that out.
FINAL_CHAT_FIELDS = frozenset(
    "done_reason total_duration load_duration prompt_eval_count prompt_eval_duration eval_count eval_duration".split()
)


@pytest.mark.parametrize(
    ("method", "path", "body", "schema"),
    [
        ("GET", "/api/version", None, "VersionResponse"),
        ("GET", "/api/tags", None, "ListResponse"),
        ("GET", "/api/ps", None, "PsResponse"),
        ("POST", "/api/show", {"model": NAME}, "ShowResponse"),
        ("POST", "/api/show", {"model": "old"}, "ShowResponse"),
        ("POST", "/api/chat", CHAT | {"stream": False}, "ChatResponse"),
        ("POST", "/api/generate", {"model": NAME, "prompt": "Why?", "stream": False}, "GenerateResponse"),
        ("POST", "/api/generate", {"model": NAME, "stream": False}, "GenerateResponse"),
        ("POST", "/api/pull", {"model": "new", "stream": False}, "StatusResponse"),
    ],
)
def test_documents_are_as_described(
    spec: dict[str, Any], server: OllamaDouble, method: str, path: str, body: dict[str, Any] | None, schema: str
) -> None:
    answer = httpx.request(method, server.url + path, json=body)
    assert answer.status_code == 200
    check(spec, schema, answer.json())


@pytest.mark.parametrize(
    ("path", "body", "schema"),
    [
        ("/api/chat", CHAT, "ChatStreamEvent"),
        ("/api/generate", {"model": NAME, "prompt": "Why?"}, "GenerateStreamEvent"),
        ("/api/pull", {"model": "new"}, "StatusEvent"),
    ],
)
def test_streamed_lines_are_as_described(
    spec: dict[str, Any], server: OllamaDouble, path: str, body: dict[str, Any], schema: str
) -> None:
    with httpx.stream("POST", server.url + path, json=body) as answer:
        assert answer.headers["content-type"].startswith("application/x-ndjson")
        lines = [json.loads(line) for line in answer.iter_lines()]
    for line in lines:
        check(spec, schema, line)
    assert len(lines) > 3
    assert lines[-1].get("done", True) is True


@pytest.mark.parametrize("failure", [Failure(500, "out of memory"), Failure(503, "server busy")])
def test_errors_are_as_described(spec: dict[str, Any], server: OllamaDouble, failure: Failure) -> None:
    server.play(Script(failure=failure))
    answer = httpx.post(f"{server.url}/api/chat", json=CHAT)
    assert answer.status_code == failure.status
    check(spec, "ErrorResponse", answer.json())


def test_an_absent_model_is_a_described_404(spec: dict[str, Any], server: OllamaDouble) -> None:
    for path in ("/api/chat", "/api/show"):
        answer = httpx.post(server.url + path, json=CHAT | {"model": "absent"})
        assert answer.status_code == 404
        check(spec, "ErrorResponse", answer.json())


def test_requests_are_recorded(server: OllamaDouble) -> None:
    httpx.get(f"{server.url}/api/version")
    httpx.post(f"{server.url}/api/show", json={"model": NAME})
    assert server.requests == [("/api/version", {}), ("/api/show", {"model": NAME})]

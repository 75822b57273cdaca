"""Reads answers from the stand-in for Ollama to their end, or to their failure."""

from __future__ import annotations

from typing import Any

import pytest

from index_store.types import Hit, Paper
from rag.answerers import Brief, Done, Said, Thought
from rag.errors import AnswererError
from rag.ollama import OllamaAnswerer, OllamaOptions
from rag.types import Turn
from tests.ollama_double import OllamaDouble

NAME = "qwen3:4b-instruct"
TEXT = "Kilns hold heat for nine hours [1]. Doors leak [Source 2]."
KILN = Hit(Paper("k", "On kilns", "Glass cools slowly. Kilns hold heat for nine hours."), 0.9, ())
DOOR = Hit(Paper("d", "On doors", "Doors leak."), 0.5, ())
BRIEF = Brief("How long is heat held?", (KILN, DOOR), (Turn("user", "Hello"), Turn("assistant", "Hi [1].")))


def answerer(server: OllamaDouble, **options: Any) -> OllamaAnswerer:
    return OllamaAnswerer(NAME, [server.url], OllamaOptions(**options))


def read(answerer: OllamaAnswerer, brief: Brief = BRIEF) -> tuple[str, str, Done]:
    said, thought, done = "", "", None
    for piece in answerer.stream(brief):
        assert done is None, "nothing comes after Done"
        if isinstance(piece, Said):
            said += piece.text
        elif isinstance(piece, Thought):
            thought += piece.text
        elif isinstance(piece, Done):
            done = piece
    assert done is not None
    return said, thought, done


def fail(answerer: OllamaAnswerer, brief: Brief = BRIEF) -> tuple[str, AnswererError]:
    """Read until the failure; gives the text that came before it, and the failure."""
    said: list[str] = []
    with pytest.raises(AnswererError) as caught:
        said.extend(piece.text for piece in answerer.stream(brief) if isinstance(piece, Said))
    return "".join(said), caught.value

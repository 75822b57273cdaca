"""The page's endpoints for ``gradio_client``: ``/ask`` and ``/search``, with the documents of the REST interface.

>>> from gradio_client import Client
>>> Client("http://127.0.0.1:7860").predict("How does LoRA work?", api_name="/ask")["text"]

Knows no component.
"""

from __future__ import annotations

from typing import get_args

import gradio as gr
from gradio.events import api

from index_store.errors import CitewellError, InputError
from rag.limits import MAX_HITS, MAX_QUESTION_CHARS
from rag.settings import AnswererChoice
from rag.types import Json, Request
from ui.api import hit_to_dict
from ui.protocols import Assistant
from ui.scopes import make_scope
from ui.streams import answered

_SIMULTANEOUS = 20
"""Half of what Gradio works on at once: the functions of the page go on where a model is silent."""


def add_named_endpoints(assistant: Assistant) -> None:
    """Add the endpoints to the page that is being built."""

    async def ask(
        question: str, collection: str | None = None, year: str | None = None, answerer: str | None = None
    ) -> Json:
        """Answer a question; gives the answer as JSON."""
        try:
            _expect_text(question)
            if answerer and answerer not in get_args(AnswererChoice):
                raise InputError(f"answerer is one of {', '.join(get_args(AnswererChoice))}.")
            scope = make_scope((collection,) if collection else (), year or None)
            events = assistant.stream(Request(question, (), scope, answerer or None))
            return (await answered(events, None)).to_dict()
        except CitewellError as exc:
            raise gr.Error(str(exc), print_exception=False) from exc

    def search(query: str, k: int = 10, collection: str | None = None, year: str | None = None) -> Json:
        """Find the k best papers; gives hits as JSON."""
        try:
            if not isinstance(k, int | float) or not 1 <= k <= MAX_HITS:
                raise InputError(f"k is a number from 1 to {MAX_HITS}.")
            _expect_text(query)
            scope = make_scope((collection,) if collection else (), year or None)
            return {"hits": [hit_to_dict(hit) for hit in assistant.search(query, int(k), scope)]}
        except CitewellError as exc:
            raise gr.Error(str(exc), print_exception=False) from exc

    for endpoint in (ask, search):
        api(endpoint, api_name=endpoint.__name__, concurrency_limit=_SIMULTANEOUS, concurrency_id="answers")


def _expect_text(text: object) -> None:
    if not isinstance(text, str) or not 0 < len(text.strip()) <= MAX_QUESTION_CHARS:
        raise InputError(f"Ask with a text of at most {MAX_QUESTION_CHARS:,} characters.")

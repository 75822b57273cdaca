"""The library's search as a LangChain retriever; needs ``langchain-core``.  ``rag.retriever`` is LlamaIndex's."""

from __future__ import annotations

from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from index_store.types import WHOLE_LIBRARY, Scope


class CitewellLangChainRetriever(BaseRetriever):
    """Retrieves the best ``k`` papers of ``scope``, best first; a document is a paper's best passage."""

    assistant: Any
    k: int = 10
    scope: Scope = WHOLE_LIBRARY

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:  # noqa: ARG002
        return [
            Document(h.passages[0].passage.text, id=h.paper.id, metadata={"title": h.paper.title, "score": h.score})
            for h in self.assistant.search(query, self.k, self.scope)
            if h.passages
        ]

"""The library's search as a LlamaIndex retriever, so that it drops into any LlamaIndex pipeline.

>>> from llama_index.core.query_engine import RetrieverQueryEngine
>>> engine = RetrieverQueryEngine.from_args(CitewellRetriever(open_assistant()), llm=...)

A node is the best passage of one paper; the paper's id, title, year and link are its metadata.  Being a class of
LlamaIndex's own, it imports that library: only those who want it import this module.

Knows no language model.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeRelationship, NodeWithScore, QueryBundle, RelatedNodeInfo, TextNode

from index_store.types import WHOLE_LIBRARY, Hit, Scope


class Searches(Protocol):
    """What finds papers: an ``Assistant``."""

    def search(self, query: str, k: int = 10, scope: Scope = WHOLE_LIBRARY) -> tuple[Hit, ...]: ...


class CitewellRetriever(BaseRetriever):
    """Retrieves the best ``k`` papers of ``scope``, best first, each as a node with a score in [0, 1]."""

    def __init__(self, assistant: Searches, k: int = 10, scope: Scope = WHOLE_LIBRARY) -> None:
        super().__init__()
        self._assistant = assistant
        self._k = k
        self._scope = scope

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        hits = self._assistant.search(query_bundle.query_str, self._k, self._scope)
        return [NodeWithScore(node=_node(hit), score=hit.score) for hit in hits if hit.passages]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)


def _node(hit: Hit) -> TextNode:
    paper, passage = hit.paper, hit.passages[0].passage
    metadata = {"paper_id": paper.id, "title": paper.title, "year": paper.year, "url": paper.url}
    return TextNode(
        id_=f"{paper.id}#{passage.start}-{passage.end}",
        text=passage.text,
        start_char_idx=passage.start,
        end_char_idx=passage.end,
        metadata={name: value for name, value in metadata.items() if value is not None},
        excluded_embed_metadata_keys=["paper_id", "url"],
        excluded_llm_metadata_keys=["paper_id", "url"],
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=paper.id)},
    )

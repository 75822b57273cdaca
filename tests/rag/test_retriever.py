"""The search inside LlamaIndex and LangChain: nodes with their papers, and a query engine that answers from them."""

from __future__ import annotations

import asyncio

from llama_index.core.llms import MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.response_synthesizers import get_response_synthesizer

from index_store.types import Scope
from rag.langchain_retriever import CitewellLangChainRetriever
from rag.retriever import CitewellRetriever
from tests.ui.fake_assistant import HITS, PAPERS, FakeAssistant


def test_nodes_carry_passage_score_and_paper() -> None:
    nodes = CitewellRetriever(FakeAssistant(), k=2).retrieve("adders")
    assert [node.score for node in nodes] == [0.9, 0.6]
    assert nodes[0].node.get_content() == HITS[0].passages[0].passage.text
    assert nodes[1].node.metadata == {"paper_id": "p2", "title": PAPERS[1].title, "year": 2022}
    assert nodes[0].node.ref_doc_id == "p1"
    assert len({node.node_id for node in nodes}) == 2


def test_a_scope_narrows_it() -> None:
    nodes = CitewellRetriever(FakeAssistant(), scope=Scope(first_year=2022)).retrieve("adders")
    assert [node.node.metadata["paper_id"] for node in nodes] == ["p2"]


def test_it_works_for_asyncio() -> None:
    async def retrieve() -> list[str]:
        return [node.node.ref_doc_id or "" for node in await CitewellRetriever(FakeAssistant()).aretrieve("adders")]

    assert asyncio.run(retrieve()) == ["p1", "p2", "p3"]


def test_a_query_engine_answers_from_it() -> None:
    synthesizer = get_response_synthesizer(llm=MockLLM())  # it repeats its prompt
    engine = RetrieverQueryEngine(CitewellRetriever(FakeAssistant(), k=1), synthesizer)
    response = asyncio.run(engine.aquery("How much energy?"))
    assert PAPERS[0].title in str(response)
    assert "How much energy?" in str(response)
    assert [node.node.ref_doc_id for node in response.source_nodes] == ["p1"]


def test_langchain_gets_documents() -> None:
    documents = CitewellLangChainRetriever(assistant=FakeAssistant(), k=2).invoke("adders")
    assert [(document.id, document.metadata["score"]) for document in documents] == [("p1", 0.9), ("p2", 0.6)]
    assert documents[0].page_content == HITS[0].passages[0].passage.text

"""The library for agents, over the Model Context Protocol: search papers, ask, read one paper, list the collections.

Tools answer twice: in words for the model, and as the documents of DESIGN section 3.  A paper is also a resource,
``citewell://papers/ID``.  The protocol itself is the official SDK's.

Knows no command line; ``ui.mcp_route`` serves it over streamable HTTP, ``citewell mcp`` over standard input and output.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Annotated, Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError
from mcp_types import CallToolResult, TextContent, ToolAnnotations
from pydantic import Field
from starlette.requests import Request as HttpRequest

from index_store.counting import counted
from index_store.errors import CitewellError
from index_store.types import Hit, Paper
from rag.limits import MAX_HITS, MAX_QUESTION_CHARS
from rag.links import link_of
from rag.types import Json, Request, full_paper_to_dict
from ui.api import hit_to_dict
from ui.display import display_text
from ui.openai_chat import footnotes
from ui.protocols import Assistant
from ui.scopes import make_scope
from ui.streams import answered

_INSTRUCTIONS = (
    "A library of research-paper abstracts. `ask` answers a question from the abstracts and cites them; "
    "`search_papers` finds papers; `get_paper` gives one abstract whole. Numbers in brackets are citations: keep them."
)
_READS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
_Collection = Annotated[str | None, Field(description="only papers of this collection; list_collections names them")]
_Years = Annotated[str | int | None, Field(description="only papers of 2020, 2019..2023, 2019.. or ..2023")]
_Question = Annotated[str, Field(min_length=1, max_length=MAX_QUESTION_CHARS)]


def build_mcp(assistant: Assistant) -> MCPServer:
    """Give the server of ``assistant``'s library; nothing runs yet."""
    server = MCPServer(
        "citewell", title="Citewell", instructions=_INSTRUCTIONS, version=version("citewell"), log_level="WARNING"
    )
    _add_tools(server, assistant)
    _add_resources(server, assistant)
    return server


def _add_tools(server: MCPServer, assistant: Assistant) -> None:
    @server.tool(title="Search papers", annotations=_READS)
    @_in_one_sentence()
    def search_papers(
        query: _Question,
        k: Annotated[int, Field(ge=1, le=MAX_HITS, description="papers to return")] = 10,
        collection: _Collection = None,
        year: _Years = None,
    ) -> CallToolResult:
        """Find the papers whose abstracts fit a query best, with the passages that do."""
        hits = assistant.search(query, k, make_scope((collection,) if collection else (), year))
        words = "\n\n".join(map(_hit_in_words, hits)) or "No paper found."
        return _result(words, {"hits": [hit_to_dict(hit) for hit in hits]})

    @server.tool(title="Ask", annotations=_READS)
    async def ask(
        context: Context[Any, HttpRequest],
        question: _Question,
        collection: _Collection = None,
        year: _Years = None,
        answerer: Annotated[str | None, Field(pattern="^(auto|quote|ollama)$", description="who words it")] = None,
        model: Annotated[str | None, Field(description="a model that Ollama has")] = None,
    ) -> CallToolResult:
        """Answer a question from the abstracts, every sentence with its citation; says so where they do not say."""
        with _in_one_sentence():
            request = Request(question, (), make_scope((collection,) if collection else (), year), answerer, model)
            answer = await answered(assistant.stream(request), context.request_context.request)
        return _result(display_text(answer.text) + footnotes(answer), answer.to_dict())

    @server.tool(title="Get a paper", annotations=_READS)
    @_in_one_sentence()
    def get_paper(
        paper_id: Annotated[str, Field(description="the id that search_papers and ask give")],
    ) -> CallToolResult:
        """Give one paper: title, authors, year, links and the whole abstract."""
        paper = assistant.library.paper(paper_id)
        if paper is None:
            raise ToolError(f"There is no paper {paper_id!r}; search_papers gives the ids.")
        return _result(_paper_in_words(paper), full_paper_to_dict(paper))

    @server.tool(title="List collections", annotations=_READS)
    @_in_one_sentence()
    def list_collections() -> CallToolResult:
        """List the collections that the library is divided into, with the number of papers in each."""
        collections = dict(assistant.library.collections())
        lines = [
            f"{counted(len(assistant.library), 'paper')} in all",
            *(f"{name}: {n:,}" for name, n in collections.items()),
        ]
        return _result("\n".join(lines), {"papers": len(assistant.library), "collections": collections})


def _add_resources(server: MCPServer, assistant: Assistant) -> None:
    @server.resource("citewell://papers/{+paper_id}", title="A paper", mime_type="text/markdown")
    def paper(paper_id: str) -> str:
        """One paper of the library: its title, authors, year, links and abstract."""
        try:
            found = assistant.library.paper(paper_id)
        except CitewellError as exc:
            raise ResourceError(str(exc)) from exc
        if found is None:
            raise ResourceNotFoundError(f"There is no paper {paper_id!r}; search_papers gives the ids.")
        return _paper_in_words(found)


@contextmanager
def _in_one_sentence() -> Iterator[None]:
    """Tell the model what failed in the sentence that a user would get."""
    try:
        yield
    except CitewellError as exc:
        raise ToolError(str(exc)) from exc


def _result(words: str, document: Json) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=words)], structured_content=document)


def _hit_in_words(hit: Hit) -> str:
    passage = f"\n{display_text(hit.passages[0].passage.text)}" if hit.passages else ""
    return f"{_head(hit.paper)}\nid: {hit.paper.id}{passage}"


def _paper_in_words(paper: Paper) -> str:
    more: list[Any] = [", ".join(paper.authors), link_of(paper), f"id: {paper.id}"]
    return "\n".join([f"# {_head(paper)}", *filter(None, more), "", display_text(paper.abstract)])


def _head(paper: Paper) -> str:
    return display_text(paper.title) + (f" ({paper.year})" if paper.year else "")

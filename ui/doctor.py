"""What ``citewell doctor`` examines: the library, the embedder, and Ollama."""

from __future__ import annotations

from index_store.doctor import Finding, examine, repair
from index_store.shelf import writing
from rag.assemble import open_embedder
from rag.settings import Settings
from rag.speakers import OllamaServers


def examine_all(settings: Settings, *, mend: bool) -> list[Finding]:
    """Examine everything; with ``mend``, repair the library first."""
    embedder = open_embedder(settings)
    if mend:
        with writing(settings.library):
            repair(settings.library, embedder, server=settings.chroma)
    return [
        *examine(settings.library, embedder, settings.chroma),
        Finding("ollama", True, OllamaServers(settings).describe()),
    ]

"""The composition root: settings in, an assistant with all its parts out.

The page, the command line and the evaluation all call it, so what is measured is what users get.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

from index_store.embedding import SentenceEmbedder
from index_store.entailment import CrossEncoderEntailment
from index_store.library import Library
from index_store.reranking import CrossEncoderReranker
from rag.assistant import Assistant
from rag.calibration import CalibratedJudge
from rag.parts import Parts
from rag.quote import QuoteAnswerer
from rag.rewriting import ModelRewriter
from rag.settings import Settings
from rag.speakers import LocalSpeakers
from rag.support import SentenceSupport


def open_embedder(settings: Settings) -> SentenceEmbedder:
    """Give the embedder that the settings name."""
    return SentenceEmbedder(settings.embedder, settings.precision)


def prepare_judge(settings: Settings, embedder: SentenceEmbedder) -> None:
    """Calibrate the judge to a library that has changed, so that the next question does not wait for it."""
    with closing(Library.open(settings.library, embedder, server=settings.chroma)) as library:
        if not library.is_empty():
            _judge(settings, library).calibration()


def assemble(settings: Settings) -> Assistant:
    """Open the library and put the assistant together."""
    embedder = open_embedder(settings)
    reranker = CrossEncoderReranker(settings.reranker) if settings.reranker else None
    library = Library.open(settings.library, embedder, reranker, settings.chroma)
    speakers = LocalSpeakers(settings, QuoteAnswerer(library))
    return Assistant(
        Parts(
            library=library,
            speakers=speakers,
            judge=_judge(settings, library),
            support=SentenceSupport(embedder, CrossEncoderEntailment(settings.nli) if settings.nli else None),
            papers=settings.papers,
            rewriter=ModelRewriter(speakers) if settings.rewrite == "auto" else None,
        )
    )


def reassemble(assistant: Assistant, settings: Settings) -> None:
    """Let an open assistant follow changed settings; those of its library and its embedder stay as they were."""
    speakers = LocalSpeakers(settings, QuoteAnswerer(assistant.library))
    rewriter = ModelRewriter(speakers) if settings.rewrite == "auto" else None
    assistant.use(replace(assistant.parts, speakers=speakers, papers=settings.papers, rewriter=rewriter))


def _judge(settings: Settings, library: Library) -> CalibratedJudge:
    return CalibratedJudge(library, settings.home / "calibration.json")

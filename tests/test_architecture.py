"""Imports point one way, and each heavy library has one importer."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("index_store", "rag", "ui", "eval")
MAY_IMPORT = {
    "index_store": {"index_store"},
    "rag": {"rag", "index_store"},
    "eval": {"eval", "rag", "index_store"},
    "ui": {"ui", "eval", "rag", "index_store"},
}
# Library: the modules that may import it.
IMPORTERS = {
    "chromadb": {"index_store/connecting.py", "index_store/vectors.py", "index_store/vector_server.py"},
    "tantivy": {"index_store/lexical.py"},
    "sqlite3": {"index_store/database.py"},
    "lxml": {"index_store/fetching/arxiv.py", "index_store/readers/xmlrecords.py"},
    "pyarrow": {"index_store/readers/parquet.py"},
    "ray": {"index_store/on_ray/connecting.py", "index_store/on_ray/foreman.py"},
    "torch": {
        "index_store/encoders.py",
        "index_store/entailment.py",
        "index_store/reranking.py",
        "index_store/minilm.py",
        "index_store/precision.py",
    },
    "sentence_transformers": {
        "index_store/encoders.py",
        "index_store/entailment.py",
        "index_store/reranking.py",
    },
    "transformers": {"index_store/encoders.py"},
    "tokenizers": {"index_store/encoders.py"},
    "sklearn": {"index_store/layout.py", "index_store/labels.py"},
}
# The page's library stays in ui, the models' libraries in rag.
HOMES = {"gradio": {"ui"}, "fastapi": {"ui"}, "uvicorn": {"ui"}, "ollama": {"rag"}}
# Classes of LlamaIndex's and LangChain's own; nothing of ours imports them.
RETRIEVERS = {Path("rag/retriever.py"), Path("rag/langchain_retriever.py")}
HEAVY = {
    "chromadb",
    "gradio",
    "llama_index",
    "lxml",
    "pyarrow",
    "ray",
    "sentence_transformers",
    "sklearn",
    "tantivy",
    "tokenizers",
    "torch",
    "transformers",
}


def modules() -> list[Path]:
    return sorted(
        path
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if "benchmarks" not in path.parts  # they compare with peers, so they import what they compare with
    )


def imports(path: Path) -> Iterator[tuple[str, ast.AST]]:
    """Yield the top package of every import, with the node; type-only imports are left out."""
    tree = ast.parse(path.read_text("utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from ((name.name.split(".")[0], node) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the direction"
            yield (node.module or "").split(".")[0], node


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_what_lies_below_it(path: Path) -> None:
    name = path.relative_to(ROOT)
    package = name.parts[0]
    for top, _ in imports(path):
        if top in PACKAGES:
            assert top in MAY_IMPORT[package], f"{name} imports {top}"
        assert name.as_posix() in IMPORTERS.get(top, {name.as_posix()}), f"{name} imports {top}"
        assert package in HOMES.get(top, {package}), f"{name} imports {top}"


@pytest.mark.parametrize(
    "path",
    [
        p
        for p in modules()
        if p.relative_to(ROOT).parts[0] in {"index_store", "rag"} and p.relative_to(ROOT) not in RETRIEVERS
    ],
    ids=lambda p: p.stem,
)
def test_heavy_libraries_are_imported_where_they_are_used(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    found = {
        (node.module or "").split(".")[0] if isinstance(node, ast.ImportFrom) else node.names[0].name.split(".")[0]
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert not found & HEAVY, f"{path.name} imports {found & HEAVY} when it is imported"


def test_nothing_of_ours_imports_the_retrievers() -> None:
    for path in modules():
        imported = {
            node.module for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)
        }
        assert not imported & {"rag.retriever", "rag.langchain_retriever"}, path


def test_every_data_file_is_packaged() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["package-data"]
    for package in PACKAGES:
        packaged = {path for pattern in declared[package] for path in (ROOT / package).glob(pattern)}
        data = {path for path in (ROOT / package).rglob("*") if path.is_file() and path.suffix not in {".py", ".pyc"}}
        left_out = {path for path in data - packaged if not {"results", "screenshots"} & set(path.parts)}
        assert left_out == set(), f"{package} needs these at run time: name them in pyproject.toml"

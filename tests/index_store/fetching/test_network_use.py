"""Below the language model, one module fetches papers, for two commands, and two modules speak to a Chroma server."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[3]
NETWORK = {"httpx", "requests", "urllib3", "aiohttp", "socket", "http"}


def imported(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    named = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return named | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}


def test_few_modules_of_the_store_reach_the_network() -> None:
    found = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "index_store").rglob("*.py")
        if NETWORK & {name.split(".")[0] for name in imported(path)} or "urllib.request" in imported(path)
    }
    server = {"index_store/connecting.py", "index_store/vector_server.py"}  # reached where CITEWELL_CHROMA_URL is set
    assert found == {"index_store/fetching/web.py"} | server


def test_only_the_commands_for_it_fetch() -> None:
    found = {
        path.relative_to(ROOT).as_posix()
        for package in ("index_store", "rag", "ui", "eval")
        for path in (ROOT / package).rglob("*.py")
        if "fetching" not in path.parts and any(name.startswith("index_store.fetching") for name in imported(path))
    }
    assert found == {"ui/fetching.py", "ui/cli_fetch.py"}

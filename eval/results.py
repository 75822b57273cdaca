"""Results as JSON documents: what they were measured on, where they are kept, how they are read back.

A document names the library's digest, the settings, the program's version and the time, and holds a row for each
question, so that two of them can be compared.  It names no path of the machine that made it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from eval.errors import ResultsUnusable
from index_store.durable import replace_file
from index_store.errors import StorageError
from index_store.library import Status
from rag.settings import Settings

Document = dict[str, Any]

FORMAT = 1
_MEASURED = "embedder precision answerer model num_ctx think rewrite papers reranker nli".split()
"""The settings that a measurement depends on; the others name this machine, or are secret."""
_TEXTS = ("text", "history")
_LONGEST_NAME = 200
"""In bytes: a file's name may have 255, and the time, an ending and the mark of a file half written come on top."""


def stamp(kind: str, name: str, library: Status, settings: Settings) -> Document:
    """Say what a measurement was made with.  ``kind``: ``questions`` or ``beir``; ``name``: of its sets."""
    chosen = {name: getattr(settings, name) for name in _MEASURED}
    return {
        "format": FORMAT,
        "kind": kind,
        "name": name,
        "citewell": _version(),
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "library": {
            "digest": library.digest,
            "papers": library.papers,
            "passages": library.passages,
            "embedder": Path(library.embedder).name,
        },
        "settings": chosen | {"embedder": Path(settings.embedder).name},
    }


def default_folder(home: Path) -> Path:
    """Give ``eval/results`` of the source checkout that this runs from, else ``results`` under the home folder."""
    source = Path(__file__).resolve().parent
    return source / "results" if (source.parent / "pyproject.toml").is_file() else home / "results"


def prepare(folder: Path) -> Path:
    """Make the folder, so that one that cannot be written is known before the work.  Raises ``StorageError``."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".writable").touch()
        (folder / ".writable").unlink()
    except OSError as exc:
        raise _unwritable(folder, exc) from exc
    return folder


def store(document: Document, folder: Path, pages: Mapping[str, str]) -> list[Path]:
    """Write the document and its ``pages`` (suffix to text) side by side, named by set and time, each file whole.

    Returns the paths, the JSON first.  Raises ``StorageError``.
    """
    moment = datetime.fromisoformat(document["made_at"]).strftime("%Y%m%dT%H%M%S")
    texts = {"json": json.dumps(document, ensure_ascii=False, indent=1) + "\n", **pages}
    stem, suffix = f"{document['name']}-{moment}", 2
    try:
        while (folder / f"{stem}.json").exists():  # two runs in one second
            stem, suffix = f"{document['name']}-{moment}-{suffix}", suffix + 1
    except OSError as exc:
        raise _unwritable(folder, exc) from exc
    paths = [folder / f"{stem}.{ending}" for ending in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        replace_file(path, text.encode("utf-8", "backslashreplace"))  # half a character, which JSON too writes so
    return paths


def load(path: Path) -> Document:
    """Read a stored document.  Raises ``ResultsUnusable`` saying what it is not."""
    try:
        document = json.loads(path.read_text("utf-8"))
    except OSError as exc:
        raise ResultsUnusable(f"{path}: cannot be read: {exc.strerror or exc}. Name a stored result.") from exc
    except (ValueError, RecursionError) as exc:
        raise ResultsUnusable(f"{path}: is no JSON. Name the .json file of a stored result.") from exc
    if not isinstance(document, dict) or document.get("format") != FORMAT or not _is_whole(document):
        raise ResultsUnusable(
            f"{path}: is no result of `citewell eval`. Name a .json file that `citewell eval questions` has kept."
        )
    return document


def without_texts(document: Document) -> Document:
    """Leave out what quotes the library or a collection, to publish results on texts that are not yours.

    Of a question set answers and histories go, of a collection the queries and the documents' titles.
    """
    names = ("question",) if document["kind"] == "beir" else _TEXTS
    rows = [{**row, **{name: type(row[name])() for name in names if name in row}} for row in document["rows"]]
    return {**document, "rows": rows} | ({"titles": {}} if "titles" in document else {})


def set_names(names: Sequence[str], split: str, types: Sequence[str]) -> str:
    """Name a run: its sets, and what was chosen from them; where that is too long for a file, ``first+15``."""
    chosen = "".join(f"-{part}" for part in (*([] if split == "all" else [split]), *dict.fromkeys(types)))
    name = "+".join(names) + chosen
    if len(os.fsencode(name)) <= _LONGEST_NAME:
        return name
    end = (f"+{len(names) - 1}" if len(names) > 1 else "") + chosen
    return os.fsencode(names[0])[: _LONGEST_NAME - len(end)].decode(errors="ignore") + end


def _is_whole(document: Mapping[str, Any]) -> bool:
    """Tell whether a document has all that a comparison reads, each of its kind."""
    rows = document.get("rows")
    return (
        all(isinstance(document.get(name), str) for name in ("name", "made_at"))
        and all(isinstance(document.get(name, {}), dict) for name in ("library", "settings"))
        and isinstance(rows, list)
        and all(map(_is_row, rows))
    )


def _is_row(row: Any) -> bool:
    return (
        isinstance(row, dict)
        and isinstance(row.get("key"), str)
        and isinstance(row.get("question", ""), str)
        and isinstance(row.get("measured"), dict)
        and all(value is None or isinstance(value, int | float) for value in row["measured"].values())
    )


def _version() -> str:
    try:
        return version("citewell")
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "not installed"


def _unwritable(folder: Path, exc: OSError) -> StorageError:
    return StorageError(f"{folder} cannot be written: {exc.strerror}. Choose another folder with --out.")

"""A retrieval collection in the layout of BEIR, read and checked: documents, queries, judgements.

    DIR/corpus.jsonl    {"_id" or "id", "title", "text"}
    DIR/queries.jsonl   {"_id" or "id", "text"}
    DIR/qrels.tsv       query, document, grade; or TREC's query, 0, document, grade; also as qrels/test.tsv

(Thakur et al. 2021, "BEIR".)  A line that is wrong is rejected and the rest is read.  What trec_eval takes in its
stride is only noted: judgements of unknown documents count as relevant and never found, queries without judgements are
not asked.  Knows no library.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.errors import CollectionUnusable
from eval.json_lines import read_object
from index_store.types import Rejection

Judgements = dict[str, dict[str, int]]

_GRADE = re.compile(r"([+-]?\d{1,9})(?:\.0*)?")
_TITLE_WORDS = 12  # of a text without a title stand in for one


@dataclass(frozen=True, slots=True)
class Document:
    """One text of the corpus; ``line`` counts from 1."""

    id: str
    title: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Collection:
    """``queries`` hold those with at least one relevant document, by id in the order of the file.

    ``rejected``: lines that could not be used.  ``notes``: oddities that count as trec_eval counts them, and deserve to
    be known.  ``digest`` identifies the corpus alone.
    """

    name: str
    digest: str
    documents: tuple[Document, ...]
    queries: dict[str, str]
    judgements: Judgements
    rejected: tuple[Rejection, ...]
    notes: tuple[Rejection, ...]


@dataclass(frozen=True, slots=True)
class _Complaints:
    rejected: list[Rejection]
    notes: list[Rejection]


def read_collection(folder: Path) -> Collection:
    """Read a folder.  Raises ``CollectionUnusable`` where a part is missing, unreadable or without content."""
    corpus, queries = _part(folder, "corpus.jsonl"), _part(folder, "queries.jsonl")
    qrels = _part(folder, "qrels.tsv", "qrels/test.tsv")
    complaints = _Complaints([], [])
    documents = _documents(corpus, complaints)
    asked = _queries(queries, complaints)
    judgements = _judgements(qrels, {d.id for d in documents}, set(asked), complaints)
    with_answer = {
        id_: text for id_, text in asked.items() if any(grade > 0 for grade in judgements.get(id_, {}).values())
    }
    if not with_answer:
        raise CollectionUnusable(f"{qrels}: no query of {queries.name} has a relevant document. Check the ids.")
    if len(with_answer) < len(asked):
        left = len(asked) - len(with_answer)
        complaints.notes.append(Rejection(queries, 0, f"{left:,} of {len(asked):,} queries have no relevant document"))
    return Collection(
        name=folder.resolve().name,
        digest=_digest(documents),
        documents=tuple(documents),
        queries=with_answer,
        judgements=judgements,
        rejected=tuple(complaints.rejected),
        notes=tuple(complaints.notes),
    )


def _part(folder: Path, *names: str) -> Path:
    if not folder.is_dir():
        raise CollectionUnusable(f"{folder}: no such folder. Name one with corpus.jsonl, queries.jsonl and qrels.tsv.")
    found = next((folder / name for name in names if (folder / name).is_file()), None)
    if found is None:
        raise CollectionUnusable(f"{folder}: lacks {' or '.join(names)}. A BEIR folder needs it.")
    return found


def _documents(path: Path, complaints: _Complaints) -> list[Document]:
    found: dict[str, Document] = {}

    def take(data: dict[str, Any], line: int) -> None:
        id_ = _id(data, found)
        title, text = _string(data, "title").strip(), _string(data, "text").strip()
        if not title and not text:
            complaints.notes.append(Rejection(path, line, f"document {id_!r} is empty, so it can never be found"))
            return
        found[id_] = Document(id_, title or " ".join(text.split()[:_TITLE_WORDS]), text or title, line)

    _each_object(path, take, complaints)
    if not found:
        raise CollectionUnusable(f"{path}: holds no document. Each line needs an _id, a title and a text.")
    return list(found.values())


def _queries(path: Path, complaints: _Complaints) -> dict[str, str]:
    found: dict[str, str] = {}

    def take(data: dict[str, Any], _line: int) -> None:
        id_, text = _id(data, found), _string(data, "text").strip()
        if not text:
            raise ValueError(f"query {id_!r} has no text")
        found[id_] = text

    _each_object(path, take, complaints)
    if not found:
        raise CollectionUnusable(f"{path}: holds no query. Each line needs an _id and a text.")
    return found


def _judgements(path: Path, documents: set[str], queries: set[str], complaints: _Complaints) -> Judgements:
    found: Judgements = {}
    unknown_queries: dict[str, int] = {}
    for number, line in _lines(path):
        cells = line.split("\t") if "\t" in line else line.split()
        grade = _grade(cells[-1])
        if number == 1 and not any(c.isdecimal() for c in cells[-1]):
            continue  # a header
        if len(cells) not in (3, 4) or grade is None:
            complaints.rejected.append(Rejection(path, number, "is not: query, document, grade (a whole number)"))
            continue
        query, document = cells[0].strip(), cells[-2].strip()
        if query not in queries:
            unknown_queries.setdefault(query, number)
            continue
        if document not in documents:
            complaints.notes.append(Rejection(path, number, f"judges the unknown document {document!r}"))
        found.setdefault(query, {})[document] = grade
    complaints.notes.extend(
        Rejection(path, number, f"judges for the unknown query {query!r}") for query, number in unknown_queries.items()
    )
    return found


def _grade(cell: str) -> int | None:
    found = _GRADE.fullmatch(cell.strip())
    return int(found[1]) if found else None


def _each_object(path: Path, take: Callable[[dict[str, Any], int], None], complaints: _Complaints) -> None:
    for number, line in _lines(path):
        try:
            take(read_object(line), number)
        except json.JSONDecodeError as exc:
            complaints.rejected.append(Rejection(path, number, f"is no JSON: {exc.msg} at character {exc.colno}"))
        except (ValueError, RecursionError) as exc:
            complaints.rejected.append(Rejection(path, number, str(exc)))


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="\n") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line.rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "is not UTF-8 text"
        raise CollectionUnusable(f"{path}: cannot be read: {reason}. Mend the file.") from exc


def _id(data: dict[str, Any], known: dict[str, Any]) -> str:
    value = data.get("_id", data.get("id"))
    if not isinstance(value, str | int) or isinstance(value, bool) or not str(value).strip():
        raise ValueError("lacks the field _id")
    if str(value) in known:
        raise ValueError(f"the id {str(value)!r} was there before")
    return str(value)


def _string(data: dict[str, Any], name: str) -> str:
    value = data.get(name)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{name} is no text")
    return value or ""


def _digest(documents: list[Document]) -> str:
    digest = hashlib.sha256()
    for document in documents:
        digest.update(json.dumps([document.id, document.title, document.text]).encode())
    return digest.hexdigest()

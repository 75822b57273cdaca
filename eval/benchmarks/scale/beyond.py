"""The page of arithmetic for 200 million abstracts, ``index_store/SCALE.md``: every figure from a measured one.

Pure: the figures of ``scale.json`` in, text out.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any

from eval.benchmarks.tables import table

ABSTRACTS = 200_000_000

_PARTS = ("catalogue", "vectors", "lexical", "tokens")
_SEARCH_MS = 60  # the aim for a search, p95
_HELD_BYTES = 48 + 4 * 8  # of a passage in memory: signs of 384 numbers, and its id, place and order, 8 bytes each
_ROW_BYTES = 384 + 8 + 4  # of a passage in the page cache: 8 bits a number, its id and its scale
_WEEK_H = 7 * 24
_MADE = """Made by `python -m eval.benchmarks.scale`; do not edit. Every figure follows from one that was measured at
{papers:,} papers in {passages:,} passages (`eval/results/scale.json`) or, for embedding, by `make bench`, on 2 cores
without a graphics card. What was measured at one size is taken to hold at another unless it says otherwise: this is
arithmetic, not a promise."""
_MAKING = """Embedding is all but everything, and it is what `citewell index --ray` spreads over machines; what a
graphics card does was not measured. Reading and publishing have one writer a library; publishing keeps up with
many machines that embed."""
_ASKED = """A search of the whole took {whole:.1f} ms (p95). What grows with the library is going through the vectors,
{dense:.1f} ms, and ranking by words, {lexical:.1f} ms. Both are taken to grow in proportion, so a part may have as many
passages as bring the whole to {limit} ms. The signs must be in memory; the 8-bit rows are read through the page cache,
and count here as if all of them had to be. Each part is a library of its own, alone on a machine or beside others.
Asking parts side by side and fusing their rankings is not in Citewell; nor need it be for the vectors, which a
distributed Chroma splits and merges by itself (`CITEWELL_CHROMA_URL`)."""


def page(kept: Mapping[str, Any]) -> str:
    """Make the page from the largest size measured."""
    row = max(kept["rows"].values(), key=lambda each: each["papers"])
    head, found = ("what", "measured", "at 200 million abstracts"), row["search"]
    asked = _ASKED.format(
        whole=found["fused"]["p95"], dense=found["dense"]["p50"], lexical=found["lexical"]["p50"], limit=_SEARCH_MS
    )
    made = _MADE.format(papers=row["papers"], passages=row["passages"])
    sections = ["# 200 million abstracts", made, "## Making it", table(head, _making(row, float(kept["embedding"])))]
    return "\n\n".join([*sections, _MAKING, "## Asking it", table(head, _parted(row)), asked]) + "\n"


def _making(row: Mapping[str, Any], a_second: float) -> list[tuple[str, str, str]]:
    """Say what it takes to make the libraries, where ``a_second`` abstracts are embedded."""
    passages = _passages(row)
    reading_h = ABSTRACTS / row["papers"] * row["reading_s"] / 3600
    publishing_h = passages / row["passages"] * row["publishing_s"] / 3600
    embedding_h = ABSTRACTS / a_second / 3600
    read = f"{row['papers'] / row['reading_s']:,.0f} papers/s"
    published = f"{row['passages'] / row['publishing_s']:,.0f} passages/s"
    parts = [(part, row[f"{part}_bytes"] / row["passages"]) for part in _PARTS]
    return [
        ("passages", f"{row['passages'] / row['papers']:.2f} an abstract", f"{passages / 1e6:,.0f} million"),
        ("embedding, machine-hours", f"{a_second:,.1f} abstracts/s on 2 cores", f"{embedding_h:,.0f}"),
        ("machines to embed all in a week", f"{_WEEK_H} h", f"{ceil(embedding_h / _WEEK_H):,}"),
        ("reading, merging, cutting, h of one processor", read, f"{reading_h:,.0f}"),
        ("publishing, h of one processor", published, f"{publishing_h:,.0f}"),
        *(
            (f"{name}, TB", f"{each:,.0f} bytes a passage", f"{each * passages / 1e12:,.2f}")
            for name, each in [*parts, ("disk", _disk_bytes(row))]
        ),
    ]


def _parted(row: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Say what it takes to ask them."""
    passages, part, each = _passages(row), largest_part(row), _disk_bytes(row)
    parts, held = ceil(passages / part), part * (_HELD_BYTES + _ROW_BYTES)
    return [
        (f"passages in a part, at {_SEARCH_MS} ms a search", "see below", f"{part / 1e6:,.1f} million"),
        ("parts", f"{passages / 1e6:,.0f} million passages", f"{parts:,}"),
        ("disk of a part, GB", f"{each:,.0f} bytes a passage", f"{part * each / 1e9:,.0f}"),
        ("memory of a part, GB", f"{_HELD_BYTES + _ROW_BYTES} bytes a passage", f"{held / 1e9:,.1f}"),
        ("memory of all parts, TB", "parts × memory of a part", f"{parts * held / 1e12:,.2f}"),
        (f"processors for an answer in {_SEARCH_MS} ms", "one a part", f"{parts:,}"),
    ]


def _passages(row: Mapping[str, Any]) -> float:
    return float(ABSTRACTS * row["passages"] / row["papers"])


def _disk_bytes(row: Mapping[str, Any]) -> float:
    """Give the bytes on disk of one passage."""
    return float(sum(row[f"{part}_bytes"] for part in _PARTS) / row["passages"])


def largest_part(row: Mapping[str, Any]) -> float:
    """Tell how many passages a library may have for a search to take ``_SEARCH_MS``, in proportion."""
    growing = (row["search"]["dense"]["p50"] + row["search"]["lexical"]["p50"]) / row["passages"]
    return float(row["passages"] + max(_SEARCH_MS - row["search"]["fused"]["p95"], 0) / growing)

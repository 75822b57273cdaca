"""arXiv's metadata snapshot (https://www.kaggle.com/datasets/Cornell-University/arxiv): one object a line, millions.

Turns one object into the fields that every reader gives; the JSON around it is read in ``jsonlines``.  arXiv keeps
titles and abstracts as they were typed, with line breaks at 80 characters: each becomes one space.  The year is that of
the first version.  Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

from index_store.readers.people import said


def is_item(value: Mapping[str, object]) -> bool:
    """Tell whether an object is a record of the snapshot: names in parts, or versions beside a date of update."""
    if "abstract" not in value and "title" not in value:
        return False
    return isinstance(value.get("authors_parsed"), list) or (
        isinstance(value.get("versions"), list) and "update_date" in value
    )


def fields(record: Mapping[str, object]) -> dict[str, object]:
    """Give a record's fields as ``columns.to_entry`` takes them."""
    number = record.get("id")
    versions = record.get("versions")
    versions = [each for each in versions if isinstance(each, dict)] if isinstance(versions, list) else []
    return {
        "id": number,
        "title": unwrapped(record.get("title")),
        "abstract": unwrapped(record.get("abstract")),
        "authors": _people(record.get("authors_parsed")) or unwrapped(record.get("authors")),
        "year": versions[0].get("created") if versions else None,
        "update_date": record.get("update_date"),
        "url": f"https://arxiv.org/abs/{number}" if isinstance(number, str) and number else None,
        "arxiv": number,
        "arxiv_version": f"{number}{versions[-1].get('version')}" if versions else None,
        "doi": first_word(record.get("doi")),
        "categories": record.get("categories"),
    }


def unwrapped(value: object) -> object:
    """Give a text in one line; anything else as it is."""
    return " ".join(value.split()) if isinstance(value, str) else value


def first_word(value: object) -> object:
    """Give the first of the DOIs that arXiv writes into one field, with spaces between."""
    return next(iter(value.split()), None) if isinstance(value, str) else value


def _people(value: object) -> list[str]:
    names = value if isinstance(value, list) else []
    return [name for parts in names if isinstance(parts, list) and (name := _name(parts))]


def _name(parts: list[object]) -> str:
    """Join family name, given names and suffix; affiliations may follow."""
    family, given, suffix = ([part if isinstance(part, str) else "" for part in parts[:3]] + ["", "", ""])[:3]
    return said(given, family, suffix=suffix)

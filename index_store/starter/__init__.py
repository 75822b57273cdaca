"""The starter library: landmark papers with summaries written for Citewell, to try it with and to test it on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path

from index_store.readers import read
from index_store.types import Entry, Rejection

SOURCE = Path("starter library")
"""What its papers name as their source; no file of a user's has a relative path there."""

COLLECTION = "starter"


def entries() -> Iterator[Entry | Rejection]:
    """Read the starter library."""
    with as_file(files(__package__).joinpath("papers.jsonl")) as file:
        for item in read(file):
            yield replace(item, path=SOURCE)

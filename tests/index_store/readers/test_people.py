"""Names in the order of speech."""

from __future__ import annotations

import pytest

from index_store.readers.people import said, turned, turned_initials


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Quill, Ada", "Ada Quill"),
        ("van der Berg, Jan", "Jan van der Berg"),
        ("King, Martin, Jr.", "Martin King, Jr."),
        ("King, Jr., Martin", "Martin King, Jr."),
        ("Martin King, Jr.", "Martin King, Jr."),
        ("King, Martin L Jr", "Martin L King, Jr"),
        ("Reed, Bo 3rd", "Bo Reed, III"),
        ("Tidal, Inc.", "Tidal, Inc."),
        ("The Tide Team", "The Tide Team"),
        ("Quill,", "Quill"),
        ("A, B, C, D", "A, B, C, D"),
        ("", ""),
    ],
)
def test_turned(written: str, name: str) -> None:
    assert turned(written) == name


@pytest.mark.parametrize(
    ("written", "name"), [("Quill AB", "AB Quill"), ("de la Cruz J Jr", "J de la Cruz, Jr"), ("Tide Team", "Tide Team")]
)
def test_turned_initials(written: str, name: str) -> None:
    assert turned_initials(written) == name


def test_said() -> None:
    assert said("Ludwig", "Beethoven", particle="van") == "Ludwig van Beethoven"
    assert said("Ada", "Quill", suffix="3rd") == "Ada Quill, III"
    assert said("", "Quill") == "Quill"

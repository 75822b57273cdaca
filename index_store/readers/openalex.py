"""Works as OpenAlex gives them (https://developers.openalex.org): pages with ``results``, and JSON Lines snapshots.

Turns one work into the fields that every reader gives; the JSON around it is read in ``jsonlines``.  OpenAlex may not
pass abstracts on as texts, so it gives each word with its places; put in order again they are the text, but for its
line ends.  A place given twice or left out is taken as it comes.  Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

# Places beyond what any abstract has are noise; a reader of hostile files must not sort millions of them.
_MOST_WORDS = 50_000
_ARXIV_PAGE = re.compile(r"https?://arxiv\.org/(?:abs|pdf)/\S+", re.IGNORECASE)


def is_item(value: Mapping[str, object]) -> bool:
    """Tell whether an object is a work of OpenAlex."""
    if "abstract_inverted_index" in value:
        return True
    number = value.get("id")
    return isinstance(number, str) and number.startswith("https://openalex.org/W") and "authorships" in value


def fields(work: Mapping[str, object]) -> dict[str, object]:
    """Give a work's fields as ``columns.to_entry`` takes them."""
    ids = _object(work.get("ids"))
    places = [_object(place) for place in (work.get("primary_location"), *_list(work.get("locations")))]
    pages = [page for place in places if isinstance(page := place.get("landing_page_url"), str)]
    return {
        "id": _short(work.get("id")),
        "title": work.get("title") or work.get("display_name"),
        "abstract": in_order(work.get("abstract_inverted_index")) or work.get("abstract"),
        "authors": [name for each in _list(work.get("authorships")) if (name := _author(_object(each)))],
        "year": work.get("publication_year"),
        "publication_date": work.get("publication_date"),
        "url": [*pages[:1], work.get("doi"), work.get("id")],
        "doi": work.get("doi") or ids.get("doi"),
        "arxiv": next((page for page in pages if _ARXIV_PAGE.fullmatch(page)), None),
        "categories": [_object(topic).get("display_name") for topic in _list(work.get("topics"))],
        "openalex": work.get("id"),
        "pmid": ids.get("pmid"),
        "pmcid": ids.get("pmcid"),
        "mag": ids.get("mag"),
    }


def in_order(index: object) -> str:
    """Put the words of an inverted index ({word: [place, …]}) back in order; "" for what is none."""
    placed = [(place, word) for word, places in _object(index).items() for place in _places(places)]
    return " ".join(word for _, word in sorted(placed[:_MOST_WORDS]))


def _places(places: object) -> Iterator[int]:
    return (place for place in _list(places) if isinstance(place, int) and not isinstance(place, bool))


def _author(authorship: Mapping[str, object]) -> str:
    name = _object(authorship.get("author")).get("display_name") or authorship.get("raw_author_name")
    return name if isinstance(name, str) else ""


def _short(number: object) -> object:
    """Give ``W123`` for ``https://openalex.org/W123``, which is no page about the paper."""
    return number.rpartition("/")[2] if isinstance(number, str) else number


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []

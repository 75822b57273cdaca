"""Which papers a run has brought, for those who want to tell.  Knows no file format and no index."""

from __future__ import annotations

from index_store import starter
from index_store.catalogue import Catalogue


def last_number(catalogue: Catalogue) -> int:
    """Give the number behind which the papers of the next run come: the starter library leaves before they do."""
    leaving = set(catalogue.numbers_only_from(str(starter.SOURCE)))
    rows = catalogue.db.all("SELECT number FROM papers ORDER BY number DESC LIMIT ?", len(leaving) + 1)
    return next((number for (number,) in rows if number not in leaving), 0)


def titles_after(catalogue: Catalogue, number: int) -> list[str]:
    """Give the titles of the papers that came behind ``number``, in the order in which they came."""
    return [title for (title,) in catalogue.db.all("SELECT title FROM papers WHERE number > ? ORDER BY number", number)]

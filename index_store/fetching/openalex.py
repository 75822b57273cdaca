"""OpenAlex: https://developers.openalex.org, works that match a search and a filter, by cursor.

A key is free and needed for more than a try; it stays out of files and messages.  Works without an abstract are not
asked for.  OpenAlex learns of papers weeks after they appear, so a round goes back a month.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date

from index_store.fetching.service import Cursor, NotReady, Page

SERVER = "https://api.openalex.org"
# What the reader reads; whole works are ten times as large.
_FIELDS = (
    "id,doi,ids,title,publication_year,publication_date,authorships,abstract_inverted_index,primary_location,locations,"
    "topics"
)
_NO_KEY = "it asks for a key, which is free at openalex.org/settings/api: set CITEWELL_OPENALEX_KEY"


@dataclass(frozen=True, slots=True)
class OpenAlex:
    """Works that match the words of ``search`` and OpenAlex's own ``filters`` (``type:article,is_oa:true``)."""

    search: str = ""
    filters: str = ""
    contact: str | None = None
    key: str | None = field(default=None, repr=False)
    server: str = SERVER
    title: str = "OpenAlex"
    pause: float = 0.2
    overlap: int = 30
    most: int = 100
    suffix: str = ".json"

    def first(self, since: date, until: date) -> Cursor:
        return {"from": since.isoformat(), "until": until.isoformat(), "cursor": "*"}

    def request(self, cursor: Cursor, count: int) -> tuple[str, dict[str, str]]:
        days = f"from_publication_date:{cursor['from']},to_publication_date:{cursor['until']}"
        parameters = {
            "filter": ",".join(filter(None, (days, "has_abstract:true", self.filters))),
            "per_page": str(count),
            "cursor": str(cursor["cursor"]),
            "select": _FIELDS,
            "search": self.search,
            "mailto": self.contact if self.contact and "@" in self.contact else "",
            "api_key": self.key or "",
        }
        return f"{self.server}/works", {name: value for name, value in parameters.items() if value}

    def name(self, _cursor: Cursor, number: int) -> str:
        return f"page-{number:05}"

    def page(self, body: bytes, cursor: Cursor) -> Page:
        document = _object(body)
        works, meta = document.get("results"), document.get("meta")
        if not isinstance(works, list) or not isinstance(meta, dict):
            raise NotReady("a page without results")
        following = meta.get("next_cursor")
        if not works or not isinstance(following, str):
            return Page(len(works), None)
        return Page(len(works), {**cursor, "cursor": following})

    def refusal(self, status: int, body: bytes) -> str:
        if status in {401, 403} or (status in {409, 429} and not self.key):
            return _NO_KEY
        try:
            return " ".join(str(_object(body).get("message", "")).split())[:300]
        except NotReady:
            return ""


def _object(body: bytes) -> dict[str, object]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise NotReady("a page that is not JSON") from exc
    if not isinstance(document, dict):
        raise NotReady("a page that is no object")
    return document

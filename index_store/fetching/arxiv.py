"""arXiv's search service: https://info.arxiv.org/help/api/user-manual.html, https://info.arxiv.org/help/api/tou.html.

One request in three seconds, by one connection.  Pages are asked for in the order of submission within a span of days,
so that they do not shift while they are fetched.  arXiv gives at most 30,000 results of one query: then a new one
begins at the day that was reached.  It answers with an empty page, a broken one or "Rate exceeded." at times, and
reports errors as a page with one entry called "Error".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from index_store.errors import FetchError
from index_store.fetching.service import Cursor, NotReady, Page

SERVER = "https://export.arxiv.org"
_MOST_RESULTS = 30_000

_FIELD = re.compile(r"\b(?:ti|au|abs|co|jr|cat|rn|id|all|doi|submittedDate):")
_ATOM = "{http://www.w3.org/2005/Atom}"
_TOTAL = "{http://a9.com/-/spec/opensearch/1.1/}totalResults"


@dataclass(frozen=True, slots=True)
class Arxiv:
    """Papers that match ``query``, in arXiv's language (``cat:cs.CL AND ti:tides``) or in plain words."""

    query: str
    server: str = SERVER
    title: str = "arXiv"
    pause: float = 3.0
    overlap: int = 7
    most: int = 200
    suffix: str = ".xml"

    def first(self, since: date, until: date) -> Cursor:
        return {"from": since.isoformat(), "until": until.isoformat(), "start": 0}

    def request(self, cursor: Cursor, count: int) -> tuple[str, dict[str, str]]:
        days = [str(cursor[name]).replace("-", "") for name in ("from", "until")]
        return f"{self.server}/api/query", {
            "search_query": f"({_in_fields(self.query)}) AND submittedDate:[{days[0]}0000 TO {days[1]}2359]",
            "start": str(cursor["start"]),
            "max_results": str(min(count, _MOST_RESULTS - int(cursor["start"]))),
            "sortBy": "submittedDate",
            "sortOrder": "ascending",
        }

    def name(self, _cursor: Cursor, number: int) -> str:
        return f"page-{number:05}"

    def page(self, body: bytes, cursor: Cursor) -> Page:
        feed = _parsed(body)
        entries = feed.findall(f"{_ATOM}entry")
        for entry in entries:
            if "arxiv.org/api/errors" in entry.findtext(f"{_ATOM}id", ""):
                said = " ".join(entry.findtext(f"{_ATOM}summary", "").split())
                raise FetchError(f"arXiv does not understand the query: {said}. Mend --query.")
        total, start = feed.findtext(_TOTAL, "").strip(), int(cursor["start"])
        if not total.isdecimal() or len(total) > 9:
            raise NotReady("a page that does not say how many papers there are")
        reached = start + len(entries)
        if not entries and reached < min(int(total), _MOST_RESULTS):
            raise NotReady("an empty page in the middle")
        if reached >= int(total):
            return Page(len(entries), None)
        if reached < _MOST_RESULTS:
            return Page(len(entries), {**cursor, "start": reached})
        return Page(len(entries), self._from_day_reached(entries[-1].findtext(f"{_ATOM}published", "")[:10], cursor))

    def refusal(self, status: int, _body: bytes) -> str:
        return "mend --query" if status == 400 else ""

    def _from_day_reached(self, day: str, cursor: Cursor) -> Cursor:
        if not str(cursor["from"]) < day <= str(cursor["until"]):
            raise FetchError(
                f"arXiv has more than {_MOST_RESULTS:,} papers of one day for this query, and gives no more of one"
                " query. Narrow --query."
            )
        return {**cursor, "from": day, "start": 0}


def _in_fields(query: str) -> str:
    """Search plain words everywhere; leave a query in arXiv's own language as it is."""
    return query if _FIELD.search(query) else " AND ".join(f"all:{word}" for word in query.split())


def _parsed(body: bytes):  # type: ignore[no-untyped-def]  # lxml ships no types
    from lxml import etree  # type: ignore[import-untyped]  # it ships no types

    if body.strip().lower().startswith(b"rate exceeded"):
        raise NotReady("that the rate is exceeded")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        feed = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as exc:
        raise NotReady("a page that is not well-formed XML") from exc
    if feed.tag != f"{_ATOM}feed":
        raise NotReady("a page that is no Atom feed")
    return feed

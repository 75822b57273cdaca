"""Hugging Face's daily papers: https://huggingface.co/docs/hub/api, a list for each day, at most a hundred a page.

A day's list grows for a while, and there are none at weekends; so each round looks at the last days again, and a day's
file is replaced.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta

from index_store.fetching.service import Cursor, NotReady, Page

SERVER = "https://huggingface.co"


@dataclass(frozen=True, slots=True)
class DailyPapers:
    """The papers of each day."""

    server: str = SERVER
    title: str = "Hugging Face daily papers"
    pause: float = 1.0
    overlap: int = 3
    most: int = 100
    suffix: str = ".json"

    def first(self, since: date, until: date) -> Cursor:
        return {"day": since.isoformat(), "until": until.isoformat(), "p": 0}

    def request(self, cursor: Cursor, _count: int) -> tuple[str, dict[str, str]]:
        # Always whole pages: they are counted by their size.
        parameters = {"date": str(cursor["day"]), "limit": str(self.most), "p": str(cursor["p"])}
        return f"{self.server}/api/daily_papers", parameters

    def name(self, cursor: Cursor, _number: int) -> str:
        return str(cursor["day"]) + (f"-{int(cursor['p']) + 1}" if cursor["p"] else "")

    def page(self, body: bytes, cursor: Cursor) -> Page:
        try:
            papers = json.loads(body)
        except (ValueError, RecursionError) as exc:
            raise NotReady("a page that is not JSON") from exc
        if not isinstance(papers, list):
            raise NotReady("a page that is no list")
        if len(papers) >= self.most:
            return Page(len(papers), {**cursor, "p": int(cursor["p"]) + 1})
        day = (date.fromisoformat(str(cursor["day"])) + timedelta(days=1)).isoformat()
        return Page(len(papers), None if day > str(cursor["until"]) else {**cursor, "day": day, "p": 0})

    def refusal(self, _status: int, _body: bytes) -> str:
        return ""

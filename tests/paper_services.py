"""arXiv, OpenAlex and Hugging Face's daily papers as one small server on this machine, with papers of our own.

Pages have the services' real forms.  ``troubles`` are given instead of the next answers, the first one first.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

FIRST_DAY = date(2026, 1, 1)


@dataclass(frozen=True, slots=True)
class Trouble:
    """An answer that is none."""

    status: int
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class PaperServices:
    """The server: paper ``n`` of ``count`` appears ``n // 3`` days after ``FIRST_DAY``."""

    count: int = 0
    url: str = ""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    arxiv_total: int | None = None

    def papers(self, first: str, last: str) -> list[int]:
        return [n for n in range(self.count) if first <= day_of(n).isoformat() <= last]

    def answer(self, path: str, asked: dict[str, str]) -> str:
        return {"/api/query": self._arxiv, "/api/daily_papers": self._daily, "/works": self._openalex}[path](asked)

    def _arxiv(self, asked: dict[str, str]) -> str:
        first, last = (
            f"{d[:4]}-{d[4:6]}-{d[6:8]}" for d in asked["search_query"].split("submittedDate:[")[1].split(" TO ")
        )
        found, start = self.papers(first, last), int(asked["start"])
        page = found[start : start + int(asked["max_results"])]
        total = len(found) if self.arxiv_total is None else self.arxiv_total
        return f"""<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns="http://www.w3.org/2005/Atom">
<id>https://arxiv.org/api/x</id><title>arXiv Query</title>
<opensearch:totalResults>{total}</opensearch:totalResults>{"".join(map(_entry, page))}</feed>"""

    def _daily(self, asked: dict[str, str]) -> str:
        start = int(asked["p"]) * int(asked["limit"])
        found = self.papers(asked["date"], asked["date"])[start : start + int(asked["limit"])]
        return json.dumps([{"paper": _daily_paper(n), "title": title_of(n), "numComments": 0} for n in found])

    def _openalex(self, asked: dict[str, str]) -> str:
        wanted = dict(part.split(":", 1) for part in asked["filter"].split(","))
        found = self.papers(wanted["from_publication_date"], wanted["to_publication_date"])
        start = 0 if asked["cursor"] == "*" else int(asked["cursor"])
        page = found[start : start + int(asked["per_page"])]
        meta = {"count": len(found), "per_page": asked["per_page"], "next_cursor": str(start + len(page))}
        return json.dumps({"meta": meta if page else meta | {"next_cursor": None}, "results": list(map(_work, page))})


def day_of(n: int) -> date:
    return FIRST_DAY + timedelta(days=n // 3)


def title_of(n: int) -> str:
    return f"Tides of Harbour {n}"


def abstract_of(n: int) -> str:
    return f"We measure the water of harbour number {n}. The moon pulls at it {n * 7 + 1} times a month."


def _number(n: int) -> str:
    return f"26{day_of(n).month:02}.{n:05}"


def _entry(n: int) -> str:
    return f"""<entry><id>http://arxiv.org/abs/{_number(n)}v1</id><title>{title_of(n)}</title>
<updated>{day_of(n)}T10:00:00Z</updated><published>{day_of(n)}T10:00:00Z</published><summary>{abstract_of(n)}
</summary><author><name>Ada Quill</name></author><category term="physics.ao-ph"/></entry>"""


def _daily_paper(n: int) -> dict[str, Any]:
    return {"id": _number(n), "title": title_of(n), "summary": abstract_of(n), "authors": [{"name": "Ada Quill"}]} | {
        "publishedAt": f"{day_of(n)}T00:00:00.000Z"
    }


def _work(n: int) -> dict[str, Any]:
    index: dict[str, list[int]] = {}
    for place, word in enumerate(abstract_of(n).split()):
        index.setdefault(word, []).append(place)
    return {"id": f"https://openalex.org/W{n + 1}", "title": title_of(n), "abstract_inverted_index": index} | {
        "publication_year": day_of(n).year,
        "authorships": [],
    }


@contextmanager
def paper_services(count: int = 0) -> Iterator[PaperServices]:
    """Serve on a free port of this machine."""
    services = PaperServices(count)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            services.asked.append((parts.path, asked))
            services.agents.append(self.headers["User-Agent"])
            trouble = services.troubles.pop(0) if services.troubles else None
            body = (trouble.body if trouble else services.answer(parts.path, asked)).encode()
            self.send_response(trouble.status if trouble else 200)
            for name, value in trouble.headers if trouble else ():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    services.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield services
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

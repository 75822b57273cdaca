"""Fetching against a server on this machine: pages, cursors, rounds, notes."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from index_store.errors import FetchError
from index_store.fetching import arxiv, ledger
from index_store.fetching.ledger import Order
from tests.index_store.fetching.running import TODAY, Run, small_pages
from tests.paper_services import FIRST_DAY, Trouble, title_of


@pytest.mark.parametrize("name", ["arxiv", "daily-papers", "openalex"])
def test_all_papers_of_a_span_come_once_as_files_that_the_readers_read(tmp_path, server, name: str) -> None:
    options = {"arxiv": {"query": "x"}, "daily-papers": {}, "openalex": {"search": "x"}}[name]
    run = Run(tmp_path, server, name, **options)
    if name != "daily-papers":
        small_pages(run)
    done = run()
    assert sorted(run.titles()) == sorted(title_of(n) for n in range(24))
    assert (done.cursor, done.papers, done.since, done.until) == (None, 24, "2026-01-01", "2026-01-10")
    assert set(done.waiting) == {place.name for place in run.folder.iterdir()} - {".fetch.json"}
    assert ledger.read(run.folder) == done


def test_what_each_service_is_asked(tmp_path, server) -> None:
    small_pages(Run(tmp_path, server, query="deep tides"))(today=FIRST_DAY)
    small_pages(Run(tmp_path, server, "openalex", search="tides", filter="type:article"), 2)(today=FIRST_DAY)
    Run(tmp_path, server, "daily-papers")(today=FIRST_DAY)
    asked = server.asked
    assert asked[0] == (
        "/api/query",
        {"search_query": "(all:deep AND all:tides) AND submittedDate:[202601010000 TO 202601012359]", "start": "0"}
        | {"max_results": "10", "sortBy": "submittedDate", "sortOrder": "ascending"},
    )
    path, first = asked[1]
    assert (path, first["cursor"], first["per_page"], first["search"]) == ("/works", "*", "2", "tides")
    assert first["filter"] == (
        "from_publication_date:2026-01-01,to_publication_date:2026-01-01,has_abstract:true,type:article"
    )
    assert (first["api_key"], asked[2][1]["cursor"]) == ("secret-key", "2")
    assert asked[-1] == ("/api/daily_papers", {"date": "2026-01-01", "limit": "100", "p": "0"})
    kept = [place.read_text() for place in tmp_path.rglob("*") if place.is_file()]
    assert not any("secret-key" in text for text in kept)


def test_requests_keep_their_distance_and_say_who_asks(tmp_path, server) -> None:
    run = small_pages(Run(tmp_path, server))
    run(contact="ada@harbour.example")
    assert len(server.asked) == 3
    assert run.naps == [3.0, 3.0]
    assert all(agent.startswith("citewell/") for agent in server.agents)
    assert server.agents[0].endswith(" (ada@harbour.example)")


def test_a_fetch_goes_on_where_it_was_stopped(tmp_path, server) -> None:
    run = small_pages(Run(tmp_path, server))
    first = run(most=10)
    assert (first.papers, first.cursor and first.cursor["start"]) == (10, 10)
    server.troubles += [Trouble(500)] * 5
    with pytest.raises(FetchError, match=r"^arXiv gave no answer in 5 tries at .* status 500\. Run this again later"):
        run()
    assert ledger.read(run.folder) == first
    done = run()
    assert [asked["start"] for _, asked in server.asked] == ["0", *["10"] * 6, "20"]
    assert (done.papers, len(run.titles())) == (24, 24)


def test_killed_between_a_page_and_its_note_the_page_comes_again_under_its_name(tmp_path, server, monkeypatch) -> None:
    run = small_pages(Run(tmp_path, server))
    write = ledger.write
    monkeypatch.setattr(ledger, "write", lambda folder, fetch: write(folder, fetch) if fetch.pages < 2 else 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run()
    monkeypatch.undo()
    run()
    assert sorted(place.name for place in run.folder.glob("page*")) == [f"page-0000{n}.xml" for n in (1, 2, 3)]
    assert len(run.titles()) == 24


def test_the_next_round_brings_what_came_since(tmp_path, server) -> None:
    run = small_pages(Run(tmp_path, server), 100)
    run()
    server.count = 60
    done = run(since=None, today=TODAY + timedelta(days=10))
    assert (done.since, done.until, done.papers) == ("2026-01-03", "2026-01-20", 24 + 54)
    assert set(run.titles()) == {title_of(n) for n in range(60)}


def test_an_earlier_day_begins_a_round_there_and_the_first_time_a_day_is_needed(tmp_path, server) -> None:
    run = small_pages(Run(tmp_path, server), 100)
    with pytest.raises(FetchError, match="say from when on, as in --since 2026-01-31"):
        run(since=None)
    with pytest.raises(FetchError, match="lies in the future"):
        run(since=TODAY + timedelta(days=1))
    run(since=FIRST_DAY + timedelta(days=5))
    assert run().since == "2026-01-01"
    assert run().since == "2026-01-03"  # known since the first day: on from the end of the last round


def test_the_last_days_of_daily_papers_are_looked_at_again(tmp_path, server) -> None:
    run = Run(tmp_path, server, "daily-papers", x="y")
    server.count = 20  # the second paper of the seventh day is the last
    run(today=FIRST_DAY + timedelta(days=6))
    server.count = 21
    done = run(today=FIRST_DAY + timedelta(days=6))
    assert [asked["date"] for _, asked in server.asked[7:]] == [f"2026-01-0{n}" for n in (4, 5, 6, 7)]
    assert len(run.titles()) == 21
    assert done.waiting[-1] == "2026-01-07.json"


def test_after_the_most_that_arxiv_gives_of_a_query_a_new_one_begins(tmp_path, server, monkeypatch) -> None:
    monkeypatch.setattr(arxiv, "_MOST_RESULTS", 12)
    run = small_pages(Run(tmp_path, server))
    done = run()
    assert done.cursor is None
    assert set(run.titles()) == {title_of(n) for n in range(24)}
    monkeypatch.setattr(arxiv, "_MOST_RESULTS", 2)
    with pytest.raises(FetchError, match=r"more than 2 papers of one day"):
        small_pages(Run(tmp_path, server, query="ti:other"))()


@pytest.mark.parametrize("note", ["", "[]", "{}", '{"service": 3}', "null", "\x00", '{"cursor": [1]}'])
def test_a_broken_note_is_told(tmp_path, server, note: str) -> None:
    run = Run(tmp_path, server)
    (run.folder / ".fetch.json").write_text(note)
    with pytest.raises(FetchError, match=r"fetch\.json does not say how far the fetch has come"):
        run()


def test_a_note_cannot_name_files_elsewhere(tmp_path, server) -> None:
    run = Run(tmp_path, server)
    run()
    note = json.loads((run.folder / ".fetch.json").read_text())
    (run.folder / ".fetch.json").write_text(json.dumps(note | {"waiting": ["../../settings.toml"]}))
    with pytest.raises(FetchError, match="a page lies elsewhere"):
        run()


def test_the_distance_is_kept_from_one_fetch_to_the_next(tmp_path, server) -> None:
    with ledger.alone(tmp_path / "a", "arxiv") as idle:
        assert idle == float("inf")
    with ledger.alone(tmp_path / "b", "arxiv") as idle:
        assert 0 <= idle < 60
    run = Run(tmp_path, server)
    run(idle=1.0)
    assert run.naps == [2.0]


def test_a_note_of_another_service_is_told(tmp_path, server) -> None:
    run = Run(tmp_path, server)
    run(most=5)
    note = json.loads((run.folder / ".fetch.json").read_text())
    for cursor in ({}, {"from": "2026-01-01", "until": "x", "start": "far"}, {"cursor": "*"}):
        (run.folder / ".fetch.json").write_text(json.dumps(note | {"cursor": cursor}))
        with pytest.raises(FetchError, match="does not say where arXiv is to be gone on with"):
            run()


def test_two_do_not_ask_a_service_at_once(tmp_path) -> None:
    with (
        ledger.alone(tmp_path / "a", "arxiv"),
        ledger.alone(tmp_path / "a", "openalex"),
        pytest.raises(FetchError, match="Another process fetches from arxiv into"),
        ledger.alone(tmp_path / "b", "arxiv"),
    ):
        pass


def test_orders_have_names_that_can_be_read_and_differ_by_server() -> None:
    names = [Order("arxiv", {"query": "cat:cs.CL AND ti:Tides"} | more).name for more in ({}, {"server": "http://x"})]
    assert all(name.startswith("arxiv-cat-cs-cl-and-ti-tides-") for name in names)
    assert names[0] != names[1]

"""Dumps of web pages: both layouts, their furniture, their slips, and prose that is no listing."""

from __future__ import annotations

import textwrap

import pytest

from index_store.readers import listing


def abstract(subject: str, sentences: int = 5) -> str:
    parts = [
        f"We measure {subject} in setting {n}, and report how far it departs from the theory." for n in range(sentences)
    ]
    return " ".join(parts)


PAPERS = [
    ("Tides in Narrow Fjords", abstract("the height of tides")),
    (r"$\mathcal{B}$-Tides: A Fréchet View", abstract("the spread of tides") + r" The work of Schr\"odinger helps."),
    ("Do Moons Matter?", abstract("the pull of moons") + " Code: https://example.org/moons"),
    ("Look Up!", abstract("the sky") + " See arXiv:2101.00001."),
]
HEADER = [
    "new",
    "Get fresh papers sent to your inbox!",
    "Subscribe",
    "Daily Papers",
    "byXY and a friendly community",
    "Aug 11",
]


def blocks(papers=PAPERS, header=HEADER) -> str:
    return "\n\n".join([*header, *(text for paper in papers for text in paper)]) + "\n"


def single_lines(papers=PAPERS) -> str:
    return "Get papers in your inbox!\nSubscribe" + "\n".join(text for paper in papers for text in paper) + "\n"


def texts(entries) -> list[tuple[str, str]]:
    return [(e.paper.title, e.paper.abstract) for e in entries]


LAYOUTS = {
    "blocks": blocks(),
    "single lines, first title glued to a button": single_lines(),
    "no header": blocks(header=[]),
    "part of the header": blocks(header=["Subscribe", "Sat, 12 March 2022"]),
    "another header": blocks(
        header=["Trending", "Log in", "Weekly papers", "by Ann and the friends community", "3 Oct. 2021"]
    ),
    "unknown short labels": blocks(header=["Papers of note", "Filter"]),
    "CRLF": blocks().replace("\n", "\r\n"),
    "CR": blocks().replace("\n", "\r"),
    "trailing blank lines": blocks() + "\n \n\t\n\n",
    "blocks wrapped at 60 columns": "\n\n".join(
        textwrap.fill(text, 60, break_long_words=False, break_on_hyphens=False) for p in PAPERS for text in p
    ),
    "votes and dots between": "\n\n".join([*HEADER, *(x for t, a in PAPERS for x in ("12", t, a, "·", "Upvote 3"))]),
    "title and abstract without a blank line": "\n\n".join(f"{t}\n{a}" for t, a in PAPERS),
    "footer": blocks() + "\nPrevious\n\n1\n\nNext\n",
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_papers(read_file, layout: str) -> None:
    entries, rejected = read_file(LAYOUTS[layout])
    assert texts(entries) == PAPERS
    assert rejected == []


def test_the_line_is_where_the_title_stands(read_file) -> None:
    assert [e.line for e in read_file(blocks())[0]] == [13, 17, 21, 25]
    assert [e.line for e in read_file(single_lines())[0]] == [2, 4, 6, 8]


@pytest.mark.parametrize("layout", [blocks, single_lines])
@pytest.mark.parametrize("slip", [0, 1, 3])
def test_a_title_without_abstract_costs_only_itself(read_file, layout, slip: int) -> None:
    entries, rejected = read_file(layout().replace(f"{PAPERS[slip][1]}\n", "", 1))
    assert texts(entries) == PAPERS[:slip] + PAPERS[slip + 1 :]
    assert [r.partition(": ")[2] for r in rejected] == [f"a title with no abstract: {PAPERS[slip][0]}"]


@pytest.mark.parametrize("layout", [blocks, single_lines])
@pytest.mark.parametrize("slip", [1, 3])
def test_an_abstract_without_title_costs_only_itself(read_file, layout, slip: int) -> None:
    entries, rejected = read_file(layout().replace(f"{PAPERS[slip][0]}\n", "", 1))
    assert texts(entries) == PAPERS[:slip] + PAPERS[slip + 1 :]
    assert [r.partition(": ")[2] for r in rejected] == ["an abstract with no title"]


def test_what_could_be_either_is_what_its_turn_makes_it(read_file) -> None:
    long_title = "On " + ", ".join(f"the very slow tides of fjord number {n}" for n in range(8))
    short_abstract = "We show that fjords have tides."
    odd = [(long_title, abstract("fjords")), ("Short Fjords", short_abstract)]
    assert texts(read_file(blocks(PAPERS + odd))[0]) == PAPERS + odd


def test_an_unsure_item_before_an_abstract_is_its_title(read_file) -> None:
    entries, rejected = read_file(blocks([*PAPERS[:2], ("Left Alone", "Tides of the U.S."), (PAPERS[2][1], "")]))
    assert texts(entries) == [*PAPERS[:2], ("Tides of the U.S.", PAPERS[2][1])]
    assert rejected == ["21: a title with no abstract: Left Alone"]


def test_titles_may_end_with_a_full_stop(read_file) -> None:
    papers = [(title.rstrip("?!") + ".", text) for title, text in PAPERS]
    assert texts(read_file(blocks(papers))[0]) == papers


@pytest.mark.parametrize("layout", [blocks, single_lines])
def test_a_line_without_end_costs_one_paper(read_file, layout) -> None:
    entries, rejected = read_file(layout().replace(PAPERS[1][1], "x" * 1_500_000))
    assert texts(entries) == [PAPERS[0], *PAPERS[2:]]
    assert [r.partition(": ")[2] for r in rejected] == ["a line of more than 1,000,000 characters"]


def test_a_line_that_is_not_utf8_costs_one_paper(read_file) -> None:
    entries, rejected = read_file(blocks().encode().replace("é".encode(), b"\xe9"))
    assert texts(entries) == [PAPERS[0], *PAPERS[2:]]
    assert rejected[0].startswith("17: not UTF-8: byte 0xE9 at offset 25 of the line")


def test_an_endless_abstract_is_rejected(read_file) -> None:
    entries, rejected = read_file(blocks([*PAPERS, ("Endless", abstract("words", 1400))]))
    assert texts(entries) == PAPERS
    assert rejected == [f"29: an abstract of {len(abstract('words', 1400)):,} characters; at most 100,000 are read"]


def paragraphs(count: int) -> list[str]:
    return [abstract(f"matter {n}") for n in range(count)]


PROSE = {
    "essay": "\n\n".join(["An Essay on Tides", *paragraphs(4)]),
    "book chapter, wrapped": "\n\n".join(["Chapter 3", "In Which It Rains", *map(textwrap.fill, paragraphs(6))]),
    "dialogue": "\n\n".join(x for p in paragraphs(2) for x in (p, "“Indeed,” said the captain.", "“So it is.”", p)),
    "one paragraph": paragraphs(1)[0],
    "headings only": "\n".join(f"Heading Number {n}" for n in range(30)),
    "markdown": "\n\n".join(x for n, p in enumerate(paragraphs(3)) for x in (f"## Part {n}", p)),
    "underlined headings": "\n\n".join(x for n, p in enumerate(paragraphs(3)) for x in (f"Part {n}\n======", p)),
    "HTML": "<!doctype html>\n" + "\n".join(f"<p>{p}</p>" for p in paragraphs(3)),
    "bullets": "\n".join(f"- {p}" for p in paragraphs(3)),
}


@pytest.mark.parametrize("kind", PROSE)
def test_prose_is_no_listing(read_file, kind: str) -> None:
    entries, rejected = read_file(PROSE[kind])
    assert entries == []
    assert len(rejected) == 1
    assert rejected[0].startswith("0: a web page (HTML)" if kind == "HTML" else "0: not a paper listing: ")
    assert not listing.sniff(PROSE[kind])

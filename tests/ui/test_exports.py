"""A conversation as Markdown, HTML and JSON, and its cited papers."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from rag.types import Answer, Claim
from tests.ui.fake_assistant import answer_to
from ui.exports import FORMATS, cited_papers, export, export_papers

QUOTED, WORDED, NONE = answer_to("energy of <b>adders</b>?"), answer_to("both"), answer_to("salary")
ANSWERS = (QUOTED, WORDED, NONE)


def text_of(format_name: str, *answers: Answer, title: str = "Adders") -> str:
    return export(format_name, title, answers)[1].decode("utf-8-sig")


def test_every_format_gives_a_file_with_its_ending() -> None:
    assert [chosen.name for chosen in FORMATS] == ["markdown", "html", "json", "bibtex", "ris", "csl-json", "csv"]
    for chosen in FORMATS:
        name, content = export(chosen.name, "Über die Addierer: 100 %", ANSWERS)
        assert name == f"citewell-uber-die-addierer-100.{chosen.extension}"
        assert content


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("", "citewell-export.md"),
        ("../../etc/passwd", "citewell-etc-passwd.md"),
        ("論文", "citewell-export.md"),
        ("x" * 300, f"citewell-{'x' * 60}.md"),
    ],
)
def test_file_names_suit_every_system(title: str, name: str) -> None:
    assert export("markdown", title, ())[0] == name


def test_an_unknown_format_is_refused() -> None:
    for write in (lambda: export("word", "t", ()), lambda: export_papers("markdown", "t", ())):
        with pytest.raises(KeyError):
            write()


def test_cited_papers_come_once_in_the_order_of_use() -> None:
    assert [paper.id for paper in cited_papers((WORDED, QUOTED, NONE))] == ["p1", "p2"]
    assert [item["id"] for item in json.loads(text_of("csl-json", *ANSWERS))] == ["quill2021adders", "prow2022where"]


def test_json_reads_back_as_the_same_answers() -> None:
    document = json.loads(text_of("json", *ANSWERS))
    assert document["title"] == "Adders"
    assert document["answers"] == [answer.to_dict() for answer in ANSWERS]
    assert [Answer.from_dict(each).to_dict() for each in document["answers"]] == document["answers"]


def test_a_csv_begins_with_the_mark_that_excel_needs() -> None:
    assert export("csv", "t", ANSWERS)[1].startswith(b"\xef\xbb\xbfid,title")


def test_markdown_shows_questions_answers_and_quotes() -> None:
    shown = MarkdownIt().render(text_of("markdown", *ANSWERS))
    assert "<h1>Adders</h1>" in shown
    assert "<h2>energy of &lt;b&gt;adders&lt;/b&gt;?</h2>" in shown
    assert "saves 90% of the energy of a matrix product. [1]</p>" in shown
    assert "<em>Answered by quoting in 0.3 s</em>" in shown
    assert (
        "<p>[1] <strong>B-Adders: Whole Numbers Are Enough for Frugal Inference</strong>. Ada Quill et al., 2021."
        in shown
    )
    assert 'href="https://example.org/adders?a=1&amp;b=2"' in shown
    assert (
        "<p>“Replacing multiplications by integer additions saves 90% of the energy of a matrix product.”</p>" in shown
    )
    assert "<strong>90% of the energy</strong>" in shown  # a model's own Markdown stays
    assert "<h2>salary</h2>" in shown


HOSTILE = (
    "<img src=http://elsewhere.invalid/a.png> ![x](http://elsewhere.invalid/b.png) [y](javascript:alert(1))\n"
    "# Not a heading\n[r]: http://elsewhere.invalid"
)


@pytest.mark.parametrize("answerer", ["quote", "ollama"])
def test_hostile_words_fetch_nothing_in_markdown(answerer: str) -> None:
    answer = replace(QUOTED, question=HOSTILE, text=HOSTILE, answerer=answerer, notice=HOSTILE, claims=())
    tokens = MarkdownIt().parse(text_of("markdown", answer, title=HOSTILE))
    inner = [child for token in tokens for child in token.children or ()]
    assert not {"image", "html_inline"} & {child.type for child in inner}
    assert "html_block" not in {token.type for token in tokens}
    links = [child.attrs["href"] for child in inner if child.type == "link_open"]
    assert links == ["https://example.org/adders?a=1&b=2"]


class Seen(HTMLParser):
    """Notes the tags, the addresses and the ids of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            assert not name.startswith("on")
            if name in {"href", "src"}:
                self.addresses.append(value or "")
            if name == "id":
                self.ids.append(value or "")


def test_html_stands_alone() -> None:
    page = text_of("html", *ANSWERS, replace(QUOTED, question=HOSTILE, text=HOSTILE, claims=()))
    seen = Seen(page)
    assert not seen.tags & {"script", "link", "img", "iframe", "object"}
    assert "default-src 'none'" in page
    assert not re.search(r"url\(|@import", page)
    assert set(seen.addresses) == {"#source-1-1", "#source-2-1", "#source-2-2", "https://example.org/adders?a=1&b=2"}
    assert seen.ids == ["source-1-1", "source-2-1", "source-2-2", "source-4-1"]
    assert (
        "<mark>Replacing multiplications by integer additions saves 90% of the energy of a matrix product.</mark>"
        in page
    )
    assert "<h2>energy of &lt;b&gt;adders&lt;/b&gt;?</h2>" in page


def test_html_escapes_the_title() -> None:
    assert "<title>&lt;/title&gt;&lt;script&gt;x</title>" in text_of("html", title="</title><script>x")


def test_lone_surrogates_do_not_stop_an_export() -> None:
    odd = replace(QUOTED, text="a \ud800 b", claims=(Claim("a \ud800 b", (), "supported"),))
    for chosen in FORMATS:
        assert export(chosen.name, "t\ud800", (odd,))[1]

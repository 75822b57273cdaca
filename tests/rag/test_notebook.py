"""An answer in a notebook: readable, and inert."""

from __future__ import annotations

from markdown_it import MarkdownIt

from index_store.types import Paper
from rag.types import Answer, Citation, Quote
from tests.ui.fake_assistant import PAPERS, answer_to

HOSTILE = Answer(
    "q",
    "q",
    "<script>x</script> says ![i](http://elsewhere.invalid/i.png) [1] and [9].\n\nSecond *part*.",
    citations=(
        Citation(1, Paper("p", PAPERS[2].title, "A <b>bold</b> claim.", url="javascript:x"), (Quote("A <b>", 0, 5),)),
    ),
    notice="<i>careful</i>",
)


def test_html_shows_text_paper_and_sentence() -> None:
    shown = answer_to("energy")._repr_html_()
    assert shown.startswith("<p>Replacing multiplications by integer additions saves 90\\% of the energy")
    assert "<sup>[1]</sup></p>" in shown
    assert '<li value="1"><b><a href="https://example.org/adders?a=1&amp;b=2"' in shown
    assert "<blockquote>Replacing multiplications" in shown


def test_markdown_shows_the_same() -> None:
    shown = answer_to("energy")._repr_markdown_()
    html = MarkdownIt().render(shown)
    assert "Replacing multiplications by integer additions saves 90\\% of the energy" in html
    assert "[1]" in html
    assert "https://example.org/adders?a=1&amp;b=2" in html
    assert html.count("<blockquote>") == 1


def test_hostile_text_stays_text_in_both() -> None:
    for shown in (HOSTILE._repr_html_(), MarkdownIt("commonmark", {"html": True}).render(HOSTILE._repr_markdown_())):
        assert not [tag for tag in ("<script", "<img", "<i>", "<b>bold", 'javascript:x"', "<em>part") if tag in shown]
        assert "[9]" in shown

"""What the page shows of an answer: worked examples, and that no text of a paper, model or user becomes markup."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index_store.types import Paper, Source
from rag.types import Answer, Citation, Claim, Quote, RankedPaper
from tests.ui.fake_assistant import NOTICE, PAPERS, answer_to
from ui import cards, formulas, render
from ui.display import display_text
from ui.making import duration, made_by

HOSTILE = st.text(alphabet=st.sampled_from("<>\"'&/=`*_[](){}!#$\\\n\r \t1ab:;x\u202e\u200b"), min_size=1, max_size=60)
WITHOUT_FORMULAS = HOSTILE.filter(lambda text: "$" not in text and "\\(" not in text)


class Markup(HTMLParser):
    """The tags of a piece of HTML with their attributes, and its text, as a browser reads them."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.marked: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == [], "every tag is closed, in order"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"br", "hr", "input"}:
            self.open.append(tag)
        if tag == "mark":
            self.marked.append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if "mark" in self.open:
            self.marked[-1] += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"a declaration: {decl}")

    def shape(self) -> list[tuple[str, list[str], str | None]]:
        return [(tag, sorted(attrs), attrs.get("class")) for tag, attrs in self.tags]

    def with_class(self, name: str) -> list[dict[str, str | None]]:
        return [attrs for _, attrs in self.tags if name in (attrs.get("class") or "").split()]


def test_quoted_answer_links_its_marker_to_the_card_and_names_the_answerer() -> None:
    answer = answer_to("energy?")
    markup = Markup(render.answer_html(answer, turn=3))
    assert [(a["href"], a["title"]) for a in markup.with_class("cw-marker")] == [
        ("#source-3-1", "Replacing multiplications by integer additions saves 90% of the energy of a matrix product.")
    ]
    assert "Answered by quoting in 0.3 s" in markup.text
    assert "run ollama pull llama3.2." in markup.text
    assert Markup(cards.card_html(answer.citations[0], turn=3)).tags[0][1]["id"] == "source-3-1"


def test_what_is_cited_without_a_quote_comes_from_the_catalogue() -> None:
    answer = answer_to("energy?")
    told = replace(answer, citations=tuple(replace(citation, quotes=()) for citation in answer.citations))
    assert made_by(told) == "Answered from the catalogue in 0.3 s"
    assert made_by(replace(told, answerer="ollama", model="llama3.2")) == "Answered by llama3.2 in 0.3 s"
    assert made_by(replace(told, citations=())) == "Answered by quoting in 0.3 s"


def test_why_no_model_answers_is_left_out_once_it_was_told_but_no_other_notice() -> None:
    answer = replace(answer_to("energy?"), notice=f"The abstract may not say it. {NOTICE}")
    shown = render.answer_html(answer, 2, told=(NOTICE,))
    assert '<p class="cw-caution">The abstract may not say it.</p>' in shown
    assert shown.index("cw-caution") < shown.index("cw-meta")
    assert "cw-notice" not in render.answer_html(answer_to("energy?"), 2, told=(NOTICE,))
    assert NOTICE.split("`")[0] in render.answer_html(answer, 2)


def test_claims_without_full_support_are_underlined_with_the_reason() -> None:
    html = render.answer_html(answer_to("both"), turn=1)
    markup = Markup(html)
    doubts = {(a["class"], a["title"]) for a in markup.with_class("cw-doubt")}
    assert doubts == {
        ("cw-doubt cw-partial", "The cited abstract says only part of this."),
        ("cw-doubt cw-unsupported", "This names no source, and no abstract that was found says it."),
    }
    assert "Outliers always ruin " in html.split('class="cw-doubt cw-partial"')[1].split("</span>")[0]
    assert ("strong", {}) in markup.tags
    assert ("code", {}) in markup.tags


def test_invented_marker_is_shown_as_invented() -> None:
    invented = Markup(render.answer_html(answer_to("both"), turn=1)).with_class("cw-invented")
    assert [a["title"] for a in invented] == ["The model named a source that does not exist."]


def test_literature_reference_inside_a_quotation_stays_text() -> None:
    paper = replace(PAPERS[1], abstract="As shown in [12], it works.")
    quote = Quote(paper.abstract, 0, len(paper.abstract))
    answer = Answer("q", "q", text=f"{paper.abstract} [1]", citations=(Citation(1, paper, (quote,)),))
    markup = Markup(render.answer_html(answer, 1))
    assert "in [12], it works." in markup.text
    assert len(markup.with_class("cw-marker")) == 1


def test_marker_with_two_numbers_becomes_two_links() -> None:
    answer = Answer("q", "q", text="Both. [1, 2]", citations=(Citation(1, PAPERS[0]), Citation(2, PAPERS[1])))
    assert [a["href"] for a in Markup(render.answer_html(answer, 1)).with_class("cw-marker")] == [
        "#source-1-1",
        "#source-1-2",
    ]


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("salary", "There are papers about this here, but their abstracts do not say."),
        ("béchamel", "Nothing in this library is about that."),
    ],
)
def test_abstention_gives_its_reason_and_the_near_misses(question: str, sentence: str) -> None:
    answer = answer_to(question)
    assert sentence in Markup(render.answer_html(answer, 1)).text
    panel = Markup(cards.sources_html(answer, 1, PAPERS))
    assert "Nearest papers" in panel.text
    assert [a["href"] for tag, a in panel.tags if tag == "a"] == ["https://example.org/adders?a=1&b=2"]
    assert "Where Additions Fail: A Study of Outliers in Integer Networks 2022" in panel.text


def test_card_shows_people_origin_and_the_quoted_sentence_marked() -> None:
    quote = answer_to("energy").citations[0].quotes[0]
    markup = Markup(cards.card_html(Citation(1, PAPERS[0], (quote,)), 1))
    assert markup.marked == [display_text(quote.text)]
    assert "Ada Quill et al. · 2021" in markup.text
    assert "From listing.txt, second.txt" in markup.text
    assert "private" not in markup.text
    assert [a.get("data-act") for tag, a in markup.tags if tag == "button"] == ["narrow", "paper"]
    assert [a for tag, a in markup.tags if tag == "a"] == [
        {"href": "https://example.org/adders?a=1&b=2", "target": "_blank", "rel": "noopener noreferrer"}
    ]


def test_overlapping_and_touching_quotes_are_one_mark_and_wrong_offsets_none() -> None:
    quotes = [Quote("abcd", 0, 4), Quote("cdef", 2, 6), Quote("gh", 6, 8), Quote("?", 9, 99), Quote("?", 5, 5)]
    assert cards.marked_html("abcdefgh ij", quotes) == "<mark>abcdefgh</mark> ij"


def test_quote_that_ends_inside_latex_marks_the_whole_formula() -> None:
    marked = Markup(cards.marked_html(r"A $\mathcal{B}$ c", [Quote("", 0, 5)]))
    assert marked.marked == ["A ℬ"]
    assert marked.text == "A ℬ c"


@pytest.mark.parametrize(
    ("milliseconds", "shown"), [(0.2, "1 ms"), (13, "13 ms"), (300, "0.3 s"), (3210, "3.2 s"), (125_000, "2 min 5 s")]
)
def test_durations(milliseconds: float, shown: str) -> None:
    assert duration(milliseconds) == shown


@given(abstract=WITHOUT_FORMULAS, title=HOSTILE, author=HOSTILE, path=HOSTILE, note=HOSTILE)
def test_no_text_of_a_paper_becomes_markup_in_its_card(
    abstract: str, title: str, author: str, path: str, note: str
) -> None:
    def card(words: list[str]) -> Markup:
        abstract, title, author, path, note = (f"a{text}z" for text in words)
        paper = Paper("p", title, abstract, (author,), 2020, "https://a.org/", sources=(Source(path, 1),), note=note)
        return Markup(cards.card_html(Citation(1, paper, (Quote(abstract, 0, len(abstract)),)), 1))

    hostile = card([abstract, title, author, path, note])
    assert hostile.shape() == card(["-"] * 5).shape()
    assert (
        hostile.marked == [display_text(f"a{abstract}z").replace("\r\n", "\n").replace("\r", "\n")] or "\r" in abstract
    )


@given(url=st.one_of(HOSTILE, HOSTILE.map("https://a.org/".__add__), HOSTILE.map("javascript:".__add__)))
def test_no_address_of_a_paper_becomes_more_than_one_web_link(url: str) -> None:
    links = [
        attrs
        for tag, attrs in Markup(cards.card_html(Citation(1, Paper("p", "t", "a", url=url)), 1)).tags
        if tag == "a"
    ]
    assert len(links) <= 1
    for attrs in links:
        assert attrs == {"href": url, "target": "_blank", "rel": "noopener noreferrer"}
        assert re.match(r"https?://[^/\s]", url)


def test_what_was_searched_for_is_told_where_it_is_not_the_question() -> None:
    asked = Answer("And memory?", "LoRA: And <memory>?", "It halves.")
    assert '<p class="cw-searched">Searched for: LoRA: And &lt;memory&gt;?</p>' in render.answer_html(asked, 1)
    assert "Searched" not in render.answer_html(replace(asked, standalone_question="And memory?"), 1)


def test_for_what_the_catalogue_tells_nothing_was_searched() -> None:
    told = Answer("its year?", "LoRA: its year?", "2021. [1]", citations=(Citation(1, Paper("p", "LoRA", "")),))
    assert "Searched" not in render.answer_html(told, 1)


def test_where_no_paper_was_looked_at_no_time_is_told() -> None:
    greeted = Answer("hi", "hi", "Hello.", abstained=True, timings_ms={"answer": 7.0})
    assert "Looked" not in render.answer_html(greeted, 1)
    assert "Looked in 7 ms" in render.answer_html(replace(greeted, hits=(RankedPaper("p", "LoRA", 0.1),)), 1)


@given(text=HOSTILE, claim=HOSTILE, notice=HOSTILE, title=HOSTILE, by=st.sampled_from(["quote", "ollama"]))
def test_no_text_of_an_answer_becomes_foreign_markup(text: str, claim: str, notice: str, title: str, by: str) -> None:
    quote = Quote(title, 0, len(title))
    answer = Answer(
        question="q",
        standalone_question=claim,
        text=f"{text} {claim} [1]",
        claims=(Claim(claim, (1,), "partial"),),
        citations=(Citation(1, Paper("p", title, title), (quote,)),),
        invented_markers=("[11]",),
        answerer=by,
        model=title,
        notice=notice,
    )
    for html in (
        render.answer_html(answer, 1),
        render.answer_html(replace(answer, abstained=True, reason="off_topic"), 1),
        render.pending_html(text, 1),
        render.failure_html(text, claim),
        render.stopped_html(text, 1),
        render.question_html(text),
    ):
        for tag, attrs in Markup(html).tags:
            _assert_ours(tag, attrs)


def _assert_ours(tag: str, attrs: dict[str, str | None]) -> None:
    assert tag in {
        "div",
        "p",
        "span",
        "a",
        "br",
        "hr",
        "code",
        "pre",
        "ul",
        "ol",
        "li",
        "em",
        "strong",
        "blockquote",
        *(f"h{level}" for level in range(1, 7)),
        *("table", "thead", "tbody", "tr", "th", "td"),
        *formulas.ELEMENTS,
    }
    if tag in formulas.ELEMENTS:
        assert set(attrs) <= formulas.ATTRIBUTES
        return
    assert set(attrs) <= {"class", "title", "href", "start", "tabindex", "style"}
    assert re.fullmatch(r"text-align:(left|center|right)", attrs.get("style") or "text-align:left")
    if "href" in attrs:
        assert tag == "a"
        assert re.fullmatch(r"#source-\d+-\d+", attrs["href"] or "")
    for name in (attrs.get("class") or "").split():
        assert name.startswith(("cw-", "language-"))


@given(text=WITHOUT_FORMULAS)
def test_a_quotation_loses_no_character(text: str) -> None:
    answer = Answer("q", "q", text=text, citations=(Citation(9, PAPERS[0]),))
    shown = "".join(Markup(render.answer_html(answer, 1)).text.split())
    assert shown.startswith("".join(display_text(text).split())) or "\n" in text or "\r" in text or "[1" in text


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (r"$O(n^2)$", "<msup><mi>n</mi><mn>2</mn></msup>"),
        (r"\(x_1\)", "<msub><mi>x</mi><mn>1</mn></msub>"),
        (r"$$\frac{a}{b}$$", '<math display="block">'),
        (r"$f: X \to \mathbb R$", "<mi>ℝ</mi>"),
    ],
)
def test_formulas_become_mathml(source: str, shown: str) -> None:
    assert shown in formulas.readable_html(f"so {source} is")


@pytest.mark.parametrize(
    "source",
    [
        r"$\text{<script>alert(1)</script>}$",
        r"$\href{javascript:alert(1)}{x}$",
        r"$\style{color:red}{x}$",
        r"$\class{cw-failure}{x}$",
        r"$\ownmacro{x}$",
        r"$x_$",
        r"$\left( x$",
        r"$a & b$",
        "$" + "x" * 2000 + "$",
        "$$",
    ],
)
def test_formulas_that_are_broken_or_hostile_are_text(source: str) -> None:
    shown = Markup(formulas.readable_html(source))
    assert shown.tags == []
    assert shown.text == display_text(source)


def test_a_models_formulas_are_no_emphasis_and_its_code_no_formula() -> None:
    html = render.pending_html(r"Let $a_1 * b_2 * c_3$ and `$x_1$` be **it**.", 1, prose=True)
    assert "<em>" not in html
    assert "<code>$x_1$</code>" in html
    assert "<strong>it</strong>" in html
    assert html.count("<msub>") == 3


def test_a_marker_tells_the_sentence_that_says_what_stands_before_it() -> None:
    first, second = "Additions save energy.", "Nine tasks lose one point."
    paper = Paper("p", "Adders", f"{first} {second}")
    quotes = (Quote(first, 0, len(first)), Quote(second, len(first) + 1, len(paper.abstract)))
    answer = Answer(
        "q", "q", f"{second} [1] {first} [1]",
        claims=(Claim(second, (1,), "supported"), Claim(first, (1,), "supported")),
        citations=(Citation(1, paper, quotes),),
    )  # fmt: skip
    html = render.answer_html(answer, 1)
    assert re.findall(r'cw-marker" href="#source-1-1" title="([^"]+)"', html) == [second, first]


def test_a_title_before_its_quotes_stands_out() -> None:
    paper = Paper("p", "Adders & gates", "They save energy.")
    quote = Quote(paper.abstract, 0, len(paper.abstract))
    answer = Answer(
        "q", "q", "2 of 9 papers match.\n\nAdders & gates: They save energy. [1]",
        claims=(Claim(paper.abstract, (1,), "supported"),), citations=(Citation(1, paper, (quote,)),),
    )  # fmt: skip
    html = render.answer_html(answer, 1)
    assert '<p><strong class="cw-named">Adders &amp; gates</strong>: They save energy. ' in html
    assert html.count("<strong") == 1

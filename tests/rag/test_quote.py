"""Answers by quoting: which sentences, of which papers, in which order.

A word of the vocabulary matches itself at 1/8 (one bit a dimension, 8 dimensions, squared) and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index_store.build import index_entries
from index_store.library import Library
from index_store.sentences import sentence_spans
from index_store.types import Entry, Hit, Paper, Span
from rag.answerers import Brief, Done, Piece, Quoted, Remark
from rag.quote import QuoteAnswerer, choose, near_best, papers_to_quote
from rag.selection import Candidates
from tests.fakes import FakeEmbedder
from tests.small_library import fake_shelf

VOCABULARY = ("frogs", "heron", "rye", "steam", "stars", "camera")
PONDS = Paper("", "Ponds", "The heron waits. We present frogs. Many frogs sing. Grass grows. There were 40 frogs.")


@contextmanager
def quoting(folder: Path, *papers: Paper) -> Iterator[tuple[Library, QuoteAnswerer]]:
    shelf = fake_shelf(folder, FakeEmbedder(VOCABULARY, 64))
    index_entries(shelf, (Entry(paper, Path("file"), line) for line, paper in enumerate(papers, 1)))
    library = Library(shelf)
    yield library, QuoteAnswerer(library)
    library.close()


def pieces(folder: Path, question: str, *papers: Paper, asked: str = "") -> tuple[list[Piece], tuple[Hit, ...]]:
    with quoting(folder, *papers) as (library, answerer):
        hits = library.search(question)
        return list(answerer.stream(Brief(question, hits, asked=asked, searched=len(library)))), hits


def said(folder: Path, question: str, *papers: Paper, asked: str = "") -> list[str]:
    """Give the remarks and, verbatim, the quotes."""
    found, hits = pieces(folder, question, *papers, asked=asked)
    assert isinstance(found[-1], Done)
    assert found.count(found[-1]) == 1
    texts = []
    for piece in found[:-1]:
        if isinstance(piece, Remark):
            texts.append(piece.text)
        else:
            assert isinstance(piece, Quoted)
            abstract = hits[piece.source - 1].paper.abstract
            assert piece.span in sentence_spans(abstract)
            texts.append(abstract[piece.span.start : piece.span.end])
    return texts


def test_whole_sentences_in_the_order_of_the_abstract(tmp_path: Path) -> None:
    """The first sentence comes before the paper says what it does, and is left out although it has a word asked for."""
    quoted = said(tmp_path, "What do frogs do near a heron?", PONDS)
    assert "The heron waits. " + " ".join(quoted) == PONDS.abstract


def test_a_number_is_preferred_where_one_is_asked_for(tmp_path: Path) -> None:
    """Sentences that match alike: that with a number has the chance e^3.28 / (e^3.28 + 3 + e^-2.5) = 0.896."""
    counted = Paper("", "Ponds", " ".join([*(f"Frogs {word}." for word in "sing hop swim wait".split()), "40 frogs."]))
    assert said(tmp_path / "a", "How many frogs?", counted) == ["Frogs hop.", "40 frogs."]
    assert len(said(tmp_path / "b", "frogs", replaced(counted, "40 frogs.", "Frogs 4."))) == 4


def replaced(paper: Paper, old: str, new: str) -> Paper:
    return Paper("", paper.title, paper.abstract.replace(old, new))


def long(word: str, count: int, end: str = ".") -> str:
    """A sentence of ``count`` words that begins with ``word``."""
    return " ".join([word.capitalize(), *["and"] * (count - 1)]) + end


def test_the_best_sentence_comes_whatever_its_length_and_no_other_beside_it(tmp_path: Path) -> None:
    paper = Paper("", "Ponds", f"{long('heron', 5)} {long('frogs', 200)} {long('grass', 5)}")
    assert said(tmp_path, "frogs", paper) == [long("frogs", 200)]


def test_what_no_longer_fits_makes_room_for_what_does(tmp_path: Path) -> None:
    sentences = [long("rye", 5), long("frogs", 110), long("frogs", 60), long("frogs", 50)]
    assert said(tmp_path, "frogs", Paper("", "Ponds", " ".join(sentences))) == [sentences[1], sentences[3]]


def test_words_of_earlier_turns_count_half(tmp_path: Path) -> None:
    """Two sentences of 90 words do not fit together; alike, the first one would win."""
    paper = Paper("", "Ponds", " ".join([long("rye", 200), long("heron", 90), long("frogs", 90)]))
    question = "A heron? And frogs?"
    assert said(tmp_path / "a", question, paper) == [long("heron", 90)]
    assert said(tmp_path / "b", question, paper, asked="And frogs?") == [long("frogs", 90)]
    assert said(tmp_path / "c", question, paper, asked=f"New topic: {question}") == [long("heron", 90)]


def test_papers_that_cannot_be_told_apart_stand_under_their_titles(tmp_path: Path) -> None:
    twin = Paper("", "Pools", "Other frogs sing.")
    quoted = said(tmp_path, "frogs", Paper("", "Ponds", "Frogs sing."), twin)
    first, second = ("Ponds: ", "Frogs sing."), ("Pools: ", "Other frogs sing.")
    assert quoted in ([*first, "\n\n" + second[0], second[1]], [*second, "\n\n" + first[0], first[1]])


def test_one_paper_has_no_heading(tmp_path: Path) -> None:
    quoted = said(tmp_path, "frogs", PONDS, Paper("", "Bread", "Rye dough rises. Steam helps."))
    assert set(quoted) <= {PONDS.abstract[s.start : s.end] for s in sentence_spans(PONDS.abstract)}


def test_of_a_mere_title_there_is_nothing_to_quote(tmp_path: Path) -> None:
    assert said(tmp_path / "a", "frogs", Paper("", "Frogs", "")) == []
    title, twin = Paper("", "Frogs", ""), Paper("", "Frogs again", "Frogs sing.")
    assert said(tmp_path / "b", "compare frogs", title, twin) == ["Frogs sing."]


def test_a_question_of_unknown_words_is_still_answered_in_order(tmp_path: Path) -> None:
    quoted = said(tmp_path, "What about silence?", PONDS)
    assert quoted == [text for text in re.split(r"(?<=\.) ", PONDS.abstract) if text in quoted]
    assert "There were 40 frogs." in quoted


def test_no_papers_no_quotes(tmp_path: Path) -> None:
    with quoting(tmp_path, PONDS) as (_, answerer):
        assert [type(piece) for piece in answerer.stream(Brief("frogs?", ()))] == [Done]


SENTENCE = st.lists(st.sampled_from([*VOCABULARY, "we", "present", "12", "and"]), min_size=1, max_size=30).map(
    lambda words: " ".join(words).capitalize() + "."
)
ABSTRACT = st.lists(SENTENCE, max_size=9).map(" ".join)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(ABSTRACT, min_size=1, max_size=4),
    st.sampled_from(["frogs?", "How many frogs and stars?", "Compare rye with steam", "a b"]),
)
def test_few_short_verbatim_and_in_order(abstracts: list[str], question: str) -> None:
    papers = [Paper("", f"Title {n}", abstract) for n, abstract in enumerate(abstracts)]
    with TemporaryDirectory() as folder:
        found, hits = pieces(Path(folder), question, *papers)
    quotes = [piece for piece in found if isinstance(piece, Quoted)]
    assert len(set(quotes)) == len(quotes)
    sources = [quote.source for quote in quotes]
    assert list(dict.fromkeys(sources)) == sorted(set(sources))  # best paper first, none twice
    words = 0
    several = len(set(sources)) > 1
    for source in set(sources):
        abstract = hits[source - 1].paper.abstract
        mine = [quote.span for quote in quotes if quote.source == source]
        assert set(mine) <= set(sentence_spans(abstract))
        assert mine == sorted(mine, key=lambda span: span.start)
        lengths = [len(abstract[span.start : span.end].split()) for span in mine]
        words += sum(lengths) if len(mine) > 1 else 0  # a lone sentence comes whatever its length
    assert words <= (200 if several else 160)


def candidates(source: int, sentences: Sequence[str]) -> Candidates:
    spans = tuple(Span(n * 1_000, n * 1_000 + len(text)) for n, text in enumerate(sentences))
    rows = np.full((len(sentences), 1), 0.1, np.float32)
    return Candidates(source, "Title", tuple(sentences), spans, rows, rows.max(axis=0))


@pytest.mark.parametrize(
    ("count", "shares"), [(1, [8]), (2, [6, 3]), (3, [4, 2, 2]), (4, [4, 2, 2, 2]), (5, [2, 2, 2, 2, 2])]
)
def test_each_paper_has_its_share_of_the_words(count: int, shares: list[int]) -> None:
    """Sentences of 20 words: of 160 for one paper; of 200 for several: 133 and 66, 85 and 57 and 57, and so on."""
    papers = [candidates(n, [long("one", 20)] * 30) for n in range(count)]
    weights = np.ones(1, np.float32)
    assert [len(list(choose(papers, n, weights, "frogs?"))) for n in range(count)] == shares


@pytest.mark.parametrize(("count", "most"), [(1, 8), (2, 6), (3, 4), (4, 3), (5, 2)])
def test_papers_that_are_all_meant_share_the_words_evenly(count: int, most: int) -> None:
    """Sentences of 20 words: of 240 for several, and of 160 for one paper as ever."""
    papers = [candidates(n, [long("one", 20)] * 30) for n in range(count)]
    chosen = [list(choose(papers, n, np.ones(1, np.float32), "frogs?", evenly=True)) for n in range(count)]
    assert list(map(len, chosen)) == [most] * count


@pytest.mark.parametrize(("question", "quotes"), [("Frogs of PondNet and LakeNet?", (6, 6)), ("Compare frogs", (6, 3))])
def test_a_paper_asked_of_by_name_is_quoted_as_much_as_the_other(
    tmp_path: Path, question: str, quotes: tuple[int, int]
) -> None:
    papers = [Paper("", title, " ".join([long("frogs", 20)] * 9)) for title in ("PondNet: Frogs", "LakeNet: Frogs")]
    with quoting(tmp_path, *papers) as (library, answerer):
        brief = Brief(question, library.search("frogs"), about=2)
        sources = [piece.source for piece in answerer.stream(brief) if isinstance(piece, Quoted)]
    assert (sources.count(1), sources.count(2)) == quotes


def near(scores: Sequence[float], coverage: Sequence[float]) -> list[int]:
    return near_best(np.array(scores, np.float32), np.array(coverage, np.float32))


def test_near_the_best_in_score_and_in_coverage() -> None:
    assert near([], []) == []
    assert near([0.5], [0.0]) == [0]
    assert near([0.8, 0.61, 0.61, 0.59], [0.4, 0.31, 0.29, 0.4]) == [0, 1]
    assert near([0.0, 0.0], [0.0, 0.0]) == [0, 1]


def hits(*scores: float) -> list[Hit]:
    return [Hit(Paper(f"p{n}", f"Title {n}", "Text."), score, ()) for n, score in enumerate(scores)]


@pytest.mark.parametrize(
    ("question", "nearest", "scores", "ranks"),
    [
        ("What is a pond?", [0, 1, 2], [0.8, 0.7, 0.7], [0]),
        ("What is a pond?", [0], [0.8, 0.74], [0, 1]),
        ("What is a pond?", [0], [0.8, 0.73], [0]),
        ("Compare ponds", [0, 2, 3], [0.8, 0.7, 0.7, 0.6], [0, 2, 3]),
        ("Compare ponds", list(range(8)), [0.8] * 8, [0, 1, 2, 3, 4]),
        ("Compare ponds", [0], [0.8, 0.7], [0]),
        ("Compare ponds", [], [], []),
    ],
)
def test_which_papers_are_quoted(question: str, nearest: list[int], scores: list[float], ranks: list[int]) -> None:
    assert papers_to_quote(question, nearest, hits(*scores)) == ranks


def test_a_second_paper_that_has_fewer_of_the_words_does_not_tie() -> None:
    tied = hits(0.8, 0.8)
    assert papers_to_quote("What is a pond?", [0, 1], tied, alike=True) == [0, 1]
    assert papers_to_quote("What is a pond?", [0, 1], tied, alike=False) == [0]
    assert papers_to_quote("Which papers are about ponds?", [0, 1], tied, alike=False) == [0, 1]


def test_the_papers_that_a_conversation_means_are_quoted_and_no_others() -> None:
    tied = hits(0.8, 0.8, 0.8)
    assert papers_to_quote("Compare ponds", [0, 1, 2], tied, 1) == [0]
    assert papers_to_quote("What is a pond?", [0, 1], tied, 2) == [0, 1]
    assert papers_to_quote("What is a pond?", [0, 2], tied, 2) == [0]


def test_all_papers_of_a_comparison_are_quoted_though_none_has_all_of_the_words() -> None:
    assert papers_to_quote("Are ponds better than lakes?", [0], hits(0.8, 0.8, 0.8), 2) == [0, 1]
    assert papers_to_quote("Are ponds better?", [0], hits(0.8, 0.8, 0.8), 2) == [0]


def test_all_papers_that_are_asked_of_by_name_are_quoted() -> None:
    papers = (Paper("p0", "PondNet: Ponds", ""), Paper("p1", "LakeNet: Lakes", ""), Paper("p2", "Seas", ""))
    found = [Hit(paper, 0.8, ()) for paper in papers]
    assert papers_to_quote("How deep are PondNet and LakeNet?", [0], found, 2) == [0, 1]
    assert papers_to_quote("How deep is LakeNet?", [0], found, 2) == [0]


def test_a_paper_that_the_question_names_does_not_tie() -> None:
    papers = (Paper("p0", "PondNet: Ponds", ""), Paper("p1", "LakeNet: Lakes", ""))
    tied = [Hit(paper, 0.8, ()) for paper in papers]
    assert papers_to_quote("What is LakeNet?", [0], tied) == [1]
    assert papers_to_quote("What is PondNet?", [0], tied) == [0]
    assert papers_to_quote("What are nets?", [0], tied) == [0, 1]

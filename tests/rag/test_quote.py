"""Answers by quoting: which sentences, of which papers, in which order.

A word of the vocabulary matches itself at 1/8 (one bit a dimension, 8 dimensions, squared) and nothing else.
"""

from __future__ import annotations

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
from rag.quote import Candidates, QuoteAnswerer, choose, near_best, papers_to_quote
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
    quoted = said(tmp_path, "What do frogs do near a heron?", PONDS)
    assert len(quoted) == 5
    assert " ".join(quoted) == PONDS.abstract


def test_a_number_is_preferred_where_one_is_asked_for(tmp_path: Path) -> None:
    """Sentences that match alike: the one with a number goes first, and a short answer has room for three."""
    counted = Paper("", "Ponds", " ".join([*(f"Frogs {word}." for word in "sing hop swim wait".split()), "40 frogs."]))
    quoted = said(tmp_path / "a", "How many frogs?", counted)
    assert len(quoted) == 3
    assert "40 frogs." in quoted
    assert "40 frogs." not in said(tmp_path / "b", "frogs", replaced(counted, "40 frogs.", "Frogs. " * 5))


def replaced(paper: Paper, old: str, new: str) -> Paper:
    return Paper("", paper.title, paper.abstract.replace(old, new))


def long(word: str, count: int, end: str = ".") -> str:
    """A sentence of ``count`` words that begins with ``word``."""
    return " ".join([word.capitalize(), *["and"] * (count - 1)]) + end


def test_the_best_sentence_comes_whatever_its_length_and_no_other_beside_it(tmp_path: Path) -> None:
    paper = Paper("", "Ponds", f"{long('heron', 5)} {long('frogs', 200)} {long('grass', 5)}")
    assert said(tmp_path, "frogs", paper) == [long("frogs", 200)]


def test_what_no_longer_fits_makes_room_for_what_does(tmp_path: Path) -> None:
    sentences = [long("frogs", 100), long("heron", 40), long("grass", 30)]
    assert said(tmp_path, "frogs", Paper("", "Ponds", " ".join(sentences))) == [sentences[0], sentences[2]]


def test_words_of_earlier_turns_count_half(tmp_path: Path) -> None:
    """Two sentences of 70 words do not fit together; alike, the first one would win."""
    paper = Paper("", "Ponds", f"{long('heron', 70)} {long('frogs', 70)}")
    question = "A heron? And frogs?"
    assert said(tmp_path / "a", question, paper) == [long("heron", 70)]
    assert said(tmp_path / "b", question, paper, asked="And frogs?") == [long("frogs", 70)]
    assert said(tmp_path / "c", question, paper, asked=f"New topic: {question}") == [long("heron", 70)]


def test_words_not_matched_yet_count_twice(tmp_path: Path) -> None:
    sentences = [long("frogs", 60), long("frogs", 61), long("heron", 62), long("heron", 99)]
    assert said(tmp_path, "frogs heron", Paper("", "Ponds", " ".join(sentences))) == [sentences[0], sentences[2]]


def test_a_short_answer_has_few_words(tmp_path: Path) -> None:
    sentences = [long("frogs", 40, " 40."), long("frogs", 39, " 41."), long("frogs", 10, " 42.")]
    paper = Paper("", "Ponds", " ".join(sentences))
    assert said(tmp_path / "a", "How many frogs?", paper) == [sentences[0], sentences[2]]  # 81 words are too many
    assert said(tmp_path / "b", "What are frogs?", paper) == sentences


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
    assert " ".join(quoted) == PONDS.abstract


def test_no_papers_no_quotes(tmp_path: Path) -> None:
    with quoting(tmp_path, PONDS) as (_, answerer):
        assert [type(piece) for piece in answerer.stream(Brief("frogs?", ()))] == [Done]


def test_a_list_counts_names_and_quotes(tmp_path: Path) -> None:
    papers = [Paper("", f"Pond {n}", f"Grass grows. Frogs sing in pond {n}. We rest.") for n in range(2)]
    quoted = said(tmp_path, "Which papers are about frogs?", *papers, Paper("", "Bread", "Rye dough rises."))
    assert quoted[0] == "2 of 3 papers match."
    assert sorted(zip(quoted[1::2], quoted[2::2], strict=True)) == [
        ("\n\nPond 0: ", "Frogs sing in pond 0."),
        ("\n\nPond 1: ", "Frogs sing in pond 1."),
    ]


def test_a_list_of_one_and_one_that_is_only_a_title(tmp_path: Path) -> None:
    found = said(tmp_path / "a", "List papers on frogs", PONDS, Paper("", "Bread", "Rye rises."))
    assert found[:2] == ["1 of 2 papers matches.", "\n\nPonds: "]
    assert said(tmp_path / "b", "List papers on frogs", Paper("", "Frogs", "")) == [
        "1 of 1 paper matches.",
        "\n\nFrogs",
    ]


SENTENCE = st.lists(st.sampled_from([*VOCABULARY, "we", "present", "12", "and"]), min_size=1, max_size=30).map(
    lambda words: " ".join(words).capitalize() + "."
)
ABSTRACT = st.lists(SENTENCE, max_size=9).map(" ".join)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(ABSTRACT, min_size=1, max_size=4),
    st.sampled_from(["frogs?", "How many frogs and stars?", "Compare rye with steam", "a b", "which papers on rye?"]),
)
def test_few_short_verbatim_and_in_order(abstracts: list[str], question: str) -> None:
    papers = [Paper("", f"Title {n}", abstract) for n, abstract in enumerate(abstracts)]
    with TemporaryDirectory() as folder:
        found, hits = pieces(Path(folder), question, *papers)
    quotes = [piece for piece in found if isinstance(piece, Quoted)]
    assert len(quotes) <= 5
    assert len(set(quotes)) == len(quotes)
    sources = [quote.source for quote in quotes]
    assert list(dict.fromkeys(sources)) == sorted(set(sources))  # best paper first, none twice
    words = 0
    for source in set(sources):
        abstract = hits[source - 1].paper.abstract
        mine = [quote.span for quote in quotes if quote.source == source]
        assert set(mine) <= set(sentence_spans(abstract))
        assert mine == sorted(mine, key=lambda span: span.start)
        lengths = [len(abstract[span.start : span.end].split()) for span in mine]
        words += sum(lengths) if len(mine) > 1 else 0  # a lone sentence comes whatever its length
    assert words <= (80 if question.startswith("How many") and len(set(sources)) == 1 else 130)


def candidates(source: int, sentences: Sequence[str], matches: Sequence[Sequence[float]]) -> Candidates:
    spans = tuple(Span(n * 1_000, n * 1_000 + len(text)) for n, text in enumerate(sentences))
    rows = np.array(matches, np.float32)
    return Candidates(source, tuple(sentences), spans, rows, rows.max(axis=0))


@pytest.mark.parametrize(("count", "shares"), [(1, [5]), (2, [3, 2]), (3, [2, 2, 1]), (4, [2, 1, 1, 1]), (5, [1] * 5)])
def test_each_paper_has_its_share(count: int, shares: list[int]) -> None:
    papers = [candidates(n, ["One."] * 9, [[0.1]] * 9) for n in range(count)]
    weights = np.ones(1, np.float32)
    assert [len(list(choose(papers, n, weights, "frogs?"))) for n in range(count)] == shares


def test_the_words_are_shared_out_too() -> None:
    papers = [candidates(n, [long("one", 30)] * 5, [[0.1]] * 5) for n in range(2)]
    found = [len(list(choose(papers, n, np.ones(1, np.float32), "frogs?"))) for n in range(2)]
    assert found == [2, 1]  # 30 words each, of 78 and 52


def test_a_contribution_outweighs_a_slightly_better_match_and_a_number_where_one_is_asked() -> None:
    texts = [long("frogs", 70), long("we propose", 70), long("there were 40", 70)]
    weights = np.ones(1, np.float32)
    far = candidates(1, texts, [[0.9], [0.1], [0.0]])
    assert [quote.span for quote in choose([far], 0, weights, "What are frogs?")] == [far.spans[0]]
    close = candidates(1, texts, [[0.9], [0.8], [0.0]])
    assert [quote.span for quote in choose([close], 0, weights, "What are frogs?")] == [close.spans[1]]
    many = candidates(1, texts, [[0.9], [0.0], [0.8]])
    assert [quote.span for quote in choose([many], 0, weights, "How many frogs?")] == [many.spans[2]]


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
        ("What is a pond?", [0], [0.8, 0.73], [0, 1]),
        ("Compare ponds", [0, 2, 3], [0.8, 0.7, 0.7, 0.6], [0, 2, 3]),
        ("Compare ponds", list(range(8)), [0.8] * 8, [0, 1, 2, 3, 4]),
        ("Compare ponds", [0], [0.8, 0.7], [0]),
        ("Compare ponds", [], [], []),
    ],
)
def test_which_papers_are_quoted(question: str, nearest: list[int], scores: list[float], ranks: list[int]) -> None:
    assert papers_to_quote(question, nearest, hits(*scores)) == ranks

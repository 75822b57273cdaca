"""Passages: nothing lost, nothing too long, no cut uneven.  With word tokens by hand, then with the model's own."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index_store.chunking import SPECIAL_TOKENS, embedding_text, passage_spans
from index_store.embedding import SentenceEmbedder
from index_store.readers import read
from index_store.sentences import sentence_spans
from index_store.types import Entry, Paper, Span

WORD = re.compile(r"\w+|[^\w\s]")


def words(text: str) -> list[Span]:
    return [Span(*match.span()) for match in WORD.finditer(text)]


def bytewise(text: str) -> list[Span]:
    """A tokenizer that makes one token of each UTF-8 byte, so that several tokens share one character."""
    return [Span(i, i + 1) for i, c in enumerate(text) for _ in c.encode() if not c.isspace()]


def size(title: str, text: str, max_tokens: int) -> int:
    return len(words(embedding_text(title, text, words, max_tokens))) + SPECIAL_TOKENS


def cut(title: str, abstract: str, max_tokens: int) -> list[str]:
    return [abstract[s.start : s.end] for s in passage_spans(title, abstract, words, max_tokens)]


def sentence(length: int, word: str = "word") -> str:
    return " ".join([word.capitalize(), *[word] * (length - 2)]) + "."


def test_what_fits_is_one_passage_without_the_white_space_around_it() -> None:
    abstract = "  One thing. Another thing.\n"
    assert cut("Title", abstract, 32) == ["One thing. Another thing."]


def test_passages_are_even_not_greedy() -> None:
    # Room for 30 - 2 - 2 = 26 tokens: greedy gives 25 and 5, even gives 15 and 15.
    parts = [sentence(5, w) for w in ("one", "two", "three", "four", "five", "six")]
    assert cut("Title", " ".join(parts), 30) == [" ".join(parts[:3]), " ".join(parts[3:])]


def test_no_more_passages_than_needed() -> None:
    assert len(cut("Title", " ".join([sentence(13)] * 6), 30)) == 3


def test_a_long_sentence_is_cut_between_words() -> None:
    pieces = cut("Title", sentence(200), 30)
    assert " ".join(pieces) == sentence(200)
    assert all(size("Title", piece, 30) <= 30 for piece in pieces)


def test_a_long_word_is_cut_between_tokens() -> None:
    abstract = "+".join(["x"] * 100)
    assert "".join(cut("", abstract, 20)) == abstract
    assert max(size("", piece, 20) for piece in cut("", abstract, 20)) <= 20


def test_a_long_title_leaves_room_for_the_text() -> None:
    title, abstract = " ".join(["title"] * 1_000), " ".join([sentence(10)] * 9)
    pieces = cut(title, abstract, 50)
    assert " ".join(pieces) == abstract
    assert len(pieces) == 5  # 50 - 2 tokens, less 20 of the title and its full stop: room for two sentences of 10
    assert all(size(title, piece, 50) <= 50 for piece in pieces)


@pytest.mark.parametrize(
    ("title", "embedded"),
    [("A title", "A title. Text."), ("A title.", "A title. Text."), ("", "Text."), ("...", "Text.")],
)
def test_title_and_text_are_joined_as_sentences(title: str, embedded: str) -> None:
    assert embedding_text(title, "Text.", words, 32) == embedded


def test_a_title_alone_is_a_passage_without_text() -> None:
    assert passage_spans("Title", " \n ", words, 32) == [Span(0, 0)]


@pytest.mark.parametrize("max_tokens", [1, 2, 3, 8])
def test_a_limit_too_small_for_any_text_still_loses_nothing(max_tokens: int) -> None:
    abstract = "😀😀 🎉 naïve text."
    spans = passage_spans("Title", abstract, bytewise, max_tokens)
    assert "".join("".join(abstract[s.start : s.end].split()) for s in spans) == "".join(abstract.split())


@given(
    title=st.text(alphabet="ab. ", max_size=80),
    abstract=st.text(alphabet="abC.!?  \n\t\u00a0é-()", max_size=600),
    max_tokens=st.integers(12, 60),
)
def test_spans_hold_all_text_within_the_limit(title: str, abstract: str, max_tokens: int) -> None:
    spans = passage_spans(title, abstract, words, max_tokens)
    assert "".join("".join(abstract[s.start : s.end].split()) for s in spans) == "".join(abstract.split())
    assert all(left.end <= right.start for left, right in pairwise(spans))
    assert all(size(title, abstract[s.start : s.end], max_tokens) <= max_tokens for s in spans)
    assert all(abstract[s.start : s.end] == abstract[s.start : s.end].strip() for s in spans)


@given(lengths=st.lists(st.integers(2, 12), min_size=1, max_size=30))
def test_the_largest_passage_is_as_small_as_the_number_of_passages_allows(lengths: list[int]) -> None:
    abstract = " ".join(sentence(length) for length in lengths)
    found = [len(words(piece)) for piece in cut("", abstract, 30)]
    sizes = [len(words(abstract[s.start : s.end])) for s in sentence_spans(abstract)]
    # By hand for few sentences: try every way to place the cuts.
    if len(sizes) <= 10:
        ways = [_groups(sizes, mask) for mask in range(1 << (len(sizes) - 1))]
        fitting = [way for way in ways if max(way) <= 28]
        fewest = min(len(way) for way in fitting)
        assert (len(found), max(found)) == (fewest, min(max(way) for way in fitting if len(way) == fewest))
    assert sum(found) == sum(sizes)


def _groups(sizes: list[int], mask: int) -> list[int]:
    groups = [sizes[0]]
    for position, length in enumerate(sizes[1:]):
        if mask >> position & 1:
            groups.append(length)
        else:
            groups[-1] += length
    return groups


@pytest.fixture(scope="module")
def seed_papers(seeds: list[Path]) -> list[Paper]:
    return [item.paper for path in seeds for item in read(path) if isinstance(item, Entry)]


def test_not_one_token_of_the_seed_abstracts_is_lost(seed_papers: list[Paper]) -> None:
    embedder = SentenceEmbedder()
    whole = embedder._tokenizer  # the model's own, special tokens included
    for paper in seed_papers:
        spans = passage_spans(paper.title, paper.abstract, embedder.token_spans, embedder.max_tokens)
        texts = [paper.abstract[s.start : s.end] for s in spans]
        read_tokens = [t for text in texts for t in whole.encode(text, add_special_tokens=False).ids]
        assert read_tokens == whole.encode(paper.abstract, add_special_tokens=False).ids, paper.title
        embedded = [embedding_text(paper.title, t, embedder.token_spans, embedder.max_tokens) for t in texts]
        assert max(len(whole.encode(text).ids) for text in embedded) <= embedder.max_tokens, paper.title
    assert len(seed_papers) == 378

"""The page of token codes: production's own coding, put in its place, changes nothing, and others do what they say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from eval.benchmarks.ablation_retrieval import Wanted, by_title
from eval.benchmarks.token_codes import _ranked, _table
from eval.benchmarks.token_variants import CODINGS, Coding, size, stand_in, take_tokens
from eval.benchmarks.variants import PRODUCTION, exchanged
from index_store.build import index_entries
from index_store.identity import title_key
from index_store.index import Index, load_index
from index_store.search import encode_query, rank
from tests.small_library import BREAD, FROGS, STARS, entry, fake_shelf

PRODUCTIONS = Coding("production's, for 8 dimensions", 8)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with closing(fake_shelf(tmp_path)) as shelf:
        index_entries(shelf, [entry(paper, line=line) for line, paper in enumerate((FROGS, BREAD, STARS), 1)])
        yield load_index(shelf)


def test_exactly_one_row_is_production() -> None:
    assert [coding.bits for coding in CODINGS if PRODUCTION in coding.name] == [192]


def test_production_s_coding_makes_what_the_build_stored(index: Index) -> None:
    codes = {id_: PRODUCTIONS.code(taken) for id_, taken in take_tokens(index).items()}
    stored = index.shelf.tokens.get(index.ids.tolist())
    assert {i: [part.tolist() for part in (c.bits, c.pieces, c.which, c.starts)] for i, c in codes.items()} == {
        i: [part.tolist() for part in (c.bits, c.pieces, c.which, c.starts)] for i, c in stored.items()
    }
    query = encode_query(index, "do frogs fear a heron?")
    with exchanged(stand_in(PRODUCTIONS, codes)):
        exchanged_for = rank(index, query, 3)
    assert exchanged_for.hits == rank(index, query, 3).hits


def test_in_full_precision_a_known_word_matches_itself_at_one(index: Index) -> None:
    coding = Coding("full", None, every=True)
    codes = {id_: coding.code(taken) for id_, taken in take_tokens(index).items()}
    with exchanged(stand_in(coding, codes)):
        found = rank(index, encode_query(index, "heron"), 3)
    assert found.hits[0].paper.title == FROGS.title
    assert found.evidence[0].coverage == pytest.approx(1)


def test_a_code_for_every_token_is_larger_by_the_repeats(index: Index) -> None:
    """Each paper has a word of its title once more in its first passage; otherwise no known word is repeated."""
    taken = take_tokens(index)
    each, every = ({id_: Coding("", 8, every=e).code(one) for id_, one in taken.items()} for e in (False, True))
    repeats = sum(len(c.pieces) - len(set(c.pieces.tolist())) for c in every.values())
    assert repeats == 3
    assert (size(every) - size(each)) * len(taken) == repeats * (1 + 2)  # its code and its piece


def test_the_table_compares_with_the_first_row(index: Index) -> None:
    wanted = [Wanted("do frogs fear a heron?", "concept", {title_key(FROGS.title): 1})]
    codes = {id_: PRODUCTIONS.code(taken) for id_, taken in take_tokens(index).items()}
    with exchanged(stand_in(PRODUCTIONS, codes)):
        rows = [_ranked(index, wanted, by_title, name, size(codes)) for name in ("first", "second")]
    head, _, first, second = _table(rows).splitlines()
    assert head.startswith("| codes | bytes | ms | nDCG@10 | p | concept R@1 | p | late interaction alone | p |")
    assert first.endswith("| 1.000 | = | 1.000 | = | 1.000 | = |")
    assert second.startswith("| second |")

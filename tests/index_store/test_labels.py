"""Names of clusters: the terms that set one apart, without the words of every abstract."""

from __future__ import annotations

import numpy as np
import pytest

from index_store import labels
from index_store.labels import label_clusters, voters
from index_store.types import Paper


def paper(title: str, abstract: str) -> Paper:
    return Paper("", title, abstract)


FROGS = [
    paper("Pond frogs at dusk", "We show that pond frogs sing at dusk. The results improve on previous methods."),
    paper("Silent pond frogs", "Pond frogs fall silent when a heron lands. We propose a new method."),
]
BREAD = [
    paper("Rye dough", "We show that rye dough rises slowly. The results improve on previous methods."),
    paper("The crust of rye dough", "Rye dough gains a crust from steam. We propose a new method."),
]


def test_a_cluster_is_named_by_what_only_it_says() -> None:
    named = label_clusters(FROGS + BREAD, np.array([0, 0, 1, 1], np.int16))
    assert named[0][0] == "pond frogs"
    assert named[1][0] == "rye dough"
    words = {word for label in named for term in label for word in term.split()}
    assert not words & {"we", "show", "propose", "method", "methods", "results", "improve", "the", "new"}


def test_no_two_terms_share_a_word_or_its_beginning() -> None:
    texts = [
        paper(f"Programming {n}", "Programs and programming languages of programmers. Types of types.") for n in "ab"
    ]
    [named, _] = label_clusters([*texts, *BREAD], np.array([0, 0, 1, 1], np.int16))
    beginnings = [word[:6] for term in named for word in term.split()]
    assert len(beginnings) == len(set(beginnings))


def test_one_loud_paper_does_not_name_a_cluster() -> None:
    loud = paper("Herons", "Herons herons herons. Herons herons. Herons herons herons herons.")
    named = label_clusters([loud, *FROGS, *FROGS, *BREAD], np.array([0, 0, 0, 0, 0, 1, 1], np.int16))
    assert named[0][0] == "pond frogs"


@pytest.mark.parametrize("text", ["", "of the and we", "1 2 3", r"\frac{}{} $$", "\u200b\u202e"])
def test_papers_without_a_telling_word_get_no_name(text: str) -> None:
    assert label_clusters([paper(text, text)], np.array([0], np.int16)) == [()]


def test_no_papers_no_names() -> None:
    assert label_clusters([], np.array([], np.int16)) == []


def test_latex_and_markup_are_no_terms() -> None:
    texts = [paper("Lattices", r"The $\mathcal{L}$ of a \textbf{lattice} <script>. A lattice is \emph{bounded}.")] * 3
    [named, _] = label_clusters([*texts, *BREAD], np.array([0, 0, 0, 1, 1], np.int16))
    assert not {"mathcal", "textbf", "emph"} & {word for term in named for word in term.split()}


def test_each_cluster_has_its_voters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labels, "_HEARD", 2)
    assert voters(np.array([0, 1, 0, 0, 2, 1], np.int16)).tolist() == [0, 1, 2, 4, 5]

"""What a cluster of papers is about, in two or three terms of its titles and abstracts.

Class-based TF-IDF (Grootendorst 2022, "BERTopic") in which every paper has one vote a term, and its title a second: a
term counts by the share of the cluster that uses it, times the logarithm of how many times the share of all papers
that is.  Pure; knows no vector and no map.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from index_store.types import Paper
from index_store.words import STOP_WORDS

TERMS = 3
_HEARD = 250  # papers of a cluster that vote: more do not change its label
_BONUS = 0.4  # for each further word: "tensor programs" says more than "tensor"
_LOOKED_AT = 40  # best terms of a cluster, from which the label is chosen
_BEGINNING = 6  # letters that two words of one family share
_FEATURES = 40_000
_WORD = re.compile(r"[^\W\d_][^\W_]+(?:-[^\W_]+)*")
# Words of every abstract of any field; a map with "propose" on it tells nothing.
_COMMONPLACE = frozenset(
    "able according account achieve achieved achieves achieving address addresses addressing aim aims allow "
    "allowing allows analysis analyze applied apply approach approaches available based better case cases "
    "challenge challenges challenging common compare compared comparison competitive consider considered "
    "consistently contrast current demonstrate demonstrated demonstrates demonstrating describe despite develop "
    "developed different difficult directly due effect effective effectively effectiveness effects efficient "
    "efficiently enable enables enabling et al etc evaluate evaluated evaluation existing experiment experimental "
    "experiments explore extensive fewer finally find finding findings finds first focus framework furthermore "
    "general given gives good high higher highly identify illustrate important improve improved improvement "
    "improvements improves improving including increase increasing indicate instead introduce introduced "
    "introduces introducing investigate issue issues key known large larger lead leading leads less level like "
    "limited low lower main make makes making many means measure method methods new note novel number numerous "
    "observe obtain obtained often open order outperform outperforming outperforms overall paper papers "
    "particular particularly perform performance performed performs point points possible potential practical "
    "present presented presents previous previously prior problem problems produce promising propose proposed "
    "proposes provide provided provides providing real recent recently related rely remain remains report require "
    "required requires research respectively result resulting results reveal second set several show showing "
    "shown shows significant significantly similar simple single small sota source specific specifically "
    "state-of-the-art studied studies study substantial substantially successful suggest superior system systems "
    "task tasks technique techniques test tested therefore third thus three time times today traditional two "
    "typical typically understand understanding unlike use useful user uses utilize validate various vary via way "
    "ways well widely work works world years yet zero code github https http www com org arxiv version summary".split()
)
_SILENT = STOP_WORDS | _COMMONPLACE
_LATEX = re.compile(r"\\[a-zA-Z]+|[{}$]")


def voters(clusters: npt.NDArray[np.int16]) -> npt.NDArray[np.intp]:
    """Give the positions of the papers that are enough to label all clusters, ascending."""
    return np.sort(np.concatenate([np.flatnonzero(clusters == number)[:_HEARD] for number in np.unique(clusters)]))


def label_clusters(papers: Sequence[Paper], clusters: npt.NDArray[np.int16]) -> list[tuple[str, ...]]:
    """Give up to ``TERMS`` terms for each cluster number; none for one whose papers share no word that tells."""
    from sklearn.feature_extraction.text import CountVectorizer  # type: ignore[import-untyped]  # it ships no types

    if not papers:
        return []
    numbers = range(int(clusters.max()) + 1)
    counter = CountVectorizer(analyzer=_terms, max_features=_FEATURES, binary=True, dtype=np.float32)
    try:
        votes = counter.fit_transform(paper.abstract for paper in papers)
    except ValueError:  # not one word is left
        return [() for _ in numbers]
    votes = votes + counter.transform(paper.title for paper in papers)
    shares = np.stack([votes[clusters == number].mean(axis=0).A1 for number in numbers])
    names = counter.get_feature_names_out()
    lengths = np.array([1 + _BONUS * name.count(" ") for name in names])
    gain = shares * np.log(np.maximum(shares, 1e-9) / votes.mean(axis=0).A1) * lengths
    return [_best(row, names) for row in gain]


def _terms(text: str) -> Iterator[str]:
    """Give the words that tell something, and the two or three of such words that stand side by side."""
    plain = _LATEX.sub(" ", text).lower()
    side_by_side: list[str] = []
    end = 0
    for found in _WORD.finditer(plain):
        if found.group() in _SILENT or plain[end : found.start()] != " ":
            side_by_side = []
        if found.group() not in _SILENT:
            side_by_side = [*side_by_side[-2:], found.group()]
            yield from (" ".join(side_by_side[first:]) for first in range(len(side_by_side)))
        end = found.end()


def _best(gain: npt.NDArray[np.float64], names: npt.NDArray[np.object_]) -> tuple[str, ...]:
    """Choose terms that say different things: no two have words with one beginning, such as program and programming."""
    order = np.lexsort((names, -gain))[:_LOOKED_AT]
    chosen: list[str] = []
    said: set[str] = set()
    for name in names[order[gain[order] > 0]].tolist():
        words = {word[:_BEGINNING] for word in name.split()}
        if not words & said:
            chosen.append(name)
            said |= words
    return tuple(chosen[:TERMS])

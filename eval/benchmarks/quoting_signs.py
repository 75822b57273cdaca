"""Fits the weights of the quoter's signs, and tells what each sign earns on papers that it was not fitted to.

    python -m eval.benchmarks.quoting_signs --seeds FOLDER [--work FOLDER]

The model is a conditional logit (McFadden 1974): one abstract is one choice among its sentences, and the right choices
are those that state the fact asked for.  Questions are the dev halves of the shipped sets and the ``quoting`` files,
where one paper is right and has the facts.  Every figure is cross-validated: the weights come from the questions about
other papers.  Knows no citation and no heading; ``ablation quoting`` measures whole answers.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from platformdirs import user_cache_path

from eval.benchmarks.corpora import Asked, ask_only, open_corpora
from eval.benchmarks.tables import figure, page, table
from eval.metrics import fact_found
from eval.questions import Question, read_questions, select, shipped_quoting, within
from index_store.identity import title_key
from index_store.library import Library
from rag.assemble import open_embedder
from rag.quote import candidates, question_weights
from rag.selection import SIGNS, WEIGHTS, Candidates, Scores, pick, signs
from rag.settings import Settings

Floats = npt.NDArray[np.float64]
Signs = Callable[[Candidates, Scores, str], Scores]

_RIDGE = 2.0
_STEPS, _STEEPEST = 20, 30.0
_FOLDS, _DEALS = 8, 3  # papers are dealt into folds, several times
_WORDS = 160
_ENOUGH = (0.8, 0.84, 0.87, 0.9, 0.92, 0.94, 0.96)
_AT_WORDS = (75, 85, 95)  # mean length of the answers that are compared
_NOTE = (
    "Share of the facts in the sentences chosen from the right paper, where answers have so many words in the mean.  "
    "All rows but the first are cross-validated: the weights come from the questions about other papers."
)


@dataclass(frozen=True, slots=True)
class Example:
    """A question and its right paper: ``signs`` (s, d) of its sentences, which state each of the facts (f, s)."""

    corpus: str
    paper: str
    signs: Floats
    states: Floats
    lengths: tuple[int, ...]


def examples(name: str, library: Library, questions: Sequence[Question], read: Signs = signs) -> Iterator[Example]:
    """Give the questions whose one right paper is found and states a fact."""
    wanted = [question for question in questions if question.facts and len(question.gold) == 1]
    for asked in ask_only(library, wanted):
        paper = _right_paper(library, asked)
        if paper is None or len(paper.texts) < 2:
            continue
        weights = question_weights(library, asked.standalone, asked.words)
        found = [[fact_found(text, fact) for text in paper.texts] for fact in asked.question.facts]
        states = np.array([row for row in found if any(row)], float)
        if len(states):
            lengths = tuple(len(text.split()) for text in paper.texts)
            given = read(paper, weights, asked.words).astype(float)
            yield Example(name, title_key(asked.question.gold[0]), given, states, lengths)


def _right_paper(library: Library, asked: Asked) -> Candidates | None:
    gold = title_key(asked.question.gold[0])
    hit = next((hit for hit in asked.ranking.hits if title_key(hit.paper.title) == gold), None)
    return None if hit is None else candidates(library, asked.standalone, 1, hit)


def fit(given: Sequence[Example]) -> Floats:
    """Fit the weights (d,) by Newton's method, with a ridge on the standardised weights.

    Every fact is a choice (c) among the sentences (s) of its abstract; abstracts are padded to the longest one.
    """
    facts = [(one, fact, 1 / len(one.states)) for one in given for fact in one.states]
    longest = max(len(one.lengths) for one in given)
    x, right, there = (np.zeros((len(facts), longest, *end)) for end in ((given[0].signs.shape[1],), (), ()))
    share = np.array([part for *_, part in facts])
    for i, (one, fact, _) in enumerate(facts):
        x[i, : len(fact)], right[i, : len(fact)], there[i, : len(fact)] = one.signs, fact, 1
    scale = np.concatenate([one.signs for one in given]).std(axis=0) + 1e-6
    x /= scale
    weights = np.zeros(x.shape[2])
    for _ in range(_STEPS):
        likely = _normed(np.exp(np.clip(x @ weights, -_STEEPEST, _STEEPEST)) * there)
        mean = np.einsum("cs,csd->cd", likely, x)
        slope = share @ (np.einsum("cs,csd->cd", _normed(likely * right), x) - mean) - _RIDGE * weights
        spread = np.einsum("c,cs,csd,cse->de", share, likely, x, x) - np.einsum("c,cd,ce->de", share, mean, mean)
        weights += np.linalg.solve(spread + _RIDGE * np.eye(len(weights)), slope)
    fitted: Floats = weights / scale
    return fitted


def _normed(rows: Floats) -> Floats:
    normed: Floats = rows / (rows.sum(axis=1, keepdims=True) + 1e-12)
    return normed


def softmax(scores: Floats) -> Floats:
    """Turn ``(s,)`` scores into chances."""
    grown: Floats = np.exp(scores - scores.max())
    return grown / float(grown.sum())


def held_out(given: Sequence[Example], deal: int) -> list[Floats]:
    """Give the chances of every example's sentences, by weights fitted to the questions about other papers."""
    folds = [zlib.crc32(f"{one.paper}{deal}".encode()) % _FOLDS for one in given]
    fitted = {
        fold: fit([one for one, at in zip(given, folds, strict=True) if at != fold]) for fold in sorted(set(folds))
    }
    return [softmax(one.signs @ fitted[fold]) for one, fold in zip(given, folds, strict=True)]


def recall_at_words(given: Sequence[Example], likely: Sequence[Floats]) -> list[float]:
    """Give the share of facts stated where the answers have ``_AT_WORDS`` words in the mean."""
    recalls, words = [], []
    for enough in _ENOUGH:
        chosen = [pick(p.astype(np.float32), one.lengths, enough, _WORDS) for one, p in zip(given, likely, strict=True)]
        recalls.append(np.mean([one.states[:, at].max(axis=1).mean() for one, at in zip(given, chosen, strict=True)]))
        words.append(np.mean([sum(one.lengths[i] for i in at) for one, at in zip(given, chosen, strict=True)]))
    return [float(np.interp(at, words, recalls)) for at in _AT_WORDS]


def earned(given: Sequence[Example]) -> str:
    """Tell the fact recall of all signs, without each of them, and with the plain match for the votes."""
    corpora = sorted({one.corpus for one in given})
    head = ["signs", *(f"{name}: {at} words" for name in corpora for at in _AT_WORDS)]
    rows = [_row("all, weights of production", given, corpora, [[softmax(one.signs @ WEIGHTS) for one in given]])]
    kept = {"all, fitted to other papers": list(range(len(SIGNS)))}
    kept |= {f"no {name}": [i for i in range(len(SIGNS)) if i != off] for off, name in enumerate(SIGNS)}
    for name, columns in kept.items():
        seen = [_with_columns(one, columns) for one in given]
        rows.append(_row(name, seen, corpora, [held_out(seen, deal) for deal in range(_DEALS)]))
    return table(head, rows)


def _with_columns(one: Example, columns: Sequence[int]) -> Example:
    return Example(one.corpus, one.paper, one.signs[:, columns], one.states, one.lengths)


def _row(name: str, given: Sequence[Example], corpora: Sequence[str], deals: Sequence[Sequence[Floats]]) -> list[str]:
    cells = [name]
    for corpus in corpora:
        at = [i for i, one in enumerate(given) if one.corpus == corpus]
        found = [recall_at_words([given[i] for i in at], [likely[i] for i in at]) for likely in deals]
        cells += [figure(float(value)) for value in np.mean(found, axis=0)]
    return cells


def main(argv: Sequence[str] | None = None) -> None:
    """Print the page: the weights fitted to all, and the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=Path, help="listing dumps that the seed questions ask about")
    parser.add_argument("--work", type=Path, default=user_cache_path("citewell") / "benchmarks")
    options = parser.parse_args(argv)
    embedder = open_embedder(Settings(options.work))
    further = {path.name.removeprefix("quoting-"): path for path in shipped_quoting()}
    given: list[Example] = []
    libraries = []
    for corpus in open_corpora(options.work, options.seeds, embedder):
        libraries.append((corpus.name, corpus.status))
        with closing(Library.open(corpus.folder, embedder)) as library:
            titles = [paper.title for paper in library.papers(limit=-1)[0]]
            added = select(within(read_questions(further[f"{corpus.name}.jsonl"]), titles), "dev").questions
            given += examples(corpus.name, library, [*corpus.questions, *added])
    weights = [[n, f"{f:.2f}", f"{w:.1f}"] for n, f, w in zip(SIGNS, fit(given), WEIGHTS, strict=True)]
    asked = f"{len(given)} dev questions with one right paper.  {_NOTE}"
    parts = [asked, table(["sign", "fitted", "production"], weights), earned(given)]
    command = f"python -m eval.benchmarks.quoting_signs{' --seeds FOLDER' if options.seeds else ''}"
    sys.stdout.write(page("Quoting: what each sign earns", command, libraries, parts))


if __name__ == "__main__":
    main()

"""Calibrating the judge to a library, with questions made from the library itself.

The topic's yes-examples are thinned sentences of the library, half of them salted with words of another paper, as hard
as a paraphrase, and none without a few words that count ("also a present process"); its no-examples are everyday
questions.  The detail's yes-examples name a paper by words of its title and ask with a few words of one sentence; its
no-examples name it alike and ask for what its abstract does not have: a detail that papers are often asked about, or
words of another paper.  What was fitted lies beside the library (``calibration.json``) with the papers and the embedder
it belongs to, and is made again when either has changed.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from filelock import FileLock

from index_store.errors import CitewellError
from index_store.library import Library
from index_store.search import Ranking
from index_store.sentences import sentence_spans
from index_store.types import Paper
from rag.abstain import Calibration, Judgement, Signals, calibrate, measure
from rag.logistic import Logistic
from rag.unknown import NOTHING_UNKNOWN, Unknown, unknown_names
from rag.weighty import content_words, weighty_words

_log = logging.getLogger(__name__)

_FORMAT = 7  # 7: papers ranked by what they match beyond chance, and with feedback
_FITTED = ("topic", "detail")
_TOPICS, _DETAILS = 120, 80  # probes of each kind; 340 searches in all, 2 to 3 s
_TITLE_WORDS, _ASKED_WORDS, _FOREIGN_WORDS = 3, 4, 3  # at most
_FEWEST_WORDS = 4  # of a sentence that a detail is asked from
_NAMED = 10  # papers searched for a name
_FEWEST_LEFT = 3  # weighty words of a thinned sentence


class CalibratedJudge:
    """Judges by the calibration of the library as it is now.  Safe to share between threads.

    While that is made anew for a library that has changed, the one before it stays in force: no question waits.
    """

    def __init__(self, library: Library, file: Path) -> None:
        self._library = library
        self._file = file
        self._lock = threading.Lock()
        self._fitted_to: str | None = None
        self._calibration: Calibration | None = None
        self._making: threading.Thread | None = None

    def judge(self, question: str, ranking: Ranking, asked: str) -> Judgement:
        """Tell whether the library answers ``question``, which ends with the words that were ``asked``."""
        signals = replace(measure(question, ranking, asked), unknown=unknown_in(self._library, ranking, asked))
        return self.calibration().judge(asked, signals)

    def calibration(self) -> Calibration:
        """Give the calibration in force: the one at hand, the one beside the library, or a first one, made now."""
        fitted_to = f"{self._library.status().digest} {self._library.embedder.digest}"
        with self._lock:
            if self._calibration is None or fitted_to != self._fitted_to:
                kept = _read(self._file, fitted_to)
                if kept is None and self._calibration is None:
                    kept = self._made(fitted_to)
                if kept is not None:
                    self._calibration, self._fitted_to = kept, fitted_to
                elif self._making is None or not self._making.is_alive():
                    self._making = threading.Thread(target=self._renew, args=(fitted_to,), name="calibrating")
                    self._making.daemon = True
                    self._making.start()
            assert self._calibration is not None
            return self._calibration

    def _renew(self, fitted_to: str) -> None:
        try:
            made = self._made(fitted_to)
        except CitewellError as exc:  # the next question tries again, and tells what is wrong with the library
            _log.info("The library cannot be calibrated to: %s", exc)
            return
        with self._lock:
            self._calibration, self._fitted_to = made, fitted_to

    def _made(self, fitted_to: str) -> Calibration:
        """Make a calibration and keep it, unless another process does so meanwhile."""
        with _alone(self._file):
            kept = _read(self._file, fitted_to)
            if kept is None:
                kept = make(self._library)
                _write(self._file, fitted_to, kept)
            return kept


def make(library: Library) -> Calibration:
    """Calibrate to a library that holds at least one paper; the same library gives the same calibration."""
    rng = np.random.default_rng(0)
    papers = library.sample(_TOPICS)
    asked = {detail: frozenset(library.terms(detail)) for detail in common_details()}
    topics, details = [], []
    for number in range(_TOPICS):
        paper, other = papers[number % len(papers)], papers[int(rng.integers(len(papers)))]
        sentence = _some_sentence(paper, rng)
        topics.append(topic_probe(sentence, _some_sentence(other, rng) if number % 2 else None, rng))
        if number < _DETAILS:
            absent = _absent(library, paper, other if number % 2 else paper, asked, rng)
            details.append(detail_probes(content_words(paper.title), weighty_words(sentence), absent, rng))
    pairs = [pair for pair in details if pair is not None]
    return calibrate(
        (_signals(library, topics), _signals(library, everyday_questions())),
        (_signals(library, [yes for yes, _ in pairs]), _signals(library, [no for _, no in pairs])),
    )


def topic_probe(sentence: str, salt: str | None, rng: np.random.Generator) -> str:
    """Make a pseudo-question that ``sentence`` answers: half of its words, mixed with half as many of ``salt``.

    Where too few of that half say anything, all words stay.
    """
    words = sentence.split()
    kept = [word for word, keep in zip(words, rng.random(len(words)) < 0.5, strict=True) if keep] or words
    if len(weighty_words(" ".join(kept))) < _FEWEST_LEFT:
        kept = words
    if salt is None:
        return " ".join(kept)
    grains = list(rng.permutation(salt.split()))[: max(1, len(kept) // 2)]
    mixed = [word for pair in zip(kept, grains, strict=False) for word in pair]
    return " ".join([*mixed, *kept[len(grains) :]])


def detail_probes(
    title: Sequence[str], said: Sequence[str], absent: Sequence[str], rng: np.random.Generator
) -> tuple[str, str] | None:
    """Make two short pseudo-questions about a paper, one answered and one not, or None where there are too few words.

    ``title`` are words of its title, ``said`` words of one of its sentences, ``absent`` words that it does not have.
    """
    if len(said) < _FEWEST_WORDS or not absent:
        return None
    name = title[: int(rng.integers(1, _TITLE_WORDS + 1))]
    size = int(rng.integers(2, _ASKED_WORDS + 1))
    at = int(rng.integers(len(said) - size + 1))
    around = said[: int(rng.integers(3))]
    return " ".join([*name, *said[at : at + size]]), " ".join([*name, *around, *absent])


def unknown_in(library: Library, ranking: Ranking, asked: str) -> Unknown:
    """Tell which names of a question no abstract of the library has: not those found for it, nor for the name."""

    def papers_with(name: str) -> list[Paper]:
        return [hit.paper for hit in library.search(name, _NAMED)]

    found = [hit.paper for hit in ranking.hits]
    return unknown_names(asked, found, papers_with) if found else NOTHING_UNKNOWN


@cache
def everyday_questions() -> tuple[str, ...]:
    """Questions that no library of papers is expected to answer."""
    return tuple(files("rag").joinpath("words", "everyday.txt").read_text("utf-8").splitlines())


@cache
def common_details() -> tuple[str, ...]:
    """What papers are often asked about, and their abstracts rarely say."""
    return tuple(files("rag").joinpath("words", "details.txt").read_text("utf-8").splitlines())


def _signals(library: Library, probes: Sequence[str]) -> list[Signals]:
    return [measure(p, ranking, p) for p, ranking in zip(probes, library.rank_all(probes), strict=True)]


def _some_sentence(paper: Paper, rng: np.random.Generator) -> str:
    spans = sentence_spans(paper.abstract)
    if not spans:
        return paper.title
    span = spans[int(rng.integers(len(spans)))]
    return paper.abstract[span.start : span.end]


def _absent(
    library: Library, paper: Paper, other: Paper, details: Mapping[str, frozenset[str]], rng: np.random.Generator
) -> list[str]:
    """Give words that ``paper`` does not have: of another paper, or else of one of the ``details`` with their terms."""
    own = set(library.terms(f"{paper.title}. {paper.abstract}"))
    if other.id != paper.id:
        words = weighty_words(f"{other.title}. {other.abstract}")
        terms = library.terms(" ".join(words))  # one for each word, unless one is too long to be indexed
        foreign = [word for word, term in zip(words, terms, strict=False) if term not in own]
        at = int(rng.integers(len(foreign) + 1))
        if found := foreign[at : at + int(rng.integers(1, _FOREIGN_WORDS + 1))]:
            return found
    silent = [detail for detail, terms in details.items() if not own & terms]
    return silent[int(rng.integers(len(silent)))].split() if silent else []


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Keep other processes from making what ``file`` is to hold; where nothing can be locked each makes its own."""
    lock = FileLock(file.with_suffix(".lock"))
    with suppress(OSError, NotImplementedError):
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _read(file: Path, fitted_to: str) -> Calibration | None:
    try:
        kept = json.loads(file.read_text("utf-8"))
        if kept["format"] != _FORMAT or kept["fitted_to"] != fitted_to:
            return None
        topic, detail = (kept[name] and Logistic(**{k: tuple(v) for k, v in kept[name].items()}) for name in _FITTED)
        return Calibration(topic, float(kept["topic_below"]), detail)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # absent, or of another version: it is made again


def _write(file: Path, fitted_to: str, made: Calibration) -> None:
    draft = file.with_suffix(f".{os.getpid()}.tmp")
    try:
        draft.write_text(json.dumps({"format": _FORMAT, "fitted_to": fitted_to, **asdict(made)}, indent=1), "utf-8")
        draft.replace(file)
    except OSError as exc:  # a library that can only be read is calibrated anew by each process
        draft.unlink(missing_ok=True)
        _log.info("%s cannot be written: %s", file, exc.strerror)

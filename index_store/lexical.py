"""Papers ranked by the words they share with a question: BM25 over whole papers.  The only importer of tantivy.

Keeps terms and numbers of papers, no text: the catalogue is the truth and this index can be built again from it.
Knows no passage, no vector and no fusion.  The ranking is BM25 (Robertson and Zaragoza 2009, "The probabilistic
relevance framework: BM25 and beyond") with k1 = 1.2 and b = 0.75.

A paper is one text, title and abstract together.  On SciFact and on the seed questions everything else lost: a title
field of its own, a boosted one, the title put in twice (concept questions' recall@1 falls by .02 to .07), and passages
in place of papers.

tantivy was chosen over SQLite FTS5 and bm25s by ``python -m eval.benchmarks.lexical_engines``: 100,000 made-up papers
of about 130 words, 300 questions of 8 to 15 words, milliseconds p50 / p95, on 2 cores shared with other work:

    engine             papers/s  MB         k=200        k=1000  add 1,000  after kill -9 while adding
    tantivy 0.27         10,432  19     1.5 / 2.0     2.7 / 3.4     0.10 s  opens, nothing committed lost
    SQLite FTS5          20,779  42     158 / 236     165 / 302     0.14 s  opens, nothing committed lost
    bm25s 0.3.16          5,613  81     0.7 / 5.4     0.8 / 5.5    18.30 s  opens, nothing saved lost

bm25s is as quick to rank, but cannot grow: each addition indexes and saves everything again.  FTS5 scores every paper
that holds any of the words, sixty to a hundred times slower.

Analysis: NFKC, font commands of LaTeX taken off, words of letters and digits, lower case, accents folded to ASCII,
Porter's English stemmer, words over 40 bytes dropped.  A hyphenated name is indexed as its parts and, once more,
joined pairwise, so that "GPT-4" meets "GPT 4" and "GPT4".  Stop words are indexed but left out of queries.
"""

from __future__ import annotations

import json
import re
import threading
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from index_store.damage import damaged, explained
from index_store.errors import LibraryDamaged, LibraryLocked
from index_store.protocols import Ids, LexicalDocument, Scored
from index_store.words import STOP_WORDS

if TYPE_CHECKING:
    from tantivy import Index, IndexWriter, Query, Schema, Searcher, TextAnalyzer

MAX_TERMS = 64  # of a query, the rarest; a question has about ten, a pasted abstract about a hundred
WRITER_BYTES = 15_000_000  # tantivy's least for one thread; one thread makes the segments the same every time
MAX_TERM_BYTES = 40
# Papers that a search is kept to are named in it, or, where they are many, looked for down the ranking of all.  Of
# 565,000 papers, 250 from among 4,000 take 24 ms either way: named, each costs 2 µs beside what reading the words'
# lists costs; down the ranking, a place costs 0.6 µs, and there are as many as the wanted times all by those inside.
NAMED = 0.1
LEAST_BYTES = 8  # of a segment's file: the numbers that end it
SEGMENT_FILE = re.compile(r"[0-9a-f]{32}\.[a-z]+")

_FONT = re.compile(r"\\(?:math|text|emph|bf|rm|it)[a-zA-Z]*\s*\{([^{}]*)\}")
_HYPHEN = re.compile("[-\u2010\u2011\u2013]")
# Begins only where a word does: a start inside one would cost time quadratic in the length of the word.
_COMPOUND = re.compile(r"(?<![^\W_])[^\W_]++(?:[-\u2010\u2011\u2013][^\W_]++)+")


class TantivyLexical:
    """``protocols.LexicalIndex`` in a folder of tantivy's.  Safe to share between threads.

    The writer lives only inside ``add`` and ``delete``, so readers never wait and no lock outlives a call; a killed
    writer's lock falls with its process.  Each reading sees what any process committed before it.  Raises
    ``LibraryDamaged`` where the folder is corrupt, ``LibraryLocked`` where another process is writing,
    ``StorageError`` where the disk is full or the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mutex = threading.Lock()
        self._analyzer, self._telling = _analyzer(), _analyzer(stop_words=STOP_WORDS)
        with self._boundary():
            folder.mkdir(parents=True, exist_ok=True)
            self._refuse_remains()
            self._schema, self._index = _open(folder, self._analyzer)

    def add(self, documents: Sequence[LexicalDocument]) -> None:
        """Index the documents, all or none; each replaces what its id held, and of one id twice the last counts."""
        from tantivy import Document

        latest = {document.id: document for document in documents}
        with self._writing() as writer:
            for document in latest.values():
                writer.delete_documents_by_term("id", document.id)
                writer.add_document(Document(id=document.id, text=_plain(document.text)))

    def delete(self, ids: Collection[int]) -> None:
        """Forget the papers; unknown numbers are no error."""
        with self._writing() as writer:
            for id_ in ids:
                writer.delete_documents_by_term("id", id_)

    def query(self, text: str, k: int, inside: Ids | None = None) -> Scored:
        """Rank the ``k`` best papers, of those ``inside`` if given, that share a term with ``text``; ties by rising id.

        Any text is allowed: it is never parsed as a query.  Scores are above 0, and rounded to four decimals, far above
        the noise of float32 sums, so that equal papers tie wherever they are stored.
        """
        with self._boundary():
            self._index.reload()
            searcher = self._index.searcher()
            words = self._query_terms(text)
            if k < 1 or not words or not searcher.num_docs or (inside is not None and not len(inside)):
                return Scored(np.empty(0, np.int64), np.empty(0, np.float32))
            query = self._any_of(words)
            if inside is None:
                found = _best(searcher, query, k)
            elif len(inside) ** 2 < NAMED * k * searcher.num_docs:
                found = _best(searcher, self._of(query, inside), k)
            else:
                found = _best_inside(searcher, query, k, inside)
        order = np.lexsort((found.ids, -found.scores))[:k]
        return Scored(found.ids[order], found.scores[order])

    def ids(self) -> set[int]:
        """Give the numbers of the papers stored now."""
        from tantivy import Query

        with self._boundary():
            self._index.reload()
            searcher = self._index.searcher()
            if not searcher.num_docs:
                return set()
            found = searcher.search(Query.all_query(), limit=searcher.num_docs, count=False, order_by_field="id")
            return {id_ for id_, _ in found.hits}

    def terms(self, text: str) -> list[str]:
        """Give the terms of ``text`` as the index knows them, in order, with repeats and stop words."""
        return self._analyzer.analyze(_plain(text))

    def __len__(self) -> int:
        with self._boundary():
            self._index.reload()
            return self._index.searcher().num_docs

    def close(self) -> None:
        """Nothing to let go of: the writer is closed after every write, and tantivy unmaps files on its own."""

    def _query_terms(self, text: str) -> list[str]:
        """Give the at most ``MAX_TERMS`` rarest terms of ``text`` that the index holds, without stop words."""
        plain, searcher = _plain(text), self._index.searcher()
        words = set(self._telling.analyze(plain)) or set(self._analyzer.analyze(plain))
        held = ((searcher.doc_freq("text", word), word) for word in words)
        return [word for _, word in sorted(pair for pair in held if pair[0])][:MAX_TERMS]

    def _any_of(self, words: Sequence[str]) -> Query:
        from tantivy import Occur, Query

        return Query.boolean_query(
            [(Occur.Should, Query.term_query(self._schema, "text", word, "freq")) for word in words]
        )

    def _of(self, query: Query, inside: Ids) -> Query:
        """Keep a query to the papers ``inside``, with the scores that it gives them."""
        from tantivy import Occur, Query

        named = Query.const_score_query(Query.term_set_query(self._schema, "id", inside.tolist()), 0.0)
        return Query.boolean_query([(Occur.Must, query), (Occur.Must, named)])

    @contextmanager
    def _writing(self) -> Iterator[IndexWriter]:
        with self._mutex, self._boundary():
            writer = self._index.writer(WRITER_BYTES, 1)
            try:
                # What a killed writer left may have the name of a file that this commit is about to make.
                writer.garbage_collect_files()
                yield writer
                writer.commit()
            finally:
                writer.wait_merging_threads()  # lets go of the lock; what was not committed is dropped

    def _refuse_remains(self) -> None:
        """Refuse what tantivy would pass over, or end the thread on: no head file, or files of a segment cut off."""
        head = self._folder / "meta.json"
        files = [file for file in self._folder.iterdir() if SEGMENT_FILE.fullmatch(file.name)]
        if not files:
            return
        if not head.exists():
            raise self._damaged("its meta.json is missing")
        live = {segment["segment_id"].replace("-", "") for segment in json.loads(head.read_text())["segments"]}
        for file in files:  # those of no live segment are what a killed writer left
            with suppress(FileNotFoundError):  # a merge in another process
                if file.name.split(".")[0] in live and file.stat().st_size < LEAST_BYTES:
                    raise self._damaged(f"{file.name} is cut off")

    @contextmanager
    def _boundary(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError) as exc:
            if "LockBusy" not in str(exc):
                raise explained("lexical index", self._folder, exc) from exc
            raise LibraryLocked(
                f"Another process is writing to the lexical index in {self._folder}; wait until it is done, then run "
                f"the command again"
            ) from exc
        except BaseException as exc:
            # A panic of the engine comes as a class of its own, outside Exception and not importable.
            if type(exc).__name__ != "PanicException":
                raise
            raise self._damaged(str(exc)) from exc

    def _damaged(self, reason: str) -> LibraryDamaged:
        return damaged("lexical index", self._folder, reason)


def _best(searcher: Searcher, query: Query, k: int) -> Scored:
    """Give the ``k`` best papers, best first, and at least those that tie with the last."""
    depth = k + 32
    while True:
        found, is_all = _down_to(searcher, query, depth)
        if is_all or len(found.ids) >= k:
            return found
        depth *= 4


def _best_inside(searcher: Searcher, query: Query, k: int, inside: Ids) -> Scored:
    """Give at least the ``k`` best of the papers ``inside`` by going down the ranking of all."""
    depth = k + 5 * k * searcher.num_docs // (4 * len(inside))  # a quarter more than where chance spreads them evenly
    while True:
        found, is_all = _down_to(searcher, query, depth)
        kept = np.isin(found.ids, inside)
        if is_all or np.count_nonzero(kept) >= k:
            return Scored(found.ids[kept], found.scores[kept])
        depth *= 2


def _down_to(searcher: Searcher, query: Query, depth: int) -> tuple[Scored, bool]:
    """Give the best ``depth`` papers, best first, and whether they are all that there are.

    Where they are not, those that tie with the last are left out: others may tie too, and of them the lowest ids count,
    not the first stored.
    """
    hits = searcher.search(query, limit=min(depth, searcher.num_docs), count=False).hits
    scores = np.asarray([score for score, _ in hits]).round(4).astype(np.float32)
    is_all = len(hits) < depth
    seen = len(hits) if is_all else int(np.count_nonzero(scores > scores[-1]))
    ids = searcher.fast_field_values("id", [address for _, address in hits[:seen]])
    return Scored(np.asarray(ids, np.int64), scores[:seen]), is_all


def _open(folder: Path, analyzer: TextAnalyzer) -> tuple[Schema, Index]:
    from tantivy import Index, SchemaBuilder

    builder = SchemaBuilder().add_integer_field("id", indexed=True, fast=True)
    schema = builder.add_text_field("text", tokenizer_name="english", index_option="freq").build()
    index = Index(schema, path=str(folder))
    index.register_tokenizer("english", analyzer)
    index.config_reader("manual")
    return schema, index


def _analyzer(*, stop_words: Collection[str] = ()) -> TextAnalyzer:
    from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

    builder = TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.lowercase()).filter(Filter.ascii_fold())
    if stop_words:
        builder = builder.filter(Filter.custom_stopword(sorted(stop_words)))
    return builder.filter(Filter.remove_long(MAX_TERM_BYTES)).filter(Filter.stemmer("english")).build()


def _plain(text: str) -> str:
    """Write ``text`` so that names meet however they are spelt: no font commands, hyphenated names joined too."""
    sound = unicodedata.normalize("NFKC", text).encode("utf-8", "replace").decode()  # no halves of surrogate pairs
    return _joined(_FONT.sub(r"\1", sound).replace("$", ""))


def _joined(text: str) -> str:
    """Replace every compound by ``_with_joined``.

    They are looked for only in what stands between the spaces around a hyphen: little more than half the time.
    """
    parts, done = [], 0
    for hyphen in _HYPHEN.finditer(text):
        if hyphen.start() >= done:
            begin, end = text.rfind(" ", done, hyphen.start()) + 1 or done, text.find(" ", hyphen.end())
            end = len(text) if end < 0 else end
            parts += [text[done:begin], _COMPOUND.sub(_with_joined, text[begin:end])]
            done = end
    return "".join([*parts, text[done:]])


def _with_joined(compound: re.Match[str]) -> str:
    """Add the neighbours joined: "GPT-4" becomes "GPT-4 GPT4".  "state-of-the-art" gains nothing by "ofthe"."""
    whole = compound.group()
    pairs = pairwise(_HYPHEN.split(whole))
    joined = [a + b for a, b in pairs if not {word.lower() for word in (a, b) if len(word) > 1} & STOP_WORDS]
    return " ".join([whole, *joined])

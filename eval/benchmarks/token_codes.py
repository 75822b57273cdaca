"""How small may the codes of tokens be?  Larger and smaller ones than production's, measured on all that uses them.

    python -m eval.benchmarks.token_codes --seeds FOLDER --beir FOLDER [--work FOLDER] [--out FOLDER]

Every row is the production search, quoter and judge with other codes, made from the same vectors of tokens.  Takes the
dev questions of the shipped sets, the ``quoting`` and ``followup`` files beside them, and the dev half of the
collection's queries.  Prints markdown; with ``--out`` the page is kept there.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from platformdirs import user_cache_path

from eval import beir
from eval.benchmarks import ablation_abstaining, ablation_quoting, ablation_retrieval
from eval.benchmarks.ablation import half
from eval.benchmarks.ablation_retrieval import Named, Wanted
from eval.benchmarks.corpora import Corpus, ask_only, open_corpora
from eval.benchmarks.left_out import TOKEN_CODES
from eval.benchmarks.tables import changed, figure, page, table
from eval.benchmarks.token_variants import CODINGS, Coding, Taken, size, stand_in, take_tokens
from eval.benchmarks.variants import Piece, Variant, exchanged
from eval.bootstrap import as_values
from eval.collection import read_collection
from eval.metrics import Values, auroc, ndcg_at, percentile, recall_at_refusals
from eval.questions import Question, read_questions, select, shipped_followups, shipped_quoting, within
from index_store import search
from index_store.fusion import Core
from index_store.index import Index, load_index
from index_store.late import Bits, Matches, QueryTokens, paper_matches
from index_store.library import Library, Status
from index_store.protocols import Embedder
from index_store.search import encode_queries
from index_store.shelf import open_shelf
from rag.assemble import open_embedder
from rag.settings import Settings

FILE = "token-codes.md"
_DEPTH = 10
_REFUSED = 0.01  # of the answerable questions
_ALONE = (
    Piece(search, "smooth", ablation_retrieval.unsmoothed),
    Piece(search, "fuse", ablation_retrieval.weighted(0, 0, 0, 1)),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """What one coding gave: bytes a passage, median milliseconds of a pool's products, and measures by question.

    ``judged`` are measures of all questions together.
    """

    name: str
    size: float
    ms: float
    values: dict[str, Values]
    judged: dict[str, float | None] = field(default_factory=dict)


def on_questions(corpus: Corpus, embedder: Embedder) -> str:
    """Measure every coding on a library with questions: a section of the page."""
    with closing(Library.open(corpus.folder, embedder)) as library, closing(open_shelf(corpus.folder, embedder)) as of:
        index, questions = load_index(of), _questions(corpus, library)
        taken, asked = take_tokens(index), ask_only(library, questions)
        wanted = ablation_retrieval.from_questions(asked)
        found = []
        for coding in CODINGS:
            with _coded(coding, taken) as held:
                one = _ranked(index, wanted, ablation_retrieval.by_title, coding.name, held)
                one.values.update(_quoted(library, questions))
                one.judged.update(_judged(library, questions))
                found.append(one)
    note = f"{len(wanted)} answerable dev questions of {len(questions)}"
    return f"## {corpus.name}: {note}\n\n{_table(found)}"


def on_collection(folder: Path, work: Path, embedder: Embedder) -> tuple[Status, str]:
    """Measure every coding on the dev half of a collection's queries."""
    collection = read_collection(folder)
    place = beir.cache_folder(collection, work, embedder)
    beir.build(collection, place, embedder)
    texts = {id_: text for id_, text in collection.queries.items() if half(id_) == "dev"}
    wanted = [Wanted(text, "dev", collection.judgements[id_]) for id_, text in texts.items()]
    with closing(Library.open(place, embedder)) as library:
        status = library.status()
    with closing(open_shelf(place, embedder)) as shelf:
        index = load_index(shelf)
        taken, found = take_tokens(index), []
        for coding in CODINGS:
            with _coded(coding, taken) as held:
                found.append(_ranked(index, wanted, ablation_retrieval.by_source, coding.name, held))
    return status, f"## {collection.name}: {len(wanted)} dev queries\n\n{_table(found)}"


@contextmanager
def _coded(coding: Coding, taken: dict[int, Taken]) -> Iterator[float]:
    """Put a coding in production's place; gives its bytes a passage."""
    codes = {id_: coding.code(one) for id_, one in taken.items()}
    with exchanged(stand_in(coding, codes)):
        yield size(codes)


def _ranked(index: Index, wanted: Sequence[Wanted], named: Named, name: str, held: float) -> Measured:
    times: list[float] = []

    def timed(query: QueryTokens, groups: Sequence[Sequence[Bits]], core: Core | None) -> Matches:
        started = time.perf_counter()
        found = paper_matches(query, groups, core)
        times.append((time.perf_counter() - started) * 1000)
        return found

    queries = encode_queries(index, [one.text for one in wanted])
    values: dict[str, Values] = {}
    for title, pieces in (("nDCG@10", ()), ("late interaction alone", _ALONE)):
        with exchanged([*pieces, Piece(search, "paper_matches", timed)]):
            rankings = [named(search.rank(index, query, _DEPTH).hits) for query in queries]
        gains = [ndcg_at(found, one.grades, _DEPTH) or 0.0 for found, one in zip(rankings, wanted, strict=True)]
        values[title] = as_values(gains)
        first = [r[0] in one.grades for r, one in zip(rankings, wanted, strict=True) if one.group == "concept"]
        if first and not pieces:
            values["concept R@1"] = as_values([float(right) for right in first])
    return Measured(name, held, percentile(times, 50) or 0.0, values)


def _quoted(library: Library, questions: Sequence[Question]) -> dict[str, Values]:
    (answers,) = ablation_quoting.run(library, questions, [Variant("")])
    return {"facts": answers.values("fact_recall"), "citations": answers.values("citation_precision")}


def _judged(library: Library, questions: Sequence[Question]) -> dict[str, float | None]:
    heard = ablation_abstaining.listen(library, questions)
    (found,) = ablation_abstaining.run(heard, [Variant("")])
    answerable = found.confidence([question.answerable for question in questions])
    off, near = (found.confidence([q.type == kind for q in questions]) for kind in ("off", "near"))
    return {
        "off refused": recall_at_refusals(answerable, off, _REFUSED),
        "off AUROC": auroc(answerable, off),
        "near AUROC": auroc(answerable, near),
    }


def _questions(corpus: Corpus, library: Library) -> list[Question]:
    """Give the dev questions of the shipped set and of the further files beside it."""
    titles = [paper.title for paper in library.papers(limit=-1)[0]]
    further = [path for path in (*shipped_quoting(), *shipped_followups()) if path.stem.endswith(f"-{corpus.name}")]
    sets = (select(within(read_questions(path), titles), "dev") for path in further)
    return [*corpus.questions, *(question for given in sets for question in given.questions)]


def _table(measured: Sequence[Measured]) -> str:
    before = measured[0]
    compared = [cell for name in before.values for cell in (name, "p")]
    head = ["codes", "bytes", "ms", *compared, *before.judged]
    rows = []
    for one in measured:
        pairs = [(figure(values.mean()), changed(values, before.values[name])) for name, values in one.values.items()]
        told = [cell for pair in pairs for cell in pair] + [figure(value) for value in one.judged.values()]
        rows.append([one.name, f"{one.size:,.0f}", f"{one.ms:.1f}", *told])
    return table(head, rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the page, and keep it where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", type=Path, metavar="FOLDER", help="listing dumps")
    parser.add_argument("--beir", type=Path, metavar="FOLDER", help="a collection in BEIR's layout")
    parser.add_argument("--work", type=Path, metavar="FOLDER", help="where the libraries are built and found again")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="keep the page here")
    options = parser.parse_args(arguments)
    work = options.work or user_cache_path("citewell", appauthor=False) / "ablation"
    embedder = open_embedder(Settings(work))
    corpora = open_corpora(work, options.seeds, embedder)
    libraries = [(corpus.name, corpus.status) for corpus in corpora]
    parts = [_NOTE, *(on_questions(corpus, embedder) for corpus in corpora)]
    if options.beir is not None:
        status, part = on_collection(options.beir, work, embedder)
        libraries.append((options.beir.resolve().name, status))
        parts.append(part)
    named = [("--seeds", options.seeds), ("--beir", options.beir)]
    command = "".join(f" {option} FOLDER" for option, folder in named if folder is not None)
    told = f"python -m eval.benchmarks.token_codes{command}"
    made = page("Token codes: how small", told, libraries, [*parts, TOKEN_CODES])
    sys.stdout.write(made)
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / FILE).write_text(made, "utf-8")


_NOTE = (
    "bytes: of a passage in the file of codes, in the layout of today; until format 2 the first row's codes took 56 "
    "bytes a token.  ms: median of the products of one pool, about 100 papers.  late interaction alone: nDCG@10 of the "
    "pool ordered by it.  facts and citations: fact recall and citation precision of quoted answers with a judge that "
    "refuses nothing.  off refused: questions about nothing here that are refused where 1% of the answerable are.  p: "
    "the probability of such a difference from the first row by chance, question by question; “=” where none differs."
)


if __name__ == "__main__":
    main()

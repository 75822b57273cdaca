"""Does every piece of search, quoting and abstaining earn its place?  Production against itself with one piece off.

    python -m eval.benchmarks.ablation retrieval --seeds FOLDER --beir FOLDER … [--work FOLDER] [--out FOLDER]
    python -m eval.benchmarks.ablation quoting --seeds FOLDER
    python -m eval.benchmarks.ablation abstaining --seeds FOLDER

``--seeds`` names listing dumps that the shipped seed questions ask about, ``--beir`` a collection in BEIR's layout, as
often as there are some (``tagged`` makes one); the starter library is always measured.  Prints markdown; with ``--out``
the pages are kept in a folder, by their names in ``eval/results``.  Uses the dev half of the question files only.  The
pages hold figures, and no question, title or abstract.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from eval import beir
from eval.benchmarks import ablation_abstaining, ablation_lists, ablation_quoting, ablation_retrieval
from eval.benchmarks.ablation_retrieval import Wanted
from eval.benchmarks.corpora import Corpus, ask_only, open_corpora
from eval.benchmarks.left_out import ABSTAINING, LISTS, QUOTING, RETRIEVAL
from eval.benchmarks.tables import page
from eval.collection import Collection, read_collection
from index_store.index import load_index
from index_store.library import Library, Status
from index_store.protocols import Embedder
from index_store.shelf import open_shelf
from rag.assemble import open_embedder
from rag.settings import Settings

FILES = {
    "retrieval": "retrieval-ablation.md",
    "quoting": "quoting.md",
    "abstaining": "abstaining.md",
    "lists": "lists.md",
}

_DIFFERS = "p: the probability of such a difference from production by chance, query by query; “=” where none differs."


@dataclass(frozen=True, slots=True)
class Place:
    """Where the libraries lie, what is read into them, and the embedder that they are built with."""

    work: Path
    seeds: Path | None
    beir: tuple[Path, ...]
    embedder: Embedder


def retrieval(place: Place) -> str:
    """Measure the search on the collections, the seeds and the starter library."""
    libraries, parts = [], [_RETRIEVAL_NOTE]
    for folder in place.beir:
        status, part = _collection(read_collection(folder), place)
        libraries.append((folder.resolve().name, status))
        parts.append(part)
    for corpus in _corpora(place):
        libraries.append((corpus.name, corpus.status))
        with closing(Library.open(corpus.folder, place.embedder)) as library:
            wanted = ablation_retrieval.from_questions(ask_only(library, corpus.questions))
        with closing(open_shelf(corpus.folder, place.embedder)) as shelf:
            index = load_index(shelf)
            variants = [*ablation_retrieval.variants(), ablation_retrieval.float_variant(index)]
            measured = ablation_retrieval.run(index, wanted, variants, ablation_retrieval.by_title)
        found = ablation_retrieval.question_table(wanted, measured)
        parts.append(f"## {corpus.name}: {len(wanted)} answerable dev questions\n\n{found}")
    return page("Search: what each piece earns", _command("retrieval", place), libraries, [*parts, RETRIEVAL])


def _collection(collection: Collection, place: Place) -> tuple[Status, str]:
    folder = beir.cache_folder(collection, place.work, place.embedder)
    beir.build(collection, folder, place.embedder)
    wanted = [Wanted(text, half(id_), collection.judgements[id_]) for id_, text in collection.queries.items()]
    with closing(Library.open(folder, place.embedder)) as library:
        status = library.status()
    with closing(open_shelf(folder, place.embedder)) as shelf:
        index = load_index(shelf)
        variants = ablation_retrieval.variants()
        measured = ablation_retrieval.run(index, wanted, variants, ablation_retrieval.by_source)
    heading = f"## {collection.name}: {len(wanted)} queries, {sum(w.group == 'dev' for w in wanted)} of them dev"
    return status, f"{heading}\n\n{ablation_retrieval.collection_table(wanted, measured)}"


def half(id_: str) -> str:
    """Tell which half a query falls into: ``dev``, which the method was developed on, or ``test``."""
    return "test" if int(hashlib.md5(id_.encode(), usedforsecurity=False).hexdigest(), 16) % 2 else "dev"


def quoting(place: Place) -> str:
    """Measure the quoter on the seeds and the starter library."""
    libraries, parts = [], [_QUOTING_NOTE]
    for corpus in _corpora(place):
        libraries.append((corpus.name, corpus.status))
        with closing(Library.open(corpus.folder, place.embedder)) as library:
            variants = ablation_quoting.variants(place.embedder)
            measured = ablation_quoting.run(library, corpus.questions, variants)
        answered = (
            f"{len(measured[0].rows)} answerable dev questions, {len(measured[0].values('fact_recall'))} with facts"
        )
        parts.append(f"## {corpus.name}: {answered}\n\n{ablation_quoting.quoting_table(measured)}")
    return page("Quoting: what each piece earns", _command("quoting", place), libraries, [*parts, QUOTING])


def abstaining(place: Place) -> str:
    """Measure the judge on the seeds and the starter library."""
    libraries, parts = [], [_ABSTAINING_NOTE]
    for corpus in _corpora(place):
        libraries.append((corpus.name, corpus.status))
        with closing(Library.open(corpus.folder, place.embedder)) as library:
            heard = ablation_abstaining.listen(library, corpus.questions)
            plain = ablation_abstaining.run_plain(ablation_abstaining.with_plain_probes(library, heard))
            bare = ablation_abstaining.run_bare(ablation_abstaining.with_bare_probes(library, heard))
        measured = [*ablation_abstaining.run(heard, ablation_abstaining.variants()), plain, bare]
        found = ablation_abstaining.abstaining_table(heard.asked, measured)
        parts.append(f"## {corpus.name}: {len(heard.asked)} dev questions\n\n{found}")
    return page("Abstaining: what each piece earns", _command("abstaining", place), libraries, [*parts, ABSTAINING])


def lists(place: Place) -> str:
    """Measure the lists of papers on the seeds and the starter library."""
    libraries, parts = [], [_LISTS_NOTE]
    for corpus in open_corpora(place.work, place.seeds, place.embedder):
        libraries.append((corpus.name, corpus.status))
        with closing(Library.open(corpus.folder, place.embedder)) as library:
            measured = ablation_lists.run(library, corpus.lists, ablation_lists.variants())
        parts.append(f"## {corpus.name}: {len(corpus.lists)} dev questions\n\n{ablation_lists.lists_table(measured)}")
    return page("Lists: what each piece earns", _command("lists", place), libraries, [*parts, LISTS])


BENCHMARKS: dict[str, Callable[[Place], str]] = {
    "retrieval": retrieval,
    "quoting": quoting,
    "abstaining": abstaining,
    "lists": lists,
}

_RETRIEVAL_NOTE = (
    "Every row is the production search with the named piece off or exchanged; all take the best 10 papers.  A "
    "collection's halves are told apart by the hash of the query's id; choices were made on dev.  Follow-ups are "
    "searched in the form that production gives them.  R@k: recall in the first k.  ms: median of the ranking, the "
    f"query already encoded.  {_DIFFERS}"
)
_QUOTING_NOTE = (
    "Answers of the production assistant, with a judge that refuses nothing.  facts: share of the facts stated; "
    f"citations: share of the citations that name a right paper; words: median of an answer.  {_DIFFERS}"
)
_LISTS_NOTE = (
    "Questions that ask for all papers on something, with every paper that must be in the list, and those that may be, "
    f"which count neither way.  Means over the questions.  {_DIFFERS}"
)
_ABSTAINING_NOTE = (
    "Each variant is calibrated anew on production's probes and has its own threshold by production's rule.  AUROC: "
    "how well the confidence tells the answerable questions from those about nothing here (off), and from those whose "
    "paper does not say (near).  change: 95% interval of the difference from production over questions; “=” where none "
    "differs."
)


def _corpora(place: Place) -> list[Corpus]:
    return open_corpora(place.work, place.seeds, place.embedder)


def _command(name: str, place: Place) -> str:
    """Give the command without the machine's folders."""
    seeds, collections = place.seeds is not None, len(place.beir) if name == "retrieval" else 0
    options = " --seeds FOLDER" * seeds + " --beir FOLDER" * collections
    return f"python -m eval.benchmarks.ablation {name}{options}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one ablation, print its page, and keep it where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("benchmark", choices=BENCHMARKS)
    parser.add_argument("--seeds", type=Path, metavar="FOLDER", help="listing dumps")
    told = "a collection in BEIR's layout; may be given again"
    parser.add_argument("--beir", type=Path, metavar="FOLDER", action="append", default=[], help=told)
    parser.add_argument("--work", type=Path, metavar="FOLDER", help="where the libraries are built and found again")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="keep the page here")
    options = parser.parse_args(arguments)
    work = options.work or user_cache_path("citewell", appauthor=False) / "ablation"
    place = Place(work, options.seeds, tuple(options.beir), open_embedder(Settings(work)))
    made = BENCHMARKS[options.benchmark](place)
    sys.stdout.write(made)
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / FILES[options.benchmark]).write_text(made, "utf-8")


if __name__ == "__main__":
    main()

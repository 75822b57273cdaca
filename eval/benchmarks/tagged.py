"""A collection in which a query has many right papers: a reader's own library, with tags as queries.

    pip download --no-deps --no-binary :all: cherche==2.2.1 && tar xf cherche-2.2.1.tar.gz
    python -m eval.benchmarks.tagged cherche-2.2.1/cherche/data/semanlink FOLDER [--titles-only]

The reader is F.-P. Servant, whose tags of 314 arXiv papers (semanlink.net) come with the package cherche (R. Sourty and
F.-P. Servant).  A tag that 2 to 25 papers have is a query, its name the text, those papers the right ones.  Names of
people and conferences are among them, which no abstract tells; so compare, and do not take a figure for itself.  With
``--titles-only`` every other paper has no abstract, as in collections of older papers.  Writes BEIR's layout.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_FEWEST, _MOST = 2, 25  # papers of a tag; beyond it says what the library is about, not what is looked for


def write(source: Path, folder: Path, *, titles_only: bool = False) -> tuple[int, int]:
    """Make the collection in ``folder`` of the files ``arxiv.json`` and ``tags.json``; gives its papers and queries."""
    papers: list[dict[str, Any]] = json.loads((source / "arxiv.json").read_text("utf-8"))
    tags: dict[str, dict[str, Any]] = json.loads((source / "tags.json").read_text("utf-8"))
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    tagged: dict[str, list[str]] = {}
    corpus = []
    for paper in papers:
        id_ = str(paper["arxiv_num"])
        abstract = " ".join(paper["arxiv_summary"].split())
        bare = titles_only and hashlib.sha256(id_.encode()).digest()[0] % 2
        corpus.append({"_id": id_, "title": " ".join(paper["arxiv_title"].split()), "text": "" if bare else abstract})
        for tag in set(paper["tag"]):
            tagged.setdefault(tag, []).append(id_)
    right = {tag: ids for tag, ids in sorted(tagged.items()) if tag in tags and _FEWEST <= len(ids) <= _MOST}
    queries = [{"_id": tag.rpartition("/")[2], "text": tags[tag]["prefLabel"][0]} for tag in right]
    judged = [f"{query['_id']}\t{id_}\t1" for query, ids in zip(queries, right.values(), strict=True) for id_ in ids]
    for name, lines in (("corpus", corpus), ("queries", queries)):
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (folder / f"{name}.jsonl").write_text(text, "utf-8")
    (folder / "qrels" / "test.tsv").write_text("\n".join(["query-id\tcorpus-id\tscore", *judged, ""]), "utf-8")
    return len(corpus), len(queries)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the collection and tell what it holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("source", type=Path, help="the folder of arxiv.json and tags.json")
    parser.add_argument("folder", type=Path, help="where the collection is written")
    parser.add_argument("--titles-only", action="store_true", help="leave out every other abstract")
    options = parser.parse_args(arguments)
    papers, queries = write(options.source, options.folder, titles_only=options.titles_only)
    sys.stdout.write(f"{papers} papers, {queries} queries in {options.folder}\n")


if __name__ == "__main__":
    main()

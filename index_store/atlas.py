"""The atlas: where each paper of a library lies on a map, and what its regions are about.

Drawn from the vectors that the library holds, without the embedder, and kept in one file beside the library, named by
the digest of what it shows.  Up to ``MOST_PLACED`` papers are placed, chosen as if at random.  Knows no page.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index_store import manifest
from index_store.catalogue import Catalogue
from index_store.durable import replace_file
from index_store.errors import LibraryDamaged
from index_store.index import means
from index_store.labels import label_clusters, voters
from index_store.layout import Clusters, Places, lay_out
from index_store.manifest import Manifest
from index_store.protocols import Ids, VectorIndex, Vectors
from index_store.servers import ChromaServer
from index_store.shelf import place_of
from index_store.vector_server import open_vectors

MOST_PLACED = 100_000
_FORMAT = 1
_PAGE = 10_000  # papers whose vectors are in memory at a time


@dataclass(frozen=True, slots=True)
class Atlas:
    """The places of ``n`` papers, in an order that is as good as random.

    ``places`` (n, 2) in [0, 1]; ``clusters`` (n,) numbers into ``labels``, the largest first; a label is a few
    terms.  ``papers``: how many the library held; ``digest``: see ``digest_of``.
    """

    digest: str
    papers: int
    ids: tuple[str, ...]
    titles: tuple[str, ...]
    years: tuple[int | None, ...]
    places: Places
    clusters: Clusters
    labels: tuple[tuple[str, ...], ...]


def digest_of(published: Manifest) -> str:
    """Digest what places come from: the papers' texts and the embedder."""
    return hashlib.sha256(f"{published.digest} {published.recipe.embedder_digest}".encode()).hexdigest()


def draw(folder: Path, server: ChromaServer | None = None) -> Atlas | None:
    """Draw the library in ``folder`` as it is published now; None where it is empty or was never published.

    A library that a build or a rebuild changes meanwhile may raise ``LibraryDamaged``: draw it again.
    """
    place = place_of(folder)
    published = manifest.read(place / "manifest.json")
    if published is None or not published.papers:
        return None
    with (
        closing(Catalogue(place / "catalogue.sqlite3")) as catalogue,
        closing(open_vectors(place / "vectors", published.recipe.dim, server)) as vectors,
    ):
        return draw_from(catalogue, vectors, published)


def draw_from(catalogue: Catalogue, vectors: VectorIndex, published: Manifest) -> Atlas | None:
    """Draw what a catalogue and its vectors hold; None where no paper has a vector."""
    rows = catalogue.titles(MOST_PLACED)
    wanted = np.array([row[0] for row in rows], np.int64)
    held, means_of_papers = paper_vectors(catalogue, vectors, wanted)
    known = dict(zip(held.tolist(), range(len(held)), strict=True))
    rows = [row for row in rows if row[0] in known]
    if not rows:
        return None
    numbers = [row[0] for row in rows]
    places, clusters = lay_out(means_of_papers[[known[number] for number in numbers]])
    return Atlas(
        digest=digest_of(published),
        papers=published.papers,
        ids=tuple(row[1] for row in rows),
        titles=tuple(row[2] for row in rows),
        years=tuple(row[3] for row in rows),
        places=places,
        clusters=clusters,
        labels=_labels(catalogue, numbers, clusters),
    )


def paper_vectors(catalogue: Catalogue, vectors: VectorIndex, wanted: Ids) -> tuple[Ids, Vectors]:
    """Give the papers among ``wanted`` that have vectors, ascending, and their means: ``(n,)`` and ``(n, dim)``."""
    table = catalogue.passage_table()
    stored = np.fromiter(vectors.ids(), np.int64)
    table = table[np.isin(table[:, 0], stored) & np.isin(table[:, 1], wanted)]
    table = table[np.lexsort((table[:, 0], table[:, 1]))]
    numbers, first = np.unique(table[:, 1], return_index=True)
    edges = np.append(first, len(table))
    parts = [np.zeros((0, 0), np.float32)]
    for start in range(0, len(numbers), _PAGE):
        page = edges[start : start + _PAGE + 1]
        rows = vectors.get(table[page[0] : page[-1], 0].tolist())
        parts.append(means(rows, page[:-1] - page[0]))
    return numbers, np.concatenate(parts[1:] or parts)


def save(atlas: Atlas, file: Path) -> None:
    """Write an atlas in one step: a reader meets the old file, none, or the whole.  Raises ``StorageError``."""
    words = {
        "format": _FORMAT,
        "digest": atlas.digest,
        "papers": atlas.papers,
        "ids": atlas.ids,
        "titles": atlas.titles,
        "years": atlas.years,
        "labels": atlas.labels,
    }
    stream = io.BytesIO()
    written = np.frombuffer(json.dumps(words).encode(), np.uint8)
    np.savez_compressed(stream, places=atlas.places, clusters=atlas.clusters, words=written)
    replace_file(file, stream.getvalue(), make_folder=True)


def load(file: Path) -> Atlas | None:
    """Read an atlas; None where there is none, or none that this version can read."""
    try:
        with np.load(io.BytesIO(file.read_bytes()), allow_pickle=False) as found:
            words = json.loads(found["words"].tobytes())
            if words["format"] != _FORMAT:
                return None
            return Atlas(
                digest=words["digest"],
                papers=words["papers"],
                ids=tuple(words["ids"]),
                titles=tuple(words["titles"]),
                years=tuple(words["years"]),
                places=found["places"],
                clusters=found["clusters"],
                labels=tuple(map(tuple, words["labels"])),
            )
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return None


def _labels(catalogue: Catalogue, numbers: Sequence[int], clusters: Clusters) -> tuple[tuple[str, ...], ...]:
    heard = voters(clusters)
    papers = catalogue.papers_by_number([numbers[position] for position in heard.tolist()])
    if len(papers) < len(heard):
        raise LibraryDamaged("Papers were removed while the map was drawn. Open the map again.")
    return tuple(label_clusters([papers[numbers[position]] for position in heard.tolist()], clusters[heard]))

"""The build: read, catalogue, chunk, embed, publish.  Killed at any moment it leaves a library that opens, and the next
run completes it.

The order makes that so.  Papers and the cuts of their passages enter the catalogue in one transaction; a passage is
marked as indexed after its vector and its words are on disk; passages whose text is gone stay on a list until the
indexes have forgotten them; the manifest is written last.  Whatever a crash leaves half-done is on one of these lists.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from index_store import manifest, starter
from index_store.catalogue import Catalogue
from index_store.departures import Departed, Trail
from index_store.engine import Engine, Here
from index_store.intake import Intake
from index_store.manifest import Manifest
from index_store.protocols import Embedder
from index_store.shelf import Shelf, note_recipe
from index_store.storing import forget_stale, gathered, per_write, shorten, store
from index_store.types import Entry, Paper, Rejection

# Called with (stage, done, total); total is None where it is not known yet.
Progress = Callable[[str, int, int | None], None]

_ENTRIES_PER_TRANSACTION = 500
_PASSAGES_PER_BATCH = 256  # embedded together
_STATE = "build"  # catalogue meta: "open" while a run is under way, so that the next one knows it was cut short


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What a run did: entries by outcome, what was rejected and why, and what the library holds afterwards.

    ``departed`` are papers that the files have no longer; they are in the library until somebody removes them.
    """

    read: int
    added: int
    updated: int
    unchanged: int
    merged: int
    rejected: tuple[Rejection, ...]
    papers: int
    passages: int
    seconds: float
    departed: tuple[Departed, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Give the report as the JSON document of ``citewell index --json``; ``gone`` only where there is any."""
        rejected = [{"path": str(r.path), "line": r.line, "reason": r.reason} for r in self.rejected]
        gone = {"gone": [asdict(each) for each in self.departed]} if self.departed else {}
        names = ("read", "added", "updated", "unchanged", "merged", "rejected", "papers", "passages", "seconds")
        return {name: getattr(self, name) for name in names} | {"rejected": rejected} | gone


def silent(_stage: str, _done: int, _total: int | None) -> None:
    """Report no progress."""


def index_paths(
    shelf: Shelf,
    paths: Sequence[Path],
    collection: str | None = None,
    progress: Progress = silent,
    engine: Engine | None = None,
) -> IndexReport:
    """Read files and folders into the library.  The caller holds the write lock.

    ``engine`` reads, cuts and embeds; None does that in this process.

    A first paper of the user's own makes the starter library leave.  What cannot be read is in the report; the rest is
    indexed.  Raises ``StorageError``, ``LibraryDamaged`` or ``EmbedderError``; what was done until then stays and is
    completed by the next run.
    """
    trail = Trail(paths)
    engine = engine or Here(shelf.embedder)
    entries = trail.follow(engine.read(paths))
    return index_entries(shelf, _making_room(shelf, entries), collection, progress, trail, engine)


def index_entries(
    shelf: Shelf,
    entries: Iterable[Entry | Rejection],
    collection: str | None = None,
    progress: Progress = silent,
    trail: Trail | None = None,
    engine: Engine | None = None,
) -> IndexReport:
    """Take entries into the library and publish them; ``trail`` has seen them pass.  See ``index_paths``."""
    started = time.monotonic()
    begin(shelf)
    engine = engine or Here(shelf.embedder)
    intake = Intake(shelf.catalogue, collection)
    counts, rejected = _take_in(shelf, entries, intake, engine, progress)
    publish(shelf, progress, engine)
    return IndexReport(
        read=sum(counts.values()),
        added=counts["added"],
        updated=counts["updated"],
        unchanged=counts["unchanged"],
        merged=counts["merged"],
        rejected=tuple(rejected),
        papers=len(shelf.catalogue),
        passages=shelf.catalogue.passage_count(),
        seconds=round(time.monotonic() - started, 3),
        departed=trail.departed(shelf.catalogue, intake.seen) if trail else (),
    )


def begin(shelf: Shelf) -> None:
    """Open a run: note the recipe, and reconcile the indexes first unless the last run was finished.

    A catalogue that has seen no run may stand beside the indexes of one that was moved away.
    """
    interrupted = shelf.catalogue.meta(_STATE) != "done"
    with shelf.catalogue.transaction():
        note_recipe(shelf.catalogue, shelf.embedder)
        shelf.catalogue.set_meta(_STATE, "open")
    if interrupted:
        reconcile(shelf)
        forget_stale(shelf)  # now: the ids of passages that a lost catalogue gave out are about to be given again


def was_cut_short(catalogue: Catalogue) -> bool:
    """Tell whether the last run did not come to its end."""
    return catalogue.meta(_STATE) == "open"


def publish(shelf: Shelf, progress: Progress = silent, engine: Engine | None = None) -> None:
    """Bring the indexes up to the catalogue and write the manifest."""
    catalogue, engine = shelf.catalogue, engine or Here(shelf.embedder)
    _cut_uncut(shelf, engine)
    done, total, held = 0, catalogue.waiting_count(), catalogue.passage_count()
    enough = per_write(held)
    shorten(shelf, held, progress)
    progress("embedding", done, total)
    while waiting := catalogue.waiting(max(enough, _PASSAGES_PER_BATCH * engine.batches_at_once)):
        batches = [waiting[i : i + _PASSAGES_PER_BATCH] for i in range(0, len(waiting), _PASSAGES_PER_BATCH)]
        for group in gathered(engine.embed(batches), enough):
            store(shelf, group, held)
            done += sum(len(batch) for batch, _ in group)
            progress("embedding", done, total)
    forget_stale(shelf)
    write_manifest(shelf)


def write_manifest(shelf: Shelf) -> None:
    """Close a run: everything it promised is on disk."""
    catalogue = shelf.catalogue
    written_at = datetime.now(UTC).isoformat(timespec="seconds")
    made = Manifest(shelf.recipe, len(catalogue), catalogue.passage_count(), catalogue.digest(), written_at)
    manifest.write(shelf.manifest_path, made)
    with catalogue.transaction():
        catalogue.set_meta(_STATE, "done")


def reconcile(shelf: Shelf) -> tuple[int, int]:
    """Compare the indexes with the catalogue and list the differences as work for ``publish``.

    Returns how many passages an index lacks and how many it has too many.
    """
    catalogue = shelf.catalogue
    owners = dict(catalogue.passage_table().tolist())
    vectors, tokens, lexical = shelf.vectors.ids(), shelf.tokens.ids(), shelf.lexical.ids()
    missing = [id_ for id_, number in owners.items() if id_ not in vectors & tokens or number not in lexical]
    extra = sorted((vectors | tokens) - owners.keys())
    shelf.lexical.delete(lexical - set(owners.values()))
    with catalogue.transaction():
        catalogue.mark_indexed(missing, indexed=False)
        catalogue.add_stale(extra)
    return len(missing), len(extra)


def begin_afresh(catalogue: Catalogue, embedder: Embedder) -> None:
    """Open a run that makes all indexes of a catalogue that has none, with cuts of its own."""
    with catalogue.transaction():
        catalogue.set_meta(_STATE, "open")
        catalogue.forget_passages()
        note_recipe(catalogue, embedder)


def _making_room(shelf: Shelf, entries: Iterable[Entry | Rejection]) -> Iterator[Entry | Rejection]:
    """Remove the starter library when the first paper of the user's own comes, so that no summary stands in for it."""
    first = True
    for item in entries:
        if first and isinstance(item, Entry):
            shelf.catalogue.remove(shelf.catalogue.numbers_only_from(str(starter.SOURCE)))
            first = False
        yield item


def _take_in(
    shelf: Shelf, entries: Iterable[Entry | Rejection], intake: Intake, engine: Engine, progress: Progress
) -> tuple[Counter[str], list[Rejection]]:
    counts = Counter[str]()
    rejected: list[Rejection] = []
    remaining = iter(entries)
    more = True
    while more:
        more = False
        with shelf.catalogue.transaction():
            for _ in range(_ENTRIES_PER_TRANSACTION):
                item = next(remaining, None)
                if item is None:
                    break
                more = True
                if isinstance(item, Rejection):
                    rejected.append(item)
                    continue
                outcome, paper = intake.add(item)
                counts[outcome] += 1
                if paper is not None:
                    _cut(shelf, paper, engine)
            shelf.catalogue.learn_words()
        progress("reading", sum(counts.values()), None)
    return counts, rejected


def _cut(shelf: Shelf, paper: Paper, engine: Engine) -> None:
    shelf.catalogue.set_passages(paper.id, engine.cut(paper.title, paper.abstract))


def _cut_uncut(shelf: Shelf, engine: Engine) -> None:
    """Cut the papers that have no passages: those of a catalogue that a rebuild has copied without its cuts."""
    last = 0  # going by number ends also where an abstract gives no passage
    while numbers := shelf.catalogue.uncut(last, _ENTRIES_PER_TRANSACTION):
        with shelf.catalogue.transaction():
            for paper in shelf.catalogue.papers_by_number(numbers).values():
                _cut(shelf, paper, engine)
        last = numbers[-1]

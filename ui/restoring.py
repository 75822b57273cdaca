"""Bringing a home back from a backup, with its indexes.  Knows no page."""

from __future__ import annotations

from pathlib import Path

from index_store.backup import Backup, restore
from index_store.doctor import repair
from rag.assemble import open_embedder
from rag.settings import resolve
from ui.progress import bars


def restore_home(home: Path | None, file: Path, *, force: bool) -> tuple[Backup, Path | None]:
    """Restore ``file`` into ``home``; gives what it was, and where the former contents are now.

    The indexes are made with the settings that the backup holds.
    """
    with bars() as progress:

        def complete(library: Path) -> None:
            settings = resolve({"home": library.parent})
            repair(library, open_embedder(settings), progress, settings.chroma)

        return restore(file, resolve({"home": home}).home, complete, force=force, progress=progress)

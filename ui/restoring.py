"""Bringing a home back from a backup, with its indexes.  Knows no page."""

from __future__ import annotations

from pathlib import Path

from index_store.backup import Backup, restore
from index_store.doctor import repair
from rag.assemble import open_embedder
from rag.settings import resolve
from ui.announcing import refuse_running
from ui.progress import bars


def restore_home(home: Path | None, file: Path, *, force: bool) -> tuple[Backup, Path | None]:
    """Restore ``file`` into ``home``; gives what it was, and where the former contents are now.

    The indexes are made with the settings that the backup holds.  Raises ``LibraryLocked`` while a server uses the
    home: it would go on with the former contents, and what users write there would be lost to the restored ones.
    """
    place = resolve({"home": home}).home
    refuse_running(place)
    with bars() as progress:

        def complete(library: Path) -> None:
            settings = resolve({"home": library.parent})
            repair(library, open_embedder(settings), progress, settings.chroma)
            refuse_running(place)  # one may have been started meanwhile

        return restore(file, place, complete, force=force, progress=progress)

"""The map on its way: drawn in a process of its own, so that no answer waits for it, and kept beside the library.

``HOME/atlas/NAME.npz`` is an atlas, ``NAME.json`` its figures; the name is the beginning of the atlas's digest.
While a changed library is drawn anew, the last map is shown.  ``python -m ui.drawing LIBRARY FOLDER`` draws;
it reads from stdin, as JSON, where on a Chroma server the vectors are, null for beside the papers.

Knows no page.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from index_store import atlas as atlases
from index_store import manifest
from index_store.atlas import Atlas
from index_store.durable import replace_file
from index_store.errors import CitewellError, LibraryDamaged, LibraryError, StorageError
from index_store.servers import ChromaServer
from index_store.shelf import place_of

State = Literal["empty", "drawing", "ready", "failed"]
Draw = Callable[[Path, Path], None]

_NAME = re.compile(r"[0-9a-f]{16}")
_MOST_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Sheet:
    """What there is to see now: ``atlas`` may be of an earlier state of the library unless ``ready``."""

    state: State
    atlas: Atlas | None = None
    message: str = ""

    @property
    def name(self) -> str | None:
        return None if self.atlas is None else _name(self.atlas.digest)


class Drawings:
    """The map of one library.  Safe to share between threads."""

    def __init__(self, library: Path, folder: Path, draw: Draw | None = None) -> None:
        """``library`` is the library's folder, ``folder`` where maps are kept; ``draw`` fills the second from it."""
        self._library, self._folder = library, folder
        self._draw = draw or draw_apart
        self._lock = threading.Lock()
        self._atlas: Atlas | None = None
        self._drawn: str | None = None  # the digest being drawn, or the one that failed
        self._failure = ""
        self._worker: threading.Thread | None = None

    def sheet(self) -> Sheet:
        """Give the map as far as it is; begins to draw where it is not that of the library now."""
        try:
            published = manifest.read(place_of(self._library) / "manifest.json")
        except (LibraryError, StorageError) as exc:
            return Sheet("failed", message=str(exc))
        if published is None or not published.papers:
            return Sheet("empty")
        digest = atlases.digest_of(published)
        with self._lock:
            self._look_up(digest)
            if self._atlas is not None and self._atlas.digest == digest:
                return Sheet("ready", self._atlas)
            if self._worker is not None and self._worker.is_alive():
                return Sheet("drawing", self._atlas)
            if self._drawn == digest and self._failure:
                return Sheet("failed", self._atlas, self._failure)
            self._drawn, self._failure = digest, ""
            self._worker = threading.Thread(target=self._work, name="drawing the map", daemon=True)
            self._worker.start()
            return Sheet("drawing", self._atlas)

    def again(self) -> None:
        """Forget that drawing failed."""
        with self._lock:
            self._failure = ""

    def figure(self, name: str) -> Path | None:
        """Give the file with the figures of a map, None where there is no such map."""
        file = self._folder / f"{name}.json"
        return file if _NAME.fullmatch(name) and file.exists() else None

    def _look_up(self, digest: str) -> None:
        """Take up the map of ``digest`` where it is on the disk, else any: the library has changed since."""
        if self._atlas is not None and self._atlas.digest == digest:
            return
        found = atlases.load(self._folder / f"{_name(digest)}.npz")
        if found is not None and found.digest == digest:
            self._atlas = found
        elif self._atlas is None:
            kept = sorted(self._folder.glob("*.npz")) if self._folder.is_dir() else []
            self._atlas = next((atlas for atlas in map(atlases.load, kept) if atlas is not None), None)

    def _work(self) -> None:
        try:
            self._draw(self._library, self._folder)
            failure = ""
        except CitewellError as exc:
            failure = str(exc)
        with self._lock:
            self._failure = failure


def draw_apart(library: Path, folder: Path, server: ChromaServer | None = None) -> None:
    """Draw in another process, in one thread and behind everything else.  Raises ``LibraryError`` where it fails."""
    # One thread: t-SNE's own wait for each other busily where the processor has other work, and take ten times as long.
    environ = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-m", "ui.drawing", str(library), str(folder)]
    place = json.dumps(server and asdict(server))  # by stdin: other users of the machine can read a command line
    try:
        done = subprocess.run(
            command, env=environ, input=place, capture_output=True, text=True, timeout=_MOST_SECONDS, check=False
        )
    except (OSError, subprocess.SubprocessError) as exc:
        raise LibraryError(f"The map could not be drawn: {exc}.") from exc
    if done.returncode:
        told = done.stderr.strip().splitlines() or [f"the process ended with {done.returncode}"]
        raise LibraryError(f"The map could not be drawn: {told[-1]}")


def draw_into(library: Path, folder: Path, server: ChromaServer | None = None) -> None:
    """Draw a library, keep the map with its figures, and remove earlier ones."""
    from ui.map_figure import figure_json

    atlas = atlases.draw(library, server)
    if atlas is None:
        raise LibraryDamaged(f"No paper in {library} is indexed yet. Run `citewell doctor --repair`.")
    name = _name(atlas.digest)
    replace_file(folder / f"{name}.json", figure_json(atlas).encode(), make_folder=True)
    atlases.save(atlas, folder / f"{name}.npz")  # last: it says that both are there
    for old in folder.iterdir():
        if old.stem != name and old.suffix in {".npz", ".json"}:
            with suppress(OSError):
                old.unlink()


def main(arguments: Sequence[str], place: str = "null") -> int:
    """Draw; ``place`` is the JSON from stdin; what goes wrong is one sentence on stderr."""
    if hasattr(os, "nice"):
        os.nice(10)
    try:
        server = json.loads(place)
        draw_into(Path(arguments[0]), Path(arguments[1]), server and ChromaServer(**server))
    except CitewellError as exc:
        print(exc, file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _name(digest: str) -> str:
    return digest[:16]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdin.read()))

"""Progress bars on stderr, for every command that takes a while.  Knows no library and no page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

if TYPE_CHECKING:
    from index_store.build import Progress


@contextmanager
def bars(asked: str = " questions") -> Iterator[Progress]:
    """Show a bar for each stage; where stderr is no terminal, keep quiet.  ``asked`` names what an evaluation asks."""
    shown: dict[str, tqdm[Any]] = {}

    def progress(stage: str, done: int, total: int | None) -> None:
        if stage not in shown:
            named = {"asking": asked, "fetching": " papers"}
            unit = named.get(stage) or (" passages" if total is not None else " entries")
            shown[stage] = tqdm(desc=stage.capitalize(), total=total, unit=unit, disable=None, leave=False)
        shown[stage].total = total
        shown[stage].update(done - shown[stage].n)

    try:
        yield progress
    finally:
        for bar in shown.values():
            bar.close()

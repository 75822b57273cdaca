"""What the page and the REST interface need of the assistant: the seam that ``rag.assistant.Assistant`` fits.

The tests' assistant, whose answers can be worked out by hand, fits it too.  Knows no implementation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from index_store.types import WHOLE_LIBRARY, Hit, Paper, Scope
from rag.types import Answer, Event, Request

if TYPE_CHECKING:
    from index_store.browsing import Order
    from index_store.records import Record


class Library(Protocol):
    """The papers that can be browsed."""

    def papers(
        self,
        *,
        offset: int = 0,
        limit: int = 50,
        query: str = "",
        scope: Scope = WHOLE_LIBRARY,
        order: Order = "title",
    ) -> tuple[list[Paper], int]:
        """Give one page of papers and how many there are in all."""
        ...

    def similar(self, paper_id: str, k: int = 5) -> tuple[Hit, ...]:
        """Give the papers nearest to a paper, best first."""
        ...

    def remove(self, paper_ids: Sequence[str]) -> list[str]:
        """Take papers out of the library; gives the ids of those that were there."""
        ...

    def remove_departed(self, paper_ids: Sequence[str]) -> list[str]:
        """Take papers out that no file has any more, until a file has them again."""
        ...

    def restore(self, paper_ids: Sequence[str]) -> list[str]:
        """Bring removed papers back; gives the ids of those that had been removed."""
        ...

    def records(self, paper_id: str) -> Sequence[Record]:
        """Give what each source of a paper says, the one that gave the text first."""
        ...

    def split(self, paper_id: str, sources: Sequence[str] = ()) -> tuple[Sequence[Paper], int]:
        """Take a paper apart; gives the papers that came of it, and a number that takes it back."""
        ...

    def merge(self, first: str, second: str) -> tuple[Sequence[Paper], int]:
        """Make one paper of two; gives it, and a number that takes it back."""
        ...

    def undo_parting(self, step: int) -> Sequence[Paper]:
        """Take back a ``split`` or a ``merge``; gives the papers it was about."""
        ...

    def paper(self, paper_id: str) -> Paper | None: ...

    def collections(self) -> Mapping[str, int]: ...

    def __len__(self) -> int: ...


class Assistant(Protocol):
    """Answers questions about a library.  Safe to call from several threads; failures are ``CitewellError``."""

    @property
    def library(self) -> Library: ...

    def ask(self, request: Request | str) -> Answer: ...

    def stream(self, request: Request) -> Iterator[Event]:
        """Give the papers found, pieces of the answer, the answer.  Closing the iterator stops the work."""
        ...

    def search(self, query: str, k: int = 10, scope: Scope = WHOLE_LIBRARY) -> tuple[Hit, ...]: ...

    def health(self) -> dict[str, Any]: ...

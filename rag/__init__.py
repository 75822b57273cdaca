"""Questions in, cited answers out.

>>> from rag import open_assistant
>>> answer = open_assistant().ask("How does FlashRNN use registers?")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.assistant import Assistant

__all__ = ["open_assistant"]


def open_assistant(**settings: Any) -> Assistant:
    """Open the assistant over the library in ``home`` (see ``rag.settings.Settings`` for all keywords).

    Raises ``SettingsError``, ``EmbedderError``, ``LibraryLocked``, ``LibraryMismatch``, ``LibraryDamaged``,
    ``StorageError`` or ``VectorServerError``.
    """
    from rag.assemble import assemble
    from rag.settings import resolve

    return assemble(resolve(settings))

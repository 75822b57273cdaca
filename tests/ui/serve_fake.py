"""Serves the page with the assistant of the tests: ``python -m tests.ui.serve_fake PORT [empty]``."""

from __future__ import annotations

import sys

from index_store.errors import CitewellError
from tests.ui.fake_assistant import FakeAssistant, FakeLibrary
from ui.server import serve

if __name__ == "__main__":
    shelf = FakeLibrary(()) if "empty" in sys.argv else FakeLibrary()
    try:
        serve(FakeAssistant(shelf), port=int(sys.argv[1]))
    except CitewellError as exc:
        sys.exit(str(exc))

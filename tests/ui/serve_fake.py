"""Serves the page with the assistant of the tests.

python -m tests.ui.serve_fake PORT [empty] [silent] [home=FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path

from index_store.errors import CitewellError
from rag.preferences import Preferences
from rag.settings import Settings
from tests.ui.fake_assistant import FakeAssistant, FakeLibrary, SilentAssistant
from ui.server import listen, serve_on

if __name__ == "__main__":
    shelf = FakeLibrary(()) if "empty" in sys.argv else FakeLibrary()
    assistant = SilentAssistant(shelf) if "silent" in sys.argv else FakeAssistant(shelf)
    homes = [word.removeprefix("home=") for word in sys.argv if word.startswith("home=")]
    try:
        with listen("127.0.0.1", int(sys.argv[1])) as listener:
            preferences = Preferences(Settings(Path(homes[0])), lambda _: None) if homes else None
            serve_on(listener, assistant, preferences=preferences)
    except CitewellError as exc:
        sys.exit(str(exc))

"""What the page works with besides the assistant: the settings, the map that is drawn, the runs on the library.

One for each server, shared by all users.  Knows no tab.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from fastapi import FastAPI

from rag.preferences import Preferences
from rag.settings import Settings
from ui.downloads import Downloads
from ui.drawing import Drawings, draw_apart
from ui.library_routes import build_library_router
from ui.map_routes import build_map_router
from ui.protocols import Library
from ui.runs import Runs


@dataclass(frozen=True, slots=True)
class Workshop:
    """The settings and the long-lived parts that belong to them."""

    preferences: Preferences
    drawings: Drawings
    runs: Runs
    downloads: Downloads

    @classmethod
    def open(cls, preferences: Preferences) -> Workshop:
        settings = preferences.settings
        drawings = Drawings(settings.library, settings.home / "atlas", partial(draw_apart, server=settings.chroma))
        return cls(preferences, drawings, Runs(settings.home), Downloads())

    @property
    def settings(self) -> Settings:
        return self.preferences.settings

    def add_routes(self, app: FastAPI, library: Library) -> None:
        """Let the page's scripts ask how far things are."""
        app.include_router(build_map_router(self.drawings))
        app.include_router(build_library_router(self.runs, library))

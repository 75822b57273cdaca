"""The Library tab: drag files in, watch them being read, name collections, see that the library is sound.

Wiring only: ``runs`` has the work done in a process of its own, ``library_page`` makes what is shown, ``library.js``
follows a run, so that every user sees it.  Knows no index.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from index_store.counting import counted
from index_store.doctor import examine
from index_store.errors import CitewellError, InputError
from index_store.library import Library
from index_store.memberships import MAX_NAME, clean_name, remove_collection, rename_collection
from rag.settings import Settings
from ui.desk import QUIET
from ui.disk import disk_use
from ui.jobs import Kind
from ui.library_page import contents_html, disk_html, health_html, said_html
from ui.runs import Runs
from ui.signals import name_of
from ui.uploads import MOST_BYTES, MOST_FILES, keep, let_go

_FOLLOW = """
element.addEventListener('citewell-stop', () => trigger('stop'));
element.addEventListener('citewell-over', () => trigger('over'));
"""
_MANAGE = "element.addEventListener('citewell-collection', (event) => trigger('manage', event.detail));"
_WHAT = (
    "<h2>Add papers</h2><p>BibTeX, RIS, CSL-JSON, EndNote, PubMed, JSON Lines, CSV, Parquet or listing pages, with"
    " abstracts;"
    f" up to {MOST_FILES} files of {MOST_BYTES // 1024**2} MB. Your first own papers replace the starter library.</p>"
)


class LibraryTab:
    """The library of one page.  Made inside an open ``gr.Tab``.  ``over``: when a run has ended."""

    def __init__(self, library: Library, settings: Settings, runs: Runs) -> None:
        self._library, self._settings, self._runs = library, settings, runs
        with gr.Row(elem_id="cw-library"):
            with gr.Column(elem_id="cw-intake", min_width=300):
                gr.HTML(_WHAT, apply_default_css=False)
                self._files = gr.File(label="Files", file_count="multiple", elem_id="cw-files", height=150)
                # Names to choose from are in a list beside the collections, which the script ties to this field.
                self._collection = gr.Textbox(label="Collection (optional)", max_length=MAX_NAME, elem_id="cw-into")
                self._add = gr.Button("Add to the library", elem_id="cw-add", variant="primary")
                self._said = gr.HTML(elem_id="cw-said", apply_default_css=False)
                self._run = gr.HTML("<div></div>", elem_id="cw-run", js_on_load=_FOLLOW, apply_default_css=False)
            with gr.Column(elem_id="cw-state", min_width=300):
                self._contents = gr.HTML(elem_id="cw-contents", js_on_load=_MANAGE, apply_default_css=False)
                self._managed = gr.HTML(elem_id="cw-managed", apply_default_css=False)
                gr.HTML("<h2>Health</h2>", apply_default_css=False)
                self._health = gr.HTML(health_html(None), elem_id="cw-health", apply_default_css=False)
                with gr.Row(elem_id="cw-care"):
                    self._examine = gr.Button("Examine", size="sm")
                    self._repair = gr.Button("Complete or repair", size="sm")
                    self._rebuild = gr.Button("Rebuild the indexes", size="sm")
                self._disk = gr.HTML(elem_id="cw-disk", apply_default_css=False)
        self._shown = [self._contents, self._disk]
        self._wire()

    def refresh_when(self, event: Callable[..., Any]) -> None:
        """Show the library anew at ``event``: when the page loads, when the tab is opened."""
        event(self._look, None, self._shown, **QUIET)

    def _wire(self) -> None:
        self._add.click(self._read, [self._files, self._collection], [self._files, self._said], **QUIET)
        self._examine.click(self._examined, None, [self._health], api_visibility="private")
        self._repair.click(self._mend, None, [self._said], **QUIET)
        self._rebuild.click(self._make_again, None, [self._said], **QUIET)
        self._run.stop(self._runs.stop, None, None, **QUIET)
        self.over = self._run.over(self._look, None, self._shown, **QUIET)
        self._contents.manage(self._manage, None, [self._managed, *self._shown], **QUIET)

    def _look(self) -> tuple[Any, ...]:
        contents = contents_html(self._library.status(), self._library.collections())
        return contents, disk_html(disk_use(self._settings.home, self._settings.library))

    def _read(self, files: Sequence[str] | None, collection: str | None, request: gr.Request) -> tuple[Any, str]:
        uploads = list(dict.fromkeys(map(Path, files or ())))  # what was dragged in twice arrived in one place
        kept: list[Path] = []
        refused: list[str] = []
        try:
            if not uploads:
                return gr.skip(), said_html("Choose files first, or drag them into the field.", wrong=True)
            if len(uploads) > MOST_FILES:
                return None, said_html(f"At most {MOST_FILES} files at a time; these are {len(uploads)}.", wrong=True)
            name = clean_name(collection) if collection and collection.strip() else None
            for upload in uploads:
                try:
                    kept.append(keep(self._settings.home, upload, upload.name))
                except InputError as exc:
                    refused.append(str(exc))
            if kept:
                self._runs.start("read", kept, name, name_of(request))
            return None, said_html(" ".join(refused), wrong=True)
        except CitewellError as exc:
            for file in kept:
                let_go(file)
            return None, said_html(str(exc), wrong=True)
        finally:
            for upload in uploads:
                let_go(upload)

    def _mend(self, request: gr.Request) -> str:
        return self._begin("repair", request)

    def _make_again(self, request: gr.Request) -> str:
        return self._begin("rebuild", request)

    def _begin(self, kind: Kind, request: gr.Request) -> str:
        try:
            self._runs.start(kind, by=name_of(request))
        except CitewellError as exc:
            return said_html(str(exc), wrong=True)
        return ""

    def _examined(self) -> str:
        return health_html(examine(self._settings.library, self._library.embedder, self._settings.chroma))

    def _manage(self, event: gr.EventData) -> tuple[Any, ...]:
        name, new = str(getattr(event, "name", "")), str(getattr(event, "to", ""))
        try:
            if getattr(event, "do", "") == "remove":
                count = remove_collection(self._settings.library, name)
                said = f"{counted(count, 'paper')} taken out of “{name}”, and still in the library."
            else:
                count = rename_collection(self._settings.library, name, new)
                said = f"“{name}” is now “{clean_name(new)}” ({counted(count, 'paper')})."
        except CitewellError as exc:
            return said_html(str(exc), wrong=True), *(gr.skip() for _ in self._shown)
        return said_html(said), *self._look()

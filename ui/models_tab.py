"""The Models tab: who words the answers and how, which models Ollama has, and getting another one.

Wiring only: ``rag.preferences`` checks, keeps and takes up what is chosen; ``models_page`` makes what is shown.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from index_store.errors import CitewellError
from rag.models import DEFAULT_MODEL
from rag.preferences import Preferences
from rag.speakers import OllamaServers
from ui.desk import QUIET, start_or_stop
from ui.downloads import Downloads
from ui.library_page import said_html
from ui.models_page import THEME, Download, download_html, models_html, status_html, stopped_html

_BEST = "the best one installed"
_ANSWERERS = [("A model where there is one, else quotes", "auto"), ("Quotes only", "quote"), ("A model only", "ollama")]
_THINK = [("Not at all", "off"), ("Briefly", "low"), ("Medium", "medium"), ("Long", "high"), ("As it likes", "on")]
_CONTEXTS = [4096, 8192, 16384, 32768, 65536]
_REPAINT_S = 0.2


class ModelsTab:
    """The models and settings of one page.  Made inside an open ``gr.Tab``.  ``changed``: when a setting is."""

    def __init__(self, preferences: Preferences, downloads: Downloads) -> None:
        self._preferences, self._downloads = preferences, downloads
        now = preferences.settings
        with gr.Row(elem_id="cw-models"):
            with gr.Column(elem_id="cw-choices", min_width=300):
                gr.HTML("<h2>Answers</h2>", apply_default_css=False)
                self._answerer = gr.Radio(_ANSWERERS, value=now.answerer, label="Who words them")
                self._model = gr.Dropdown([_BEST], value=now.model or _BEST, label="Model", allow_custom_value=True)
                self._papers = gr.Slider(1, 20, value=now.papers, step=1, label="Papers that an answer may draw on")
                contexts = sorted({*_CONTEXTS, now.num_ctx})
                self._context = gr.Dropdown(contexts, value=now.num_ctx, label="Context in tokens")
                self._think = gr.Radio(_THINK, value=now.think, label="Models that can think first do so")
                self._said = gr.HTML(elem_id="cw-models-said", apply_default_css=False)
                gr.HTML(THEME, apply_default_css=False)
            with gr.Column(elem_id="cw-ollama", min_width=300):
                gr.HTML("<h2>Ollama</h2>", apply_default_css=False)
                self._status = gr.HTML(elem_id="cw-ollama-status", apply_default_css=False)
                self._installed = gr.HTML(elem_id="cw-installed", apply_default_css=False)
                self._look_again = gr.Button("Look again", size="sm")
                gr.HTML("<h3>Get a model</h3>", apply_default_css=False)
                with gr.Row(elem_id="cw-pull"):
                    self._name = gr.Textbox(value=DEFAULT_MODEL, label="Name of the model", max_length=200)
                    self._pull = gr.Button("Download", elem_id="cw-pull-start", variant="primary")
                    self._stop = gr.Button("Stop", elem_id="cw-pull-stop", visible=False)
                self._download = gr.HTML(elem_id="cw-download", apply_default_css=False)
        self._shown = [self._status, self._installed, self._model]
        self._wire()

    def refresh_when(self, event: Callable[..., Any]) -> None:
        """Look at Ollama anew at ``event``."""
        event(self._look, None, self._shown, **QUIET)

    def _wire(self) -> None:
        fields: dict[str, Any] = {
            "answerer": self._answerer,
            "papers": self._papers,
            "num_ctx": self._context,
            "think": self._think,
        }
        saved = [field.input(self._saver(name), [field], [self._said], **QUIET) for name, field in fields.items()]
        saved.append(self._model.input(self._choose_model, [self._model], [self._said], **QUIET))
        for one in saved:
            one.then(self._look, None, self._shown, **QUIET)
        self.changed = saved
        self._look_again.click(self._look, None, self._shown, **QUIET)
        controls = [self._download, self._pull, self._stop]
        pulling = self._pull.click(self._pulled, [self._name], controls, concurrency_limit=1, **QUIET)
        pulling.then(self._look, None, self._shown, **QUIET)
        stopped = self._stop.click(None, cancels=[pulling])
        stopped.then(self._stopped, [self._name], controls, **QUIET)

    def _saver(self, name: str) -> Callable[[Any], str]:
        return lambda value: self._keep(name, value)

    def _choose_model(self, name: str | None) -> str:
        return self._keep("model", None if name in (None, "", _BEST) else name)

    def _keep(self, name: str, value: Any) -> str:
        try:
            self._preferences.change(**{name: value})
        except CitewellError as exc:
            return said_html(str(exc), wrong=True)
        return said_html("Kept; it holds from the next question on.")

    def _look(self) -> tuple[Any, ...]:
        servers = OllamaServers(self._preferences.settings)
        hosts, installed = servers.look()
        chosen = servers.chosen()
        names = sorted({model.name for model in installed if model.can_chat})
        wanted = self._preferences.settings.model or _BEST
        return (
            status_html(hosts, servers.describe()),
            models_html(installed, chosen[0] if chosen else None),
            gr.update(choices=[_BEST, *names], value=wanted),
        )

    def _pulled(self, name: str | None) -> Iterator[tuple[Any, ...]]:
        name = (name or "").strip()
        hosts, _ = OllamaServers(self._preferences.settings).look()
        if not name or not hosts:
            missing = "Ollama does not run: start it with `ollama serve`." if name else "Write the name of a model."
            yield said_html(missing, wrong=True), *start_or_stop(busy=False)
            return
        try:
            for host in hosts:
                yield from self._steps(name, host)
        except CitewellError as exc:
            yield said_html(str(exc), wrong=True), *start_or_stop(busy=False)
            return
        yield said_html(f"{name} is ready."), *start_or_stop(busy=False)

    def _steps(self, name: str, host: str) -> Iterator[tuple[Any, ...]]:
        download, painted = Download(name), 0.0
        yield download_html(download), *start_or_stop(busy=True)
        for step in self._downloads.steps(name, host):
            download = download.after(step)
            if time.monotonic() - painted >= _REPAINT_S:
                painted = time.monotonic()
                yield download_html(download), gr.skip(), gr.skip()

    def _stopped(self, name: str | None) -> tuple[Any, ...]:
        self._downloads.stop((name or "").strip())
        return stopped_html(name or ""), *start_or_stop(busy=False)

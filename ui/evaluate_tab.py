"""The Evaluate tab: run a question set, watch it, read the report, see what changed since the last run.

Wiring only: ``evaluating`` runs and keeps, ``evaluate_page`` makes what is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import gradio as gr

from eval.results import load
from eval.run import Choice
from index_store.errors import CitewellError
from ui.desk import QUIET, start_or_stop
from ui.evaluate_page import comparison_html, frame_html, progress_html
from ui.evaluating import Evaluations, Outcome, Wanted
from ui.library_page import said_html
from ui.signals import name_of

_HALVES = [("All questions", "all"), ("The half to tune on (dev)", "dev"), ("The half to report (test)", "test")]
_AS_SET = "as set"
_ANSWERERS = [("By quoting", "quote"), ("As the settings say", _AS_SET)]
_WHAT = (
    "<h2>Evaluate</h2><p>Ask questions whose right papers are known, and see how many are found, quoted and refused. "
    "Without a file, the shipped set that this library is meant for is run.</p>"
)
_NO_REPORT = '<p class="cw-soft">The report of a run appears here.</p>'


class EvaluateTab:
    """The evaluation of one page.  Made inside an open ``gr.Tab``."""

    def __init__(self, evaluations: Evaluations) -> None:
        self._evaluations = evaluations
        with gr.Row(elem_id="cw-evaluate"):
            with gr.Column(elem_id="cw-evaluate-choices", min_width=260):
                gr.HTML(_WHAT, apply_default_css=False)
                self._files = gr.File(
                    label="Your own questions (JSON Lines)", file_count="multiple", elem_id="cw-sets", height=150
                )
                self._half = gr.Radio(_HALVES, value="all", label="Which questions")
                self._answerer = gr.Radio(_ANSWERERS, value="quote", label="Answered")
                with gr.Row():
                    self._start = gr.Button("Run", elem_id="cw-evaluate-start", variant="primary")
                    self._stop = gr.Button("Stop", elem_id="cw-evaluate-stop", visible=False)
                self._said = gr.HTML(elem_id="cw-evaluate-said", apply_default_css=False)
                self._kept = gr.Dropdown([], label="Earlier runs", elem_id="cw-results")
            with gr.Column(elem_id="cw-evaluate-report", min_width=320, scale=2):
                self._comparison = gr.HTML(elem_id="cw-comparison", apply_default_css=False)
                self._report = gr.HTML(_NO_REPORT, elem_id="cw-report", apply_default_css=False)
        self._wire()

    def refresh_when(self, event: Callable[..., Any]) -> None:
        """List the kept results anew at ``event``."""
        event(self._listed, None, [self._kept], **QUIET)

    def _wire(self) -> None:
        shown = [self._said, self._report, self._comparison, self._start, self._stop]
        wanted = [self._files, self._half, self._answerer]
        running = self._start.click(self._run, wanted, shown, concurrency_limit=1, **QUIET)
        running.then(self._listed, None, [self._kept], **QUIET)
        stopped = self._stop.click(None, cancels=[running])
        stopped.then(self._stopped, None, shown, **QUIET)
        self._kept.input(self._opened, [self._kept], [self._report, self._comparison], **QUIET)

    def _run(
        self, files: Sequence[str] | None, half: str, answered: str, request: gr.Request
    ) -> Iterator[tuple[Any, ...]]:
        paths = tuple(Path(file) for file in files or ())
        wanted = Wanted(paths, Choice(half), None if answered == _AS_SET else "quote", name_of(request))
        try:
            with closing(cast("Any", self._evaluations.run(wanted))) as steps:
                for step in steps:
                    if isinstance(step, Outcome):
                        yield _finished(step)
                    else:
                        yield progress_html(step.done, step.total), gr.skip(), gr.skip(), *start_or_stop(busy=True)
        except CitewellError as exc:
            said = str(exc)
            for path in paths:  # the user knows the file by its name; where the server put it says nothing
                said = said.replace(str(path), path.name)
            yield said_html(said, wrong=True), gr.skip(), gr.skip(), *start_or_stop(busy=False)

    def _stopped(self) -> tuple[Any, ...]:
        said = said_html("Stopped; an unfinished run is not kept.")
        return said, gr.skip(), gr.skip(), *start_or_stop(busy=False)

    def _listed(self, request: gr.Request) -> Any:
        return gr.update(choices=[path.name for path in self._evaluations.results(name_of(request))])

    def _opened(self, name: str | None, request: gr.Request) -> tuple[Any, str]:
        path = self._evaluations.named(name or "", name_of(request))
        if path is None:
            return gr.skip(), ""
        try:
            return frame_html(load(path)), ""
        except CitewellError as exc:
            return said_html(str(exc), wrong=True), ""


def _finished(outcome: Outcome) -> tuple[Any, ...]:
    asked, left_out = len(outcome.document["rows"]), outcome.document["rejected"]
    missing = f" {len(left_out)} left out; the first: {left_out[0]}." if left_out else ""
    said = said_html(f"{asked:,} questions asked.{missing} Kept as {outcome.path.name}.")
    report, changed = frame_html(outcome.document), comparison_html(outcome.comparison)
    return said, report, changed, *start_or_stop(busy=False)

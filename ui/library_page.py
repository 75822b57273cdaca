"""The Library tab's markup: what is in the library, the run under way, its health, the disk.

Pure; names of files and collections, and reasons that quote what a file says, are escaped.  Knows no server.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from index_store.counting import counted, noun_for
from index_store.doctor import Finding
from index_store.library import Status
from ui.display import display_text
from ui.paper_list import UNTITLED
from ui.runs import FileRun, Run

_SHOWN_REJECTIONS = 20
_SHOWN_GONE = 10
_DOING = {"read": "Reading papers", "repair": "Mending the library", "rebuild": "Making the indexes again"}
_ENDED = {
    ("read", "done"): "The papers are in the library.",
    ("repair", "done"): "The library is mended.",
    ("rebuild", "done"): "The new indexes are in use.",
    ("read", "stopped"): "Stopped. What was read stays; what is not indexed yet waits for “Complete or repair”.",
    ("repair", "stopped"): "Stopped. “Complete or repair” goes on from here.",
    ("rebuild", "stopped"): "Stopped. The library is as it was.",
}
_STAGES = {
    "starting": "Starting",
    "reading": "Reading",
    "shortening": "Making room",
    "embedding": "Indexing",
    "preparing": "Getting ready to answer",
}


def run_html(run: Run | None) -> str:
    """Give the run under way or the last one; nothing before the first."""
    if run is None:
        return ""
    head = _busy(run) if run.busy else _over(run)
    files = "".join(_file(file, run) for file in run.files)
    listed = f'<ul class="cw-files">{files}</ul>' if files else ""
    state = f'data-state="{run.state}"'
    return f'<section class="cw-run" {state} aria-label="Work on the library">{head}{listed}{_offer(run)}</section>'


def contents_html(status: Status, collections: Mapping[str, int]) -> str:
    """Give how much the library holds, and its collections with what can be done with them."""
    rows = "".join(_collection(name, count) for name, count in collections.items())
    listed = f'<ul class="cw-collections">{rows}</ul>' if rows else '<p class="cw-soft">No collections yet.</p>'
    waiting = (
        f'<p class="cw-warning">{counted(status.waiting, "passage")} {"waits" if status.waiting == 1 else "wait"} to be'
        " indexed: a run was stopped or is under way. Searches do not see them yet.</p>"
        if status.waiting
        else ""
    )
    return (
        f'<h2>In the library</h2><p class="cw-figures"><b>{status.papers:,}</b> {noun_for(status.papers, "paper")}'
        f" <b>{status.passages:,}</b> {noun_for(status.passages, 'passage')}</p>{waiting}"
        f"<h3>Collections</h3>{listed}{_choices(collections)}"
    )


def health_html(findings: Sequence[Finding] | None) -> str:
    """Give what the examination found; None: it was not made yet."""
    if findings is None:
        return '<p class="cw-soft">“Examine” compares every index with the papers.</p>'
    return f'<ul class="cw-findings">{"".join(map(_finding, findings))}</ul>'


def disk_html(parts: Sequence[tuple[str, int]]) -> str:
    """Give the parts of the home with their sizes, as bars and as figures."""
    total = sum(size for _, size in parts)
    largest = max((size for _, size in parts), default=1)
    rows = "".join(
        f'<li><span>{escape(name)}</span><b>{size_text(size)}</b><i style="width:{100 * size / largest:.0f}%"></i></li>'
        for name, size in parts
    )
    return f'<h3>On the disk: {size_text(total)}</h3><ul class="cw-disk">{rows}</ul>'


def size_text(size: int) -> str:
    """Give a number of bytes as people say it."""
    for unit, step in (("GB", 1024**3), ("MB", 1024**2)):
        if size >= step:
            return f"{size / step:.1f} {unit}"
    return f"{max(1, round(size / 1024)):,} KB" if size else "0 KB"


def said_html(text: str, *, wrong: bool = False) -> str:
    """Give a sentence for the user, an alert where something went wrong."""
    if not text:
        return ""
    return (
        f'<p class="{"cw-warning" if wrong else "cw-soft"}" role="{"alert" if wrong else "status"}">{escape(text)}</p>'
    )


def _finding(finding: Finding) -> str:
    style, word = ("cw-sound", "sound") if finding.ok else ("cw-broken", "broken")
    return (
        f'<li class="{style}"><b>{escape(finding.part.capitalize())}</b> <span class="cw-sr">{word}:</span>'
        f" <span>{escape(finding.message)}</span></li>"
    )


def _busy(run: Run) -> str:
    by = f" · started by {escape(run.by)}" if run.by else ""
    goal = f" into “{escape(run.collection)}”" if run.collection else ""
    stage = "Stopping" if run.state == "stopping" else _STAGES.get(run.stage, run.stage.capitalize())
    known = run.total is not None and run.total > 0
    amount = (
        f" {run.done:,} of {run.total:,} passages" if known else f" {counted(run.done, 'entry')}" if run.done else ""
    )
    value = f' value="{run.done}" max="{run.total}"' if known else ""
    stop = "" if run.state == "stopping" else '<button type="button" data-run="stop">Stop</button>'
    return (
        f'<header><h2>{_DOING[run.kind]}{goal}</h2>{stop}</header><p class="cw-soft">{escape(stage)}…{amount}{by}</p>'
        f'<progress aria-label="{escape(stage)}"{value}></progress>'
    )


def _over(run: Run) -> str:
    text = run.message or _ENDED.get((run.kind, run.state), "")
    style = "cw-warning" if run.state == "failed" else "cw-soft"
    title = {"done": "Done", "stopped": "Stopped", "failed": "That did not work"}[run.state]
    return f'<header><h2>{title}</h2></header><p class="{style}">{escape(text)}</p>'


def _offer(run: Run) -> str:
    """Offer to remove the papers that are no longer in their files; say what became of that."""
    gone = run.gone
    if run.busy or not gone:
        return ""
    if run.offer == "kept":
        return '<p class="cw-soft" role="status">They stay in the library.</p>'
    if run.offer == "removed":
        return (
            f'<p class="cw-soft" role="status">Removed {counted(len(gone), "paper")}. '
            '<button type="button" data-run="undo">Undo</button></p>'
        )
    titles = "".join(f"<li>{escape(display_text(title)) or UNTITLED}</li>" for _, title in gone[:_SHOWN_GONE])
    more = f"<li>and {len(gone) - _SHOWN_GONE:,} more</li>" if len(gone) > _SHOWN_GONE else ""
    one = len(gone) == 1
    return (
        '<div class="cw-gone" role="group" aria-labelledby="cw-gone"><h3 id="cw-gone">'
        f"{counted(len(gone), 'paper')} {'is' if one else 'are'} no longer in the file</h3>"
        f"<ul>{titles}{more}</ul><p>No other file has {'it' if one else 'them'}.</p>"
        f'<button type="button" data-run="remove">Remove {"it" if one else "them"}</button> '
        f'<button type="button" data-run="keep">Keep {"it" if one else "them"}</button></div>'
    )


def _file(file: FileRun, run: Run) -> str:
    told = [f"{count:,} {name}" for name, count in file.counts if count]
    nothing = "nothing in it" if file.state == "done" else ""
    state = {"waiting": "waiting", "reading": "reading" if run.busy else "not finished", "left": "not read"}
    words = ", ".join(told) or nothing or state.get(file.state, "")
    words += "; new edition" if file.replaces else ""
    shown = "left" if file.state == "reading" and not run.busy else file.state
    return (
        f'<li data-state="{shown}"><span class="cw-file">{escape(file.name)}</span><span>{words}</span>'
        f"{_rejections(file)}</li>"
    )


def _rejections(file: FileRun) -> str:
    if not file.rejections:
        return ""
    shown = file.rejections[:_SHOWN_REJECTIONS]
    rows = "".join(
        f"<li>{escape(file.name)}{f':{line}' if line else ''}: {escape(reason)}</li>" for line, reason in shown
    )
    rejected = dict(file.counts).get("rejected", len(shown))
    more = f"<li>and {rejected - len(shown):,} more</li>" if rejected > len(shown) else ""
    heading = f"Why {counted(rejected, 'entry')} could not be read"
    return f"<details open><summary>{heading}</summary><ul>{rows}{more}</ul></details>"


def _choices(collections: Mapping[str, int]) -> str:
    options = "".join(f'<option value="{escape(name)}"></option>' for name in collections)
    return f'<datalist id="cw-collection-names">{options}</datalist>'


def _collection(name: str, count: int) -> str:
    shown = escape(name)
    return (
        f'<li data-collection="{shown}"><details><summary><span>{shown}</span><b>{count:,}'
        f'<span class="cw-sr"> {noun_for(count, "paper")}. Rename or remove</span></b></summary>'
        f'<div class="cw-manage"><input type="text" maxlength="80" value="{shown}" aria-label="New name of {shown}">'
        '<button type="button" data-do="rename">Rename</button>'
        f'<button type="button" data-do="remove" aria-label="Take the name {shown} off its papers">Remove the name'
        "</button></div><p>Removing the name keeps the papers.</p></details></li>"
    )

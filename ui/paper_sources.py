"""What each source of a paper says of it, as safe HTML, for whoever finds that they are several papers.

Pure.  What the buttons do is told by ``assets/papers.js``; they name it in ``data-do``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from html import escape

from index_store.records import Record
from ui.cards import short_authors
from ui.display import beginning, display_text
from ui.places import file_name

_SHOWN = 50  # sources
_BEGINNING = 220  # characters of an abstract


def source_key(record: Record) -> str:
    """Name a source of a paper without naming its folder."""
    return hashlib.sha256("\0".join(record.source).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def parting_html(records: Sequence[Record]) -> str:
    """Give what the sources of a paper say, and the way to take them apart; nothing where there is only one."""
    if len(records) < 2:
        return ""
    is_pair = len(records) == 2
    if is_pair:
        how = "If these are two papers, take them apart. No later reading puts them together again."
        acts = '<button type="button" data-do="part">These are two papers</button>'
    else:
        how = "Choose the sources that belong to another paper. No later reading puts them together again."
        acts = (
            '<button type="button" data-do="part" disabled>The chosen ones are another paper</button>'
            '<button type="button" class="cwp-plain" data-do="part-all">Each is a paper of its own</button>'
        )
    rows = "".join(_record(record, can_leave=not is_pair) for record in records[:_SHOWN])
    more = f'<li class="cwp-hint">and {len(records) - _SHOWN:,} more</li>' if len(records) > _SHOWN else ""
    return (
        f'<details class="cwp-parting"><summary>Made of {len(records):,} sources. Not one paper?</summary>'
        f'<p>{how}</p><ul>{rows}{more}</ul><div class="cwp-actions">{acts}</div></details>'
    )


def _record(record: Record, *, can_leave: bool) -> str:
    paper = record.paper
    place = file_name(record.path) + (f", line {record.line:,}" if record.line else "")
    title = escape(display_text(paper.title)) or "Without a title"
    about = " · ".join(filter(None, (short_authors([display_text(n) for n in paper.authors]), str(paper.year or ""))))
    said = (
        f'<span class="cwp-source">{escape(display_text(place))}</span><b>{title}</b>'
        + (f'<span class="cwp-authors">{escape(about)}</span>' if about else "")
        + f'<span class="cwp-why">{escape(beginning(paper.abstract, _BEGINNING))}</span>'
    )
    if not can_leave:
        return f"<li><div>{said}</div></li>"
    box = f'<input type="checkbox" data-do="leaving" value="{source_key(record)}">'
    return f"<li><label>{box}<span>{said}</span></label></li>"

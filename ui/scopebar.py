"""The bar that says which papers a conversation talks to, and the form that changes it, as safe HTML.  Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from html import escape
from typing import Any

from index_store.counting import counted
from index_store.types import WHOLE_LIBRARY, Paper, Scope
from ui.display import display_text
from ui.transcript import icon

MAX_PAPERS = 200
"""Papers that may be chosen one by one."""
_MAX_COLLECTIONS = 100
_CHIP_CHARS = 48


def read_scope(data: object) -> Scope:
    """Read what a page sends; what is no scope is the whole library, and parts that fit nothing are left out."""
    if not isinstance(data, Mapping):
        return WHOLE_LIBRARY
    first, last = _year(data.get("first_year")), _year(data.get("last_year"))
    if first is not None and last is not None and first > last:
        first, last = last, first
    names, papers = _names(data.get("collections"), _MAX_COLLECTIONS), _names(data.get("paper_ids"), MAX_PAPERS)
    return Scope(names, first, last, papers)


def scope_html(scope: Scope, total: int, collections: Mapping[str, int], chosen: Mapping[str, Paper | None]) -> str:
    """Give the bar: a button that opens the form, and a chip for each part of the scope, which removes it.

    ``chosen`` holds the papers of the scope by id.
    """
    chips = "".join(_chip(label, without) for label, without in _parts(scope, chosen))
    said = "Only these:" if scope else f"Whole library · {counted(total, 'paper')}"
    reset = '<button type="button" class="cw-link" data-act="widen">Whole library</button>' if scope else ""
    return (
        f'<div class="cw-scope" role="group" aria-label="Papers to talk to" data-scope="{escape(_json(scope))}">'
        '<button type="button" class="cw-scope-open" data-act="scope" aria-expanded="false" '
        f'aria-controls="cw-scope-form">{icon("scope")}<span>{said}</span></button>{chips}{reset}</div>'
        + _form(scope, collections)
    )


def _parts(scope: Scope, chosen: Mapping[str, Paper | None]) -> list[tuple[str, Scope]]:
    """Give what each part of the scope is called, and the scope without it."""
    parts = []
    for name in scope.collections:
        parts.append((name, replace(scope, collections=tuple(each for each in scope.collections if each != name))))
    if scope.first_year is not None or scope.last_year is not None:
        parts.append((_years(scope), replace(scope, first_year=None, last_year=None)))
    named: dict[str, list[str]] = {}  # by what the papers are called now: two that were chosen may be one since
    for paper_id in scope.paper_ids:
        paper = chosen.get(paper_id)
        named.setdefault(paper.id if paper else paper_id, []).append(paper_id)
    for names in named.values():
        paper = chosen.get(names[0])
        title = display_text(paper.title) if paper else "a paper that is gone"
        parts.append((title, replace(scope, paper_ids=tuple(each for each in scope.paper_ids if each not in names))))
    return parts


def _years(scope: Scope) -> str:
    first, last = scope.first_year, scope.last_year
    if first is None or last is None:
        return f"until {last}" if first is None else f"since {first}"
    return f"{first}" if first == last else f"{first}–{last}"


def _chip(label: str, without: Scope) -> str:
    shown = label if len(label) <= _CHIP_CHARS else f"{label[:_CHIP_CHARS].rstrip()}…"
    return (
        f'<span class="cw-scope-chip" title="{escape(label)}"><span>{escape(shown)}</span>'
        f'<button type="button" data-act="narrow" data-scope="{escape(_json(without))}" '
        f'aria-label="Remove {escape(shown)}">{icon("close")}</button></span>'
    )


def _form(scope: Scope, collections: Mapping[str, int]) -> str:
    boxes = "".join(
        f'<label><input type="checkbox" name="collection" value="{escape(name)}"'
        f"{' checked' if name in scope.collections else ''}> {escape(name)} <small>{count:,}</small></label>"
        for name, count in collections.items()
    )
    listed = f"<fieldset><legend>Collections</legend>{boxes}</fieldset>" if boxes else ""
    papers = escape(json.dumps(scope.paper_ids))
    return (
        f'<form id="cw-scope-form" class="cw-scope-form" hidden data-papers="{papers}">{listed}'
        "<fieldset><legend>Years</legend>"
        f"{_year_box('from', scope.first_year)}{_year_box('to', scope.last_year)}</fieldset>"
        '<p class="cw-hint">Choose single papers with “Only this paper” on a source.</p>'
        '<button type="submit" class="cw-primary">Apply</button></form>'
    )


def _year_box(name: str, value: int | None) -> str:
    shown = "" if value is None else str(value)
    return (
        f'<label>{name} <input type="number" name="{name}" inputmode="numeric" min="1000" max="9999" '
        f'value="{shown}" placeholder="any"></label>'
    )


def _json(scope: Scope) -> str:
    return json.dumps(asdict(scope), ensure_ascii=False)


def _year(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10_000 else None


def _names(value: Any, most: int) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(dict.fromkeys(name for name in value if isinstance(name, str) and 0 < len(name) <= 200))[:most]

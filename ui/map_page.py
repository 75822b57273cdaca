"""The Map tab's markup: the frame that ``assets/map.js`` draws into, the regions as a list, the papers that light up.

Pure; everything from the library is escaped.  The list of regions is the map for those who do not see it or use no
pointer.  Knows no browser and no server.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape

import numpy as np

from index_store.atlas import Atlas
from ui.display import display_text
from ui.map_figure import MOST_SHOWN, hover_text, hue, label_text
from ui.scopebar import MAX_PAPERS

LISTED = 40
"""Papers listed of each region, those in its middle first."""


def map_html() -> str:
    """Give the frame, before anything is drawn."""
    return (
        '<section class="cw-map" aria-label="Map of the library" data-state="waiting">'
        '<div class="cw-map-bar">'
        '<input type="search" class="cw-map-find" placeholder="Find a title" aria-label="Find a title on the map">'
        '<select class="cw-map-year" aria-label="Year" hidden></select>'
        '<span class="cw-map-tools" role="group" aria-label="Zoom">'
        '<button type="button" data-zoom="in" aria-label="Zoom in">+</button>'
        '<button type="button" data-zoom="out" aria-label="Zoom out">−</button>'
        '<button type="button" data-zoom="whole">Whole map</button></span></div>'
        '<p class="cw-map-note" role="status"></p>'
        '<div class="cw-map-body"><div class="cw-map-sheet"><div class="cw-map-plot" role="img"'
        ' aria-label="Each point is a paper; papers about like things lie close together.'
        ' The list of regions has the same papers."></div>'
        '<div class="cw-map-veil"><p>Drawing the map…</p></div></div>'
        '<aside class="cw-map-side"><figure class="cw-map-years" hidden><figcaption>Papers by year</figcaption>'
        '<div class="cw-map-bars" role="img" aria-label="Papers by year; the list of years above has the same."></div>'
        '</figure><div class="cw-map-outline"></div></aside></div></section>'
    )


def outline_html(atlas: Atlas) -> str:
    """Give the regions and the papers in the middle of each."""
    regions = "".join(_region(atlas, number) for number in range(len(atlas.labels)))
    count = len(atlas.labels)
    heading = "One region" if count == 1 else f"{count} regions"
    return f'<h2>{heading}</h2><div class="cw-regions">{regions}</div>'


def note_text(atlas: Atlas) -> str:
    """Say how much of the library the map shows; nothing where it shows all."""
    if atlas.papers > len(atlas.ids):
        return f"{len(atlas.ids):,} of {atlas.papers:,} papers are placed, {min(len(atlas.ids), MOST_SHOWN):,} drawn."
    if len(atlas.ids) > MOST_SHOWN:
        return f"All {len(atlas.ids):,} papers are placed; {MOST_SHOWN:,} of them, evenly taken, are drawn."
    return ""


def lit_html(atlas: Atlas | None, cited: Sequence[str]) -> str:
    """Give the places of the papers that the last answer cites, for the script."""
    spots = []
    if atlas is not None and cited:
        wanted = set(cited)
        for position, paper_id in enumerate(atlas.ids):
            if paper_id in wanted:
                x, y = (round(float(place), 5) for place in atlas.places[position])
                spots.append({"id": paper_id, "x": x, "y": y, "text": hover_text(atlas.titles[position])})
    return f'<div class="cw-lit" data-cited="{len(cited)}" data-spots="{escape(json.dumps(spots))}"></div>'


def region_ids(atlas: Atlas, cluster: int) -> tuple[str, ...]:
    """Give the ids of the papers of a region; none where there is no such region or it is too large to talk to."""
    found = np.flatnonzero(atlas.clusters == cluster)
    return tuple(atlas.ids[position] for position in found.tolist()) if len(found) <= MAX_PAPERS else ()


def _region(atlas: Atlas, number: int) -> str:
    inside = np.flatnonzero(atlas.clusters == number)
    name = escape(label_text(atlas.labels[number]))
    away = np.linalg.norm(atlas.places[inside] - np.median(atlas.places[inside], axis=0), axis=1)
    listed = inside[np.argsort(away, kind="stable")][:LISTED].tolist()
    rows = "".join(_row(atlas, position) for position in listed)
    more = f"<p>and {len(inside) - len(listed):,} more</p>" if len(listed) < len(inside) else ""
    ask = (
        f'<button type="button" class="cw-region-ask" data-ask="{number}">Ask only these papers</button>'
        if len(inside) <= MAX_PAPERS
        else ""
    )
    return (
        f'<details class="cw-region" data-cluster="{number}">'
        f'<summary><i style="background:{hue(number)}"></i><span>{name}</span><b>{len(inside):,}'
        f'<span class="cw-sr"> papers</span></b></summary>{ask}<ul>{rows}</ul>{more}</details>'
    )


def _row(atlas: Atlas, position: int) -> str:
    title = escape(display_text(atlas.titles[position])) or "Without a title"
    year = f' <span class="cw-year">{atlas.years[position]}</span>' if atlas.years[position] is not None else ""
    return f'<li><button type="button" data-paper="{escape(atlas.ids[position])}">{title}</button>{year}</li>'

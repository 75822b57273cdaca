"""The atlas as figures: the map of the papers, and how many papers there are of each year.

Pure: an atlas in, the JSON out that plotly.js draws (``assets/map.js`` adds the colours of the page).  At most
``MOST_SHOWN`` papers are points; the others are in the counts.  Texts come out escaped, for Plotly reads them as a kind
of HTML.  Knows no page.
"""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from index_store.atlas import Atlas
from ui.display import display_text

if TYPE_CHECKING:
    import plotly.graph_objects as go  # type: ignore[import-untyped]  # it ships no types

MOST_SHOWN = 20_000
# Each stands out from the white and from the dark ground by 3.5:1 or more.
HUES = (
    *("#2f8f7f", "#c0653a", "#5b7fc7", "#a1842b", "#9a62b0", "#4f9140"),
    *("#c25b7c", "#3f8fb5", "#8a7a5c", "#7470c4", "#b0752a", "#708a35"),
)
_DRAWN_SINGLY = 3_000  # up to so many points are SVG, sharp and sure; beyond, WebGL draws them
_WIDTH, _LINES = 46, 4  # of a title beside the pointer
_EDGE = 0.15  # a name so near the edge grows away from it
_AXIS = {"visible": False, "range": [-0.05, 1.05]}  # with some room around the outermost papers


def figure_json(atlas: Atlas) -> str:
    """Give both figures, and what belongs to each point: its paper's id, year and title."""
    shown = min(len(atlas.ids), MOST_SHOWN)
    rest = {
        "shown": shown,
        "papers": atlas.papers,
        "ids": atlas.ids[:shown],
        "yearOf": atlas.years[:shown],
        "titles": [display_text(title) for title in atlas.titles[:shown]],
        "clusterOf": atlas.clusters[:shown].tolist(),
        "undated": sum(year is None for year in atlas.years),
    }
    years = _years(atlas)
    drawn = {"map": _map(atlas, shown).to_json(), "years": "null" if years is None else years.to_json()}
    figures = ",".join(f"{json.dumps(name)}:{figure}" for name, figure in drawn.items())
    return f"{{{figures},{json.dumps(rest)[1:]}"


def hue(cluster: int) -> str:
    """Give the colour of a cluster."""
    return HUES[cluster % len(HUES)]


def hover_text(title: str) -> str:
    """Give a title as the few short lines that Plotly shows beside the pointer."""
    lines = textwrap.wrap(display_text(title), _WIDTH, max_lines=_LINES, placeholder=" …") or ["Without a title"]
    return "<br>".join(escape(line, quote=False) for line in lines)


def label_text(label: tuple[str, ...]) -> str:
    """Give the name of a cluster in words."""
    return " · ".join(label) or "various"


def _map(atlas: Atlas, shown: int) -> go.Figure:
    import plotly.graph_objects as go

    draws = go.Scatter if shown <= _DRAWN_SINGLY else go.Scattergl
    points = draws(
        x=atlas.places[:shown, 0],
        y=atlas.places[:shown, 1],
        mode="markers",
        marker={"color": [hue(c) for c in atlas.clusters[:shown].tolist()], "size": _size(shown), "opacity": 0.85},
        text=[hover_text(title) for title in atlas.titles[:shown]],
        hovertemplate="%{text}<extra></extra>",
        unselected={"marker": {"opacity": 0.1}},
        selected={"marker": {"opacity": 0.95}},
    )
    return go.Figure(points, _bare(annotations=_names(atlas), dragmode="pan", xaxis=_AXIS, yaxis=_AXIS))


def _names(atlas: Atlas) -> list[dict[str, Any]]:
    """Give the names of the clusters as notes on the map, the largest cluster first."""
    notes = []
    for number, label in enumerate(atlas.labels):
        inside = atlas.places[atlas.clusters == number]
        if len(inside) and label:
            x, y = np.median(inside, axis=0).tolist()  # outliers do not pull a name away
            text = "<br>".join(escape(term, quote=False) for term in label[:2])
            anchor = "left" if x < _EDGE else "right" if x > 1 - _EDGE else "center"
            notes.append({"x": x, "y": y, "text": text, "showarrow": False, "xanchor": anchor})
    return notes


def _years(atlas: Atlas) -> go.Figure | None:
    import plotly.graph_objects as go

    counts = Counter(year for year in atlas.years if year is not None)
    if not counts:
        return None
    years = sorted(counts)
    bars = go.Bar(
        x=years,
        y=[counts[year] for year in years],
        hovertemplate="%{x}: %{y}<extra></extra>",
        unselected={"marker": {"opacity": 0.3}},
    )
    axis = {"fixedrange": True, "showgrid": False, "tickformat": "d", "dtick": _step(years), "type": "linear"}
    return go.Figure(
        bars, _bare(bargap=0.15, xaxis=axis, yaxis={"fixedrange": True, "rangemode": "tozero", "nticks": 4})
    )


def _step(years: list[int]) -> int:
    span = years[-1] - years[0] + 1
    return next((step for step in (1, 2, 5, 10, 20, 50) if span <= 6 * step), 100)


def _size(shown: int) -> int:
    return 9 if shown <= 500 else 7 if shown <= 3_000 else 5 if shown <= 8_000 else 4


def _bare(**layout: Any) -> dict[str, Any]:
    """Give a layout without Plotly's own look."""
    import plotly.graph_objects as go

    return {
        "template": go.layout.Template(),  # an empty one; None would mean Plotly's
        "showlegend": False,
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        **layout,
    }

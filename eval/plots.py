"""Plots as inline SVG: intervals, curves and bars.  Pure; numbers in, markup out.

Written out here because the three plots are simple and a plotting library would cost 30 MB and know nothing of the
page's light and dark colours: every shape takes its colour from a class of the page's style sheet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

_ROW = 24
_FRAME_WIDTH, _FRAME_HEIGHT = 520, 330
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 14, 12, 40


@dataclass(frozen=True, slots=True)
class Mark:
    """One labelled value in [0, 1] with its interval; ``value`` None where there was no question."""

    label: str
    value: float | None
    low: float = 0.0
    high: float = 0.0


def interval_plot(marks: Sequence[Mark]) -> Markup:
    """Draw one row for each mark: a dot at its value and a bar over its interval, on an axis from 0 to 1."""
    width, left, right = 340, 84, 52
    height = _ROW * len(marks) + 26
    scale = width - left - right
    parts = [_grid(left + scale * tick, 0, height - 22, f"{tick:g}") for tick in (0, 0.25, 0.5, 0.75, 1)]
    for number, mark in enumerate(marks):
        y = _ROW * number + _ROW / 2
        parts.append(_text(left - 10, y + 4, mark.label, "label end"))
        if mark.value is None:
            parts.append(_text(left + 6, y + 4, "no such questions", "none"))
            continue
        x, low, high = (left + scale * part for part in (mark.value, mark.low, mark.high))
        title = f"{mark.label}: {mark.value:.3f}, 95% interval {mark.low:.3f} to {mark.high:.3f}"
        parts.append(
            f'<g><title>{escape(title)}</title><line class="whisker" x1="{low:.1f}" x2="{high:.1f}" y1="{y}" y2="{y}"/>'
            f'<circle class="dot" cx="{x:.1f}" cy="{y}" r="4.5"/></g>'
        )
        parts.append(_text(width - right + 12, y + 4, _short(mark.value), "value"))
    return _svg(width, height, parts, "; ".join(f"{m.label} {_or_none(m.value)}" for m in marks))


def coverage_plot(curve: Sequence[Mapping[str, float]], now: tuple[float, float] | None) -> Markup:
    """Draw precision over coverage; ``now`` (coverage, precision) marks where the assistant stands."""
    points = [(point["coverage"], point["precision"]) for point in curve]
    lowest = min([0.9, *(precision for _, precision in points), *([now[1]] if now else [])])
    floor = max(0.0, int(lowest * 10 - 1e-9) / 10)
    parts = [_frame("share of all questions answered", "share of these answerable", floor)]
    steps = " ".join(f"{_x(coverage):.1f},{_y(precision, floor):.1f}" for coverage, precision in points)
    parts.append(f'<polyline class="curve" points="{steps}"/>')
    if now:
        parts.append(_point(now, floor, "now", f"now: coverage {now[0]:.3f}, precision {now[1]:.3f}"))
        parts.append(_text(_x(now[0]) - 10, _y(now[1], floor) + 20, "threshold in force", "label end"))
    return _svg(_FRAME_WIDTH, _FRAME_HEIGHT, parts, "coverage and precision")


def calibration_plot(bins: Sequence[Mapping[str, float]]) -> Markup:
    """Draw the share answerable over the confidence, a dot for each bin, larger where it holds more questions."""
    parts = [_frame("confidence", "share answerable", 0.0)]
    parts.append(f'<line class="ideal" x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}"/>')
    most = max((entry["questions"] for entry in bins), default=1)
    for entry in bins:
        radius = 3 + 7 * (entry["questions"] / most) ** 0.5
        said, true = entry["confidence"], entry["answerable"]
        title = f"{entry['questions']} questions: confidence {said:.2f}, {true:.2f} answerable"
        parts.append(_point((said, true), 0.0, "bin", title, radius))
    return _svg(_FRAME_WIDTH, _FRAME_HEIGHT, parts, "calibration")


def latency_plot(stages: Mapping[str, Mapping[str, float | None]]) -> Markup:
    """Draw a bar for each stage: the median full, the 95th percentile pale."""
    width, left, right = 400, 70, 132  # so narrow that the words stay readable on a telephone
    longest = max((times["p95"] or 0.0 for times in stages.values()), default=0.0) or 1.0
    scale = (width - left - right) / longest
    parts = []
    for number, (stage, times) in enumerate(stages.items()):
        y = _ROW * 1.3 * number + 6
        median, late = times["p50"] or 0.0, times["p95"] or 0.0
        parts.append(_text(left - 10, y + 13, stage, "label end"))
        parts.append(_bar(left, y, max(late * scale, 1), "p95") + _bar(left, y, max(median * scale, 1), "p50"))
        parts.append(_text(left + late * scale + 8, y + 13, f"{median:.1f} / {late:.1f} ms", "value"))
    return _svg(width, int(_ROW * 1.3 * len(stages) + 8), parts, "latency by stage")


def _frame(x_label: str, y_label: str, floor: float) -> str:
    bottom, parts = _y(floor, floor), []
    for tick in (0, 0.25, 0.5, 0.75, 1):
        parts.append(_grid(_x(tick), _TOP, bottom, f"{tick:g}"))
        value = floor + (1 - floor) * tick
        y = _y(value, floor)
        parts.append(f'<line class="grid" x1="{_x(0)}" x2="{_x(1)}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_text(_x(0) - 8, y + 4, f"{value:.3g}", "tick end"))
    middle = (_TOP + bottom) / 2
    parts.append(_text((_x(0) + _x(1)) / 2, bottom + 34, x_label, "axis middle"))
    parts.append(f'<g transform="rotate(-90 11 {middle})">{_text(11, middle, y_label, "axis middle")}</g>')
    return "".join(parts)


def _x(share: float) -> float:
    return _LEFT + (_FRAME_WIDTH - _LEFT - _RIGHT) * share


def _y(value: float, floor: float = 0.0) -> float:
    return _TOP + (_FRAME_HEIGHT - _TOP - _BOTTOM) * (1 - (value - floor) / (1 - floor))


def _point(at: tuple[float, float], floor: float, kind: str, title: str, radius: float = 6) -> str:
    x, y = _x(at[0]), _y(at[1], floor)
    return f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"><title>{escape(title)}</title></circle>'


def _bar(x: float, y: float, width: float, kind: str) -> str:
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="18" rx="3"/>'


def _grid(x: float, top: float, bottom: float, tick: str) -> str:
    line = f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom:.1f}"/>'
    return line + _text(x, bottom + 15, tick, "tick middle")


def _text(x: float, y: float, words: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'


def _short(value: float) -> str:
    return f"{value:.3f}".removeprefix("0") if value < 1 else "1.00"


def _or_none(value: float | None) -> str:
    return "no such questions" if value is None else f"{value:.3f}"


def _svg(width: int, height: int, parts: Iterable[str], label: str) -> Markup:
    head = f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}" style="max-width:{width}px">'
    return Markup(head + "".join(parts) + "</svg>")  # every text in it went through escape()

"""Values to the lines of a chart, for screen and command line alike (a leaf: standard library and plotext).

plotext 6 ends the whole process on a NaN and raises on infinity, so nothing reaches it but the numbers
that this module made itself: dropped where not finite, thinned out, scaled to 0..1. Its figure is shared
by the process and not safe between threads: one lock holds it. Whatever the numbers, a chart comes back,
and its lines are exactly as wide as asked. Labels must be safe to show already (`backend.clean`).
"""

from __future__ import annotations

import sys
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import UTC, tzinfo
from types import ModuleType
from typing import Any, NamedTuple

from backend.ticks import Number, finite, nice_ticks, span_text, thinned, tick_text, time_ticks

_LOCK = threading.Lock()
POINTS_A_CELL = 2
"""More points than a cell can show are thinned out, the highest of each group stays."""

MARKS = "•+x*o#%@"
MARKS_ASCII = "*+xo#%@&"
BLOCKS = "▏▎▍▌▋▊▉█"
LEVELS = "▁▂▃▄▅▆▇█"
LEVELS_ASCII = "_.-:=+*#"
_TO_ASCII = str.maketrans({"─": "-", "│": "|", **dict.fromkeys("┌┐└┘├┤┬┴┼", "+")})
_BLANK_BRAILLE = "\u2800"
LEAST_WIDTH, LEAST_HEIGHT = 20, 4
"""Less has no room for axes."""
AXIS_LINES = 2
"""Lines below the points: the axis and its times."""
MARK_WIDTH = 2
ENTRY_GAP = "  "


class Line(NamedTuple):
    """One line of a chart; None, NaN and infinity are gaps."""

    label: str
    values: Sequence[Number]


class Bar(NamedTuple):
    label: str
    value: Number
    shown: str
    """The number as it stands behind the bar."""


class TimeAxis(NamedTuple):
    """Point i of a line stands for the time that starts at start_ms + i * step_ms."""

    start_ms: int
    step_ms: int
    zone: tzinfo = UTC

    def point_of(self, at_ms: int) -> int:
        """The point that stands for a time."""
        return (at_ms - self.start_ms) // self.step_ms

    def starts(self, point: int) -> int:
        """Where the time of a point starts; it ends where the next one's starts."""
        return self.start_ms + point * self.step_ms

    def span_text(self, first: int, last: int) -> str:
        """The time from one point to another, both included."""
        return span_text(self.starts(first), self.starts(last + 1), self.zone)


class Frame(NamedTuple):
    """Where the points of a chart lie in its lines."""

    left: int
    """Cells before the first point."""
    width: int
    """Cells from the first point to the last."""
    height: int
    """Lines that hold points, from the top."""
    points: int

    def cell_of(self, point: int) -> int:
        """The cell of a line in which a point lies."""
        if self.points < 2:
            return self.left
        return self.left + (2 * point * (self.width - 1) + self.points - 1) // (2 * (self.points - 1))

    def point_at(self, cell: int) -> int:
        """The point that is nearest to a cell."""
        if self.points < 2 or self.width < 2:
            return 0
        inside = min(max(cell - self.left, 0), self.width - 1)
        return (2 * inside * (self.points - 1) + self.width - 1) // (2 * (self.width - 1))


class Plot(NamedTuple):
    """A drawn chart. frame None: there was no room for axes, and each line is a small chart of its own."""

    lines: list[str]
    frame: Frame | None


class Entry(NamedTuple):
    """A part of a legend: a line's mark, and what is said of it. line None: words without a mark."""

    line: int | None
    text: str


# --- text in cells -------------------------------------------------------------------------------------


def cell_width(text: str) -> int:
    """Cells that safe text takes."""
    if text.isascii():
        return len(text)
    return sum(_char_width(char) for char in text)


def _char_width(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me") or "\u1160" <= char <= "\u11ff":
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def fit(text: str, width: int, *, right: bool = False, ascii_only: bool = False) -> str:
    """The text in exactly `width` cells: filled up with blanks, or cut with an ellipsis."""
    have = cell_width(text)
    if have > width:
        text = _cut(text, width, "~" if ascii_only else "…")
        have = cell_width(text)
    blanks = " " * (width - have)
    return blanks + text if right else text + blanks


def _cut(text: str, width: int, ellipsis: str) -> str:
    if width < 1:
        return ""
    taken, room = [], width - 1
    for char in text:
        room -= _char_width(char)
        if room < 0:
            break
        taken.append(char)
    return "".join(taken) + ellipsis


# --- charts --------------------------------------------------------------------------------------------


def line_chart(
    lines: Sequence[Line], width: int, height: int, axis: TimeAxis, *, ascii_only: bool = False
) -> list[str]:
    """A chart over time in exactly `height` lines of `width` cells, with a legend below it where there are
    several lines."""
    legend = _legend(lines, width, ascii_only) if len(lines) > 1 else []
    plot = draw_plot(lines, width, height - len(legend), axis, ascii_only=ascii_only)
    if plot.frame is None:
        return _small_charts(lines, width, height, ascii_only)
    return plot.lines + legend


def draw_plot(
    lines: Sequence[Line],
    width: int,
    height: int,
    axis: TimeAxis,
    *,
    top: float = 0.0,
    ascii_only: bool = False,
) -> Plot:
    """The same without a legend, with the places of its points. top: the numbers reach at least to it."""
    if height < LEAST_HEIGHT or width < LEAST_WIDTH or not lines:
        return Plot(_small_charts(lines, width, height, ascii_only), None)
    shapes = [thinned(line.values, width * POINTS_A_CELL) for line in lines]
    known = [value for values, _ in shapes for value in values if value is not None]
    whole = all(value.is_integer() for value in known)
    low, high = min([0.0, *known]), max([0.0, finite(top) or 0.0, *known])
    ticks = nice_ticks(low, high, max((height - 1) // 2, 2), whole=whole)
    points = max(len(line.values) for line in lines)
    x_ticks = _x_ticks(axis, points, width)
    with _LOCK:
        drawn = _draw(shapes, ticks, x_ticks, width, height, points, ascii_only)
    left = max(cell_width(tick_text(tick)) for tick in ticks) + 1
    frame = Frame(left, max(width - left, 1), height - AXIS_LINES, points)
    return Plot([line.translate(_TO_ASCII) for line in drawn] if ascii_only else drawn, frame)


def _plotext() -> Any:
    """plotext without the handbook and the tests that it loads with itself: more than half of 100 ms, a third
    of what is left, and 5 of 9 MB. Only where a chart is drawn."""
    for name, holds in (("_doc.doc", "docs"), ("_tests.run", "test")):
        left_out = ModuleType(f"plotext.{name}")
        left_out.__dict__[holds] = None
        sys.modules.setdefault(left_out.__name__, left_out)
    import plotext

    return plotext


def _draw(
    shapes: Sequence[tuple[list[float | None], int]],
    ticks: Sequence[float],
    x_ticks: Sequence[tuple[float, str]],
    width: int,
    height: int,
    points: int,
    ascii_only: bool,
) -> list[str]:
    plotext = _plotext()
    plotext.terminal.limit(False, False)
    figure = plotext.figure
    figure.clear()
    figure.plot_size(width, height)
    figure.theme("colorless")
    figure.axes(False, side=1)
    low, high = ticks[0], ticks[-1]
    for place, (values, group) in enumerate(shapes):
        marker = "braille" if len(shapes) == 1 and not ascii_only else mark_of(place, ascii_only=ascii_only)
        for xs, ys in _runs(values, group, low, high):
            figure.draw(figure.signal(xs, ys, marker=marker).lines(len(xs) > 1))
    figure.ruler(0).lim(0.0, float(max(points - 1, 1)))
    figure.ruler(1).lim(0.0, 1.0)
    figure.ruler(0).ticks([at for at, _ in x_ticks], [text for _, text in x_ticks])
    figure.ruler(1).ticks([(tick - low) / (high - low) for tick in ticks], [tick_text(t) for t in ticks])
    text: str = figure.build().string(colorless=True)
    figure.clear()
    return text.replace(_BLANK_BRAILLE, " ").split("\n")[:height]


def _runs(
    values: Sequence[float | None], group: int, low: float, high: float
) -> Iterator[tuple[list[float], list[float]]]:
    """Stretches without a gap, as places on the axis and heights from 0 to 1."""
    xs: list[float] = []
    ys: list[float] = []
    for place, value in enumerate(values):
        if value is None:
            if xs:
                yield xs, ys
            xs, ys = [], []
        else:
            xs.append(float(place * group))
            ys.append(min(max((value - low) / (high - low), 0.0), 1.0))
    if xs:
        yield xs, ys


def mark_of(place: int, *, ascii_only: bool = False) -> str:
    """What the line of that place is drawn with, where there are several."""
    marks = MARKS_ASCII if ascii_only else MARKS
    return marks[place % len(marks)]


def _x_ticks(axis: TimeAxis, points: int, width: int) -> list[tuple[float, str]]:
    end_ms = axis.start_ms + max(points, 1) * axis.step_ms
    found = time_ticks(axis.start_ms, end_ms, max(width // 12, 1), axis.zone)
    placed = [((at - axis.start_ms) / axis.step_ms, text) for at, text in found]
    return [(at, text) for at, text in placed if at <= points - 1]


def flowed(entries: Sequence[Entry], width: int, *, ascii_only: bool = False) -> list[list[Entry]]:
    """The entries in as few lines of `width` cells as they take; one that is too long for a line is cut."""
    rows: list[list[Entry]] = [[]]
    used = 0
    for entry in entries:
        mark = 0 if entry.line is None else MARK_WIDTH
        text = fit(entry.text, min(cell_width(entry.text), max(width - mark, 0)), ascii_only=ascii_only)
        size = mark + cell_width(text)
        if rows[-1] and used + len(ENTRY_GAP) + size > width:
            rows.append([])
            used = 0
        used += size + (len(ENTRY_GAP) if rows[-1] else 0)
        rows[-1].append(Entry(entry.line, text))
    return rows


def _legend(lines: Sequence[Line], width: int, ascii_only: bool) -> list[str]:
    """What each line is."""
    entries = [Entry(place, line.label) for place, line in enumerate(lines)]
    rows = flowed(entries, width, ascii_only=ascii_only)
    drawn = (
        ENTRY_GAP.join(f"{mark_of(entry.line or 0, ascii_only=ascii_only)} {entry.text}" for entry in row)
        for row in rows
    )
    return [fit(text, width, ascii_only=ascii_only) for text in drawn]


def _small_charts(lines: Sequence[Line], width: int, height: int, ascii_only: bool) -> list[str]:
    """No room for axes: one sparkline for each line of the chart."""
    drawn = [sparkline(line.values, width, ascii_only=ascii_only) for line in lines[: max(height, 0)]]
    return drawn + [" " * max(width, 0)] * (height - len(drawn))


def bar_chart(bars: Sequence[Bar], width: int, *, ascii_only: bool = False) -> list[str]:
    """One line for each bar: label, bar, number. A value that cannot be drawn has no bar."""
    if width < 1:
        return ["" for _ in bars]
    numbers = [finite(bar.value) for bar in bars]
    most = max((number for number in numbers if number is not None), default=0.0)
    label_width = min(max((cell_width(bar.label) for bar in bars), default=0), max(width * 2 // 5, 1))
    shown_width = min(
        max((cell_width(bar.shown) for bar in bars), default=0), max(width - label_width - 1, 0)
    )
    room = width - label_width - shown_width - 2
    drawn = []
    for bar, number in zip(bars, numbers, strict=True):
        share = 0.0 if number is None or most <= 0 else max(number, 0.0) / most
        label = fit(bar.label, label_width, ascii_only=ascii_only)
        shown = fit(bar.shown, shown_width, right=True, ascii_only=ascii_only)
        parts = [label, _bar(share, room, ascii_only), shown] if room > 0 else [label, shown]
        drawn.append(fit(" ".join(parts), width, ascii_only=ascii_only))
    return drawn


def _bar(share: float, room: int, ascii_only: bool) -> str:
    """A bar over `share` of `room` cells; whatever is above 0 shows."""
    if ascii_only:
        full = round(share * room)
        return fit("#" * max(full, 1 if share > 0 else 0), room)
    eighths = max(round(share * room * 8), 1 if share > 0 else 0)
    full, part = divmod(eighths, 8)
    return fit(BLOCKS[-1] * full + (BLOCKS[part - 1] if part else ""), room)


def sparkline(values: Sequence[Number], width: int, *, ascii_only: bool = False) -> str:
    """The newest `width` cells of a small chart without axes; gaps are blank, 0 is the lowest mark, and
    however small another number is, its mark is not that of 0."""
    if width < 1:
        return ""
    levels = LEVELS_ASCII if ascii_only else LEVELS
    numbers, _ = thinned(values, width)
    known = [number for number in numbers if number is not None]
    low, high = min([0.0, *known]), max([0.0, *known])
    steps = (len(levels) - 1) / ((high - low) or 1.0)
    highest = len(levels) - 1
    zero = min(max(round(-low * steps), low < 0), highest - (high > 0))

    def level(number: float) -> int:
        place = round((number - low) * steps)
        if number > 0:
            return min(max(place, zero + 1), highest)
        return max(min(place, zero - 1), 0) if number < 0 else zero

    return "".join(" " if number is None else levels[level(number)] for number in numbers).ljust(width)

"""What is said below a chart: its legend, or the time and the values at its cursor. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from backend import plot

RANGE_HINT = "enter zooms in"


class ChartCursor(NamedTuple):
    """A place in time. since_ms: where a range that ends here was begun; None: it marks no range."""

    at_ms: int
    since_ms: int | None = None


def plain_number(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"


class ChartWords(NamedTuple):
    """The lines of a chart over a time, and how their numbers are read."""

    lines: tuple[plot.Line, ...]
    axis: plot.TimeAxis | None
    read: Callable[[float | None], str]

    @property
    def points(self) -> int:
        return max((len(line.values) for line in self.lines), default=0)

    def legend(self) -> list[plot.Entry]:
        """What each line is."""
        return [plot.Entry(place, line.label) for place, line in enumerate(self.lines)]

    def readout(self, cursor: ChartCursor) -> list[plot.Entry]:
        """The time at the cursor and what each line says there; of a range, their sums."""
        first, last = self.span(cursor)
        told = [self.read(_sum(line.values[first : last + 1])) for line in self.lines]
        return self._entries(self._time_text(first, last, is_range=cursor.since_ms is not None), told)

    def widest_readout(self, *, is_range: bool) -> list[plot.Entry]:
        """One that takes as much room as any of a point, or of a range."""
        last = self.points - 1
        spans = [(0, last)] if is_range else [(place, place) for place in range(self.points)]
        times = (self._time_text(*span, is_range=is_range) for span in spans)
        widest = []
        for line in self.lines:
            texts = map(self.read, (*line.values, _sum(line.values) if is_range else None, None))
            widest.append(max(texts, key=plot.cell_width))
        return self._entries(max(times, key=plot.cell_width, default=""), widest)

    def point(self, at_ms: int) -> int:
        """The point that stands for a time, else the nearest."""
        point = 0 if self.axis is None else self.axis.point_of(at_ms)
        return min(max(point, 0), max(self.points - 1, 0))

    def span(self, cursor: ChartCursor) -> tuple[int, int]:
        """First and last point that the cursor marks."""
        here = self.point(cursor.at_ms)
        there = here if cursor.since_ms is None else self.point(cursor.since_ms)
        return min(here, there), max(here, there)

    def _entries(self, time: str, values: Sequence[str]) -> list[plot.Entry]:
        named = zip(self.lines, values, strict=True)
        told = [plot.Entry(place, f"{line.label} {text}") for place, (line, text) in enumerate(named)]
        return [plot.Entry(None, time), *told]

    def _time_text(self, first: int, last: int, *, is_range: bool) -> str:
        text = "" if self.axis is None else self.axis.span_text(first, last)
        return f"{text}, {RANGE_HINT}" if is_range else text


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None

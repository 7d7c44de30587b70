"""Two windows side by side as the console shows them: the table of a pane, its headline, what a row opens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, tzinfo

from rich.cells import cell_len

from backend.model import DAY_MS, HOUR_MS, PaneData, Report, Series, Window
from backend.numbers import MINUTE_MS, format_cell, format_length, format_minute, zone_name
from backend.reports.compare import row_name, series_by_time
from backend.reports.panes import Pane
from backend.reports.report import tab_of
from tui.presenters.drill import Number, chart_numbers, figure_number, row_numbers
from tui.presenters.panes import row_key
from tui.presenters.report import cut_name, fitting
from tui.presenters.times import format_after
from widgets.columns import Column, Row

EARLIER: Sequence[tuple[str, str]] = (
    ("the window before", "before"),
    ("a day earlier", "1d"),
    ("a week earlier", "7d"),
    ("four weeks earlier", "28d"),
)
"""Windows to compare with, and how `backend.reports.compare.other_window` calls them."""
PLOT_LINES = 10
"""Lines of a chart, its axis of time among them and what is said below it not."""
SIDE_BY_SIDE = 100
"""Cells from which on the charts of both windows stand beside each other, not one above the other."""
VALUE_CELLS = 8
"""What the value of a line at the cursor, and the gap to the next, take below a chart."""
MOST_TABLE_LINES = 40


def headline(report: Report | None, note: str, zone: tzinfo, cells: int) -> tuple[str, str]:
    """Two lines of at most so many cells: what is compared, and which windows, said as fully as there is
    room and never cut inside a word or a time. note: what the keys do now; windows without room behind it
    wait until it is gone."""
    if report is None or report.compared is None:
        return "two windows side by side", "loading"
    behind = f"   {tab_of(report.subject, report.tab).title}   two windows side by side"
    first = cut_name(report.subject.name, cells - cell_len(behind)) + behind
    said = [fitting((note, words), cells) for words in _pair_words(report.window, report.compared, zone)]
    return first, max(said, key=lambda line: (cell_len(line) <= cells, cell_len(line)))


def _pair_words(this: Window, other: Window, zone: tzinfo) -> Iterator[str]:
    """Which two windows they are, in full and shorter; what the second shares with the first is left out."""
    start, after = format_minute(this.start_ms, zone), format_after(other.start_ms, this.start_ms, zone)
    mine, theirs = (zone_name(zone, window.end_ms) for window in (this, other))
    own = "" if mine == theirs else f" {mine}"
    if _is_told_by_length(this) and _is_told_by_length(other):
        length, other_length = format_length(this.length_ms), format_length(other.length_ms)
        yield f"{length} from {start}{own} compared with {other_length} from {after} {theirs}"
    else:
        ends = (format_after(window.end_ms, window.start_ms, zone) for window in (this, other))
        yield f"{start} - {next(ends)}{own} compared with {after} - {next(ends)} {theirs}"
    yield f"from {start}{own} and from {after} {theirs}"
    yield f"from {start}"


def _is_told_by_length(window: Window) -> bool:
    """Whether the words for its length leave nothing out."""
    units = (MINUTE_MS, DAY_MS), (HOUR_MS, 10 * DAY_MS), (DAY_MS, window.length_ms + 1)
    return any(window.length_ms % unit == 0 and window.length_ms < below for unit, below in units)


def columns(data: PaneData) -> tuple[Column, ...]:
    first, *others = data.columns
    numbers = (Column(f"c{place}", title, least=6, align="right") for place, title in enumerate(others))
    return (Column("label", first, least=12, grow=1), *numbers)


def rows(data: PaneData) -> tuple[Row, ...]:
    return tuple(Row(row_key(row), (row.label, *map(format_cell, row.cells))) for row in data.rows)


def pane_lines(data: PaneData, cells: int) -> int:
    """Lines that a pane of so many cells wants, its frame included."""
    charts = series_by_time(data.series)
    is_beside = cells >= SIDE_BY_SIDE and len(charts) > 1
    width = max(1, (cells - 2) // len(charts) if is_beside else cells - 2)
    lines = [PLOT_LINES + _told_lines(series, width) for series in charts]
    return 2 + table_lines(data) + (max(lines) if is_beside else sum(lines))


def table_lines(data: PaneData) -> int:
    """Lines of a pane's table, its heading among them."""
    return 1 + max(1, min(len(data.rows), MOST_TABLE_LINES))


def _told_lines(series: Sequence[Series], width: int) -> int:
    """Lines that the legend of a chart, or what its lines say at the cursor, may take."""
    told = sum(cell_len(one.label) + VALUE_CELLS for one in series)
    return 1 + -(-told // width)


Side = tuple[str, Report]
"""What to call a window, and its report."""


def numbers_of(sides: Sequence[Side], pane: str, label: str) -> Iterator[Number]:
    """The numbers of a row, one of each window that has it."""
    for name, report in sides:
        for entry, data in _panes(report, pane):
            for number in _numbers(report, entry, data, label):
                yield number._replace(label=f"{number.label}, {name}")


def point_numbers(side: Side, pane: str, start_ms: int | None, zone: tzinfo) -> Iterator[Number]:
    """What the lines of one window's chart say at the point that starts then; None: their sums."""
    name, report = side
    for entry, data in _panes(report, pane):
        for number in chart_numbers(report, entry, data, start_ms, zone):
            yield number._replace(label=f"{number.label}, {name}")


def _panes(report: Report, pane: str) -> Iterator[tuple[Pane, PaneData]]:
    """The pane of this name in the catalogue, with its numbers."""
    known = {entry.id: entry for entry in tab_of(report.subject, report.tab).panes}
    yield from ((known[pane], data) for data in report.panes if data.pane == pane and pane in known)


def _numbers(report: Report, pane: Pane, data: PaneData, label: str) -> Iterator[Number]:
    for figure in data.figures:
        if figure.label == label and figure.value:
            number = figure_number(report, pane, data, f"{figure.metric} {figure.label}")
            if number is not None:
                yield number
    if not data.figures and not data.columns:
        yield from (one for one in chart_numbers(report, pane, data, None, UTC) if one.label == label)
    for row in data.rows:
        if row.label == label or label.startswith(f"{row.label}: "):
            names = {row_name(data, row.label, heading): heading for heading in data.columns[1:]}
            heading = names.get(label)
            yield from (
                number
                for number in row_numbers(report, pane, data, row)
                if heading is not None and number.label == f"{heading}: {row.label}"
            )

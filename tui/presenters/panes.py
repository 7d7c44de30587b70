"""A pane's data as the values of its widgets: figures, a chart, a table; and where the pane lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import NamedTuple

from backend.model import Availability, Figure, PaneData, Series, TableRow
from backend.numbers import WHY, format_cell, format_change, format_count, format_figure
from backend.plot import Line, TimeAxis
from backend.reports.panes import SHARE
from backend.reports.report import Drawing, Pane, RowsOf
from tui.layout import Box
from widgets.columns import Column, Row
from widgets.figure import FigureValue, State
from widgets.figure_row import lines_of
from widgets.pane_page import Slot, place
from widgets.step_path import StepValue

STATES: Mapping[Availability, State] = {
    Availability.KNOWN: "known",
    Availability.TRACKING_OFF: "tracking_off",
    Availability.NO_PERMISSION: "no_permission",
    Availability.NOT_COLLECTED: "not_collected",
    Availability.NO_FEED: "no_feed",
}


CHART_LINES, TALL_CHART_LINES = 9, 13
MANY_LINES = 5
"""So many lines of a chart cannot be told apart in a low one."""
MOST_TABLE_LINES = 10
"""A longer table scrolls inside its pane."""
MOST_STEPS = 16
"""Likewise a longer path."""
LEAST_LABEL, LEAST_BARRED_LABEL = 10, 16
"""Cells of what a row is about before numbers, or bars, give way to it."""
LAST_TO_COME = 99
"""The `drop` of a column that is there only where all others fit."""
LEAST_BAR, MOST_BAR = 8, 48
"""Cells of the bars beside a table's numbers."""


class PaneParts(NamedTuple):
    """Which widgets a pane has: what its catalogue entry asks for."""

    figures: bool
    chart: bool
    bars: bool
    table: bool
    path: bool
    """Steps in their order, in place of the table."""


def short_title(pane: Pane) -> str:
    """What a pane is called where its title does not fit."""
    return pane.title.replace(" hours", " h")


def parts_of(pane: Pane, drawing: Drawing | None = None) -> PaneParts:
    """What a pane shows by one of its drawings; None: all that it can."""
    has_table = pane.rows is not RowsOf.NOTHING
    has_path = Drawing.PATH in pane.drawings and drawing in (None, Drawing.PATH)
    return PaneParts(
        figures=(bool(pane.figures) or pane.leader) and drawing in (None, Drawing.FIGURES),
        chart=bool(pane.graph) and drawing in (None, Drawing.LINE),
        bars=Drawing.BARS in pane.drawings and drawing in (None, Drawing.BARS),
        table=has_table and not has_path and drawing in (None, Drawing.TABLE, Drawing.BARS),
        path=has_path,
    )


def drawings_of(pane: Pane) -> tuple[Drawing, ...]:
    """The drawings that a person can choose: those that show something alone, and not all that there is."""
    return tuple(
        one for one in pane.drawings if any(parts_of(pane, one)) and parts_of(pane, one) != parts_of(pane)
    )


def pane_height(pane: Pane, data: PaneData, cells: int, drawing: Drawing | None = None) -> int:
    """Lines that a pane of that many cells wants, its frame included."""
    parts = parts_of(pane, drawing)
    lines = 2
    if parts.figures:
        lines += figure_lines(data, cells - 2)
    if parts.chart:
        lines += chart_lines(data)
    if parts.table:
        lines += table_lines(data)
    if parts.path:
        lines += 1 + max(1, min(len(data.rows), MOST_STEPS))
    return lines


def figure_lines(data: PaneData, cells: int) -> int:
    """Lines of the pane's figures, flowing in a row of that many cells."""
    return lines_of(figures(data), cells)


def chart_lines(data: PaneData) -> int:
    """Lines of the pane's chart; one where there is nothing to draw, for the reason."""
    if not _is_drawn(data):
        return 1
    return CHART_LINES if len(data.series) < MANY_LINES else TALL_CHART_LINES


def table_lines(data: PaneData) -> int:
    """Lines of the pane's table, with its titles where it has rows."""
    return 1 + min(len(data.rows), MOST_TABLE_LINES) if data.rows else 1


def slots_of(
    boxes: Sequence[Box], panes: Mapping[str, Pane], data: Mapping[str, PaneData], cells: int
) -> tuple[Slot, ...]:
    """Where the panes of a layout lie on a page of that many cells, each as high as it was made, or needs.

    Panes without data, such as those on offers where there are none, take no place.
    """
    here = [box for box in boxes if box.pane in data]
    widths = {rect.pane: rect.width for rect in place([Slot(box.pane, box.span, 1) for box in here], cells)}
    return tuple(
        Slot(
            box.pane,
            box.span,
            box.height or pane_height(panes[box.pane], data[box.pane], widths[box.pane], box.drawing),
        )
        for box in here
    )


def figures(data: PaneData) -> tuple[FigureValue, ...]:
    """The pane's numbers; each course is that of the series of the same metric."""
    series = {line.metric: line for line in data.series}
    return tuple(_figure(figure, series.get(figure.metric)) for figure in data.figures)


def _figure(figure: Figure, series: Series | None) -> FigureValue:
    return FigureValue(
        key=f"{figure.metric} {figure.label}",
        label=figure.label,
        text=format_figure(figure),
        change=format_change(figure),
        trend=figure.course if series is None else series.values,
        state=STATES[figure.availability],
        note=figure.note or "",
    )


def columns(data: PaneData, *, bars: bool) -> tuple[Column, ...]:
    """The table's columns: the label's grows, numbers stand at the right, behind the first of them its bar.

    Where it is narrow the bar gives way to other numbers, but not to a share, which tells the same.
    """
    if not data.columns:
        return ()
    title, *others = data.columns
    label = Column("label", title, least=LEAST_BARRED_LABEL if bars else LEAST_LABEL, grow=4)
    first, *numbers = [_number_column(other, place, len(others)) for place, other in enumerate(others)]
    if not bars:
        return (label, first, *numbers)
    if len(numbers) == 1 and others[-1] == SHARE:
        numbers[0] = numbers[0]._replace(drop=LAST_TO_COME)
    bar = Column("bar", "", least=LEAST_BAR, most=MOST_BAR, grow=1, look="bar", drop=LAST_TO_COME - 1)
    return (label, first, bar, *numbers)


def _number_column(title: str, place: int, count: int) -> Column:
    """On a narrow terminal the last columns go first, the first one never."""
    return Column(f"c{place}", title, least=3, align="right", drop=place and 1 + place * 10 // count)


def rows(data: PaneData, *, bars: bool) -> tuple[Row, ...]:
    """The table's rows; a missing number says why in its place."""
    most = max((_size(row) for row in data.rows), default=0.0)
    return tuple(_row(row, most, bars) for row in data.rows)


def row_key(row: TableRow) -> str:
    """What the table's widget knows a row by, wherever it moves: what it is about."""
    about = row.label if row.key is None or row.value is not None else ""
    return f"{row.key or ''}{'*' if row.is_rest else ':'}{about}"


def _row(row: TableRow, most: float, bars: bool) -> Row:
    first, *others = [format_cell(cell) for cell in row.cells]
    drawn = (f"{_size(row) / most if most else 0.0:.4f}",) if bars else ()
    return Row(row_key(row), (row.label, first, *drawn, *others))


PATH_TITLES = {"done": "completed", "inside": "inside now"}
"""What a path's numbers are called here."""


def path(data: PaneData) -> tuple[StepValue, ...]:
    """The steps of a scenario with their numbers; the longest bar is that of the most completed one."""
    most = max((_size(row) for row in data.rows), default=0.0)
    return tuple(_step(row, most) for row in data.rows)


def _step(row: TableRow, most: float) -> StepValue:
    done, inside, left, errors, drop = (format_cell(cell) for cell in row.cells)
    return StepValue(
        key=row_key(row),
        name=row.label,
        done=done,
        inside=inside,
        left=left,
        errors=errors,
        drop=drop,
        share=_size(row) / most if most else 0.0,
        is_branch=row.is_branch,
        alarm=bool(row.cells[3].value),
    )


def _size(row: TableRow) -> float:
    """What a row's bar is about: its first number."""
    value = row.cells[0].value if row.cells else None
    return 0.0 if value is None or isinstance(value, str) else float(value)


def chart(data: PaneData, zone: tzinfo) -> tuple[tuple[Line, ...], TimeAxis | None]:
    """The pane's series as lines over their common time; where nothing is known there is no axis."""
    if not _is_drawn(data):
        return (), None
    first = data.series[0]
    lines = tuple(Line(series.label, series.values) for series in data.series)
    return lines, TimeAxis(first.start_ms, first.step_ms, zone)


def _is_drawn(data: PaneData) -> bool:
    """Whether a chart has anything to draw: a line that is 0 all the way is something."""
    return any(value is not None for series in data.series for value in series.values)


def read_point(value: float | None) -> str:
    """A value of a chart at its cursor."""
    return "not known" if value is None else format_count(value)


def empty_text(data: PaneData) -> str:
    """Why a table has no rows: one of five displays that are never mixed (R47)."""
    return WHY[data.availability] or "none in this time"

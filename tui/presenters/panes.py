"""A pane's data as the values of its widgets: figures, a chart, a table; and where the pane lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import NamedTuple

from backend.model import Availability, Figure, PaneData, Series, TableRow
from backend.numbers import WHY, format_cell, format_change, format_count, format_figure
from backend.plot import Line, TimeAxis
from backend.reports import Drawing, Pane, RowsOf
from tui.layout import Box
from widgets.columns import Column, Row
from widgets.figure import HEIGHT, FigureValue, State
from widgets.figure_row import GUTTER, LEAST_WIDTH
from widgets.pane_page import Slot, place
from widgets.share_bar import share_bar
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
LEAST_BAR, MOST_BAR = 8, 48
"""Cells of the bars beside a table's numbers; a third of the pane between these."""


class PaneParts(NamedTuple):
    """Which widgets a pane has: what its catalogue entry asks for."""

    figures: bool
    chart: bool
    bars: bool
    table: bool
    path: bool
    """Steps in their order, in place of the table."""


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
        lines += figure_lines(len(data.figures), cells - 2)
    if parts.chart:
        lines += CHART_LINES if len(data.series) < MANY_LINES else TALL_CHART_LINES
    if parts.table:
        lines += table_lines(data)
    if parts.path:
        lines += 1 + max(1, min(len(data.rows), MOST_STEPS))
    return lines


def figure_lines(count: int, cells: int) -> int:
    """Lines of so many figures, flowing in a row of that many cells."""
    per_line = max(1, min(count, cells // (LEAST_WIDTH + GUTTER)))
    return HEIGHT * max(1, -(-count // per_line))


def table_lines(data: PaneData) -> int:
    """Lines of the pane's table with its titles."""
    return 1 + max(1, min(len(data.rows), MOST_TABLE_LINES))


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
        trend=() if series is None else series.values,
        state=STATES[figure.availability],
        note=figure.note or "",
    )


def bar_cells(pane_cells: int) -> int:
    """Cells of the bars in a pane of that many."""
    return max(LEAST_BAR, min(pane_cells // 3, MOST_BAR))


def columns(data: PaneData, bar: int) -> tuple[Column, ...]:
    """The table's columns: the label's grows, numbers stand at the right. bar: cells of the bars behind."""
    if not data.columns:
        return ()
    first, *others = data.columns
    numbers = (_number_column(title, place, len(others)) for place, title in enumerate(others))
    drawn = (Column("bar", "", least=bar, most=bar, drop=99),) if bar else ()
    return (Column("label", first, least=10, grow=1), *numbers, *drawn)


def _number_column(title: str, place: int, count: int) -> Column:
    """On a narrow terminal the last columns go first, the first one never."""
    return Column(f"c{place}", title, least=3, align="right", drop=place and 1 + place * 10 // count)


def rows(data: PaneData, bar: int) -> tuple[Row, ...]:
    """The table's rows; a missing number says why in its place. bar: cells of a row's bar, 0 for none."""
    most = max((_size(row) for row in data.rows), default=0.0)
    return tuple(_row(row, most, bar) for row in data.rows)


def row_key(row: TableRow) -> str:
    """What the table's widget knows a row by, wherever it moves: what it is about."""
    about = row.label if row.key is None or row.value is not None else ""
    return f"{row.key or ''}{'*' if row.is_rest else ':'}{about}"


def _row(row: TableRow, most: float, bar: int) -> Row:
    drawn = (share_bar(_size(row) / most if most else 0.0, bar),) if bar else ()
    return Row(row_key(row), (row.label, *(format_cell(cell) for cell in row.cells), *drawn))


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
    if not any(value is not None for series in data.series for value in series.values):
        return (), None
    first = data.series[0]
    lines = tuple(Line(series.label, series.values) for series in data.series)
    return lines, TimeAxis(first.start_ms, first.step_ms, zone)


def read_point(value: float | None) -> str:
    """A value of a chart at its cursor."""
    return "not known" if value is None else format_count(value)


def empty_text(data: PaneData) -> str:
    """Why a table has no rows: one of five displays that are never mixed (R47)."""
    return WHY[data.availability] or "none in this time"

"""One pane of a delivery's tracking: whatever its data holds, figures, chart and table."""

from __future__ import annotations

from datetime import tzinfo

from textual.widget import Widget
from textual.widgets import Static

from backend.model import Availability, PaneData
from backend.numbers import format_cell
from tui.presenters import panes
from tui.presenters.heat import heat_lines, is_heat
from widgets.chart import Chart
from widgets.columns import Column, Row
from widgets.figure_row import FigureRow
from widgets.heat_table import HeatTable
from widgets.pane import Pane
from widgets.shown import line
from widgets.table_pane import TablePane

CHART_LINES = 12
MOST_TABLE_LINES = 40


def pane_lines(data: PaneData, cells: int) -> int:
    """Lines that the pane wants, its frame included."""
    if data.availability is not Availability.KNOWN:
        return 4
    lines = 2
    if data.figures:
        lines += panes.figure_lines(data, cells - 2)
    if data.series:
        lines += CHART_LINES
    if data.columns:
        rows = heat_lines(data, cells).rows if is_heat(data) else data.rows
        lines += 1 + max(1, min(len(rows), MOST_TABLE_LINES))
    return lines


class TrackingPane(Pane):
    """The widgets that one pane's data asks for; `fill` puts other numbers of the same shape into them."""

    def __init__(self, data: PaneData) -> None:
        is_known = data.availability is Availability.KNOWN
        self._figures = FigureRow(classes="-figures") if data.figures and is_known else None
        self._chart = Chart(read=panes.read_point) if data.series and is_known else None
        table = HeatTable() if is_heat(data) else TablePane()
        self._table = table if data.columns and is_known else None
        self._reason = None if is_known else Static(line(""), classes="-reason")
        for rows in (self._figures, self._table):
            if rows is not None:
                rows.is_quiet = True
        bodies: list[Widget | None] = [self._figures, self._chart, self._table, self._reason]
        super().__init__(data.pane, data.title, *(body for body in bodies if body is not None))

    @staticmethod
    def shape(data: PaneData) -> str:
        """What decides which widgets there are."""
        parts = (bool(data.figures), bool(data.series), bool(data.columns), is_heat(data))
        return f"{data.pane} {data.availability} {parts}"

    def fill(self, data: PaneData, zone: tzinfo, cells: int) -> None:
        """Show these numbers in a pane of that many cells."""
        if self._figures is not None:
            self._figures.set_figures(panes.figures(data))
        if self._chart is not None:
            self._chart.set_chart(*panes.chart(data, zone))
        if self._table is not None:
            self._table.set_empty(panes.empty_text(data))
            if isinstance(self._table, HeatTable):
                rows, heat = heat_lines(data, cells)
                self._table.set_heat(heat)
            else:
                rows = _rows(data)
            self._table.set_table(_columns(data), rows)
            if self._chart is not None:
                self._table.styles.height = 1 + max(1, min(len(data.rows), MOST_TABLE_LINES))
        if self._reason is None:
            self.set_state(note=data.note or "")
        else:
            self._reason.update(line(data.note or panes.empty_text(data), 1_000))


def _columns(data: PaneData) -> list[Column]:
    """Words stand at the left and the last of them grows; numbers stand at the right."""
    first, *others = data.columns
    told = [Column("label", first, least=16, grow=2)]
    for place, title in enumerate(others):
        words = any(isinstance(row.cells[place].value, str) and row.cells[place].value for row in data.rows)
        if words and place:
            told.append(Column(f"c{place}", title, least=20, grow=3))
        else:
            told.append(Column(f"c{place}", title, least=3, align="left" if words else "right"))
    return told


def _rows(data: PaneData) -> tuple[Row, ...]:
    drawn = ((row.label, *(format_cell(cell) for cell in row.cells)) for row in data.rows)
    return tuple(Row(str(place), cells) for place, cells in enumerate(drawn))

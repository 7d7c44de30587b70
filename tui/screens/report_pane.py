"""One pane of a report: figures, chart and table in a box, filled from the pane's data."""

from __future__ import annotations

from datetime import tzinfo

from textual.widget import Widget

from backend.model import PaneData, TableRow
from backend.reports import Drawing
from backend.reports import Pane as CataloguePane
from tui.presenters import panes
from widgets.chart import Chart
from widgets.figure_row import FigureRow
from widgets.pane import Pane
from widgets.table_pane import TablePane


class ReportPane(Pane):
    """The widgets of a catalogue entry; `fill` puts numbers into them."""

    can_be_arranged = True

    def __init__(self, entry: CataloguePane) -> None:
        parts = panes.parts_of(entry)
        self.entry = entry
        self.pane_data: PaneData | None = None
        self.figures = FigureRow(classes="-figures") if parts.figures else None
        self.chart = Chart(read=panes.read_point) if parts.chart else None
        self.table = TablePane() if parts.table else None
        self._drawing: Drawing | None = None
        self._bars = parts.bars
        self._said = ("", False, "")
        self._filled: tuple[PaneData, tzinfo, int] | None = None
        bodies: list[Widget] = [body for body in (self.figures, self.chart, self.table) if body is not None]
        super().__init__(entry.id, entry.title, *bodies)

    def fill(self, data: PaneData, zone: tzinfo, cells: int) -> None:
        """Show these numbers in a pane of that many cells; the same again paint nothing."""
        if self._filled == (data, zone, cells):
            return
        self._filled = data, zone, cells
        self.pane_data = data
        if self.figures is not None:
            self.figures.set_figures(panes.figures(data))
        if self.chart is not None:
            self.chart.set_empty(panes.empty_text(data))
            self.chart.set_chart(*panes.chart(data, zone))
        if self.table is not None:
            self.table.set_empty(panes.empty_text(data))
            bar = panes.bar_cells(cells) if self._bars else 0
            self.table.set_table(panes.columns(data, bar), panes.rows(data, bar))
            if self.chart is not None:
                self.table.styles.height = panes.table_lines(data) if self.chart.display else "1fr"

    def row_at(self, key: str) -> TableRow | None:
        """The row of the table that the widget knows by this key."""
        rows = () if self.pane_data is None else self.pane_data.rows
        return next((row for row in rows if panes.row_key(row) == key), None)

    def draw_as(self, drawing: Drawing | None) -> None:
        """Show one of the pane's drawings; None: all that it has."""
        if drawing == self._drawing:
            return
        self._drawing, self._filled = drawing, None
        parts = panes.parts_of(self.entry, drawing)
        self._bars = parts.bars
        shown = ((self.figures, parts.figures), (self.chart, parts.chart), (self.table, parts.table))
        for body, is_shown in shown:
            if body is not None:
                body.display = is_shown

    def say(self, age: str, *, is_old: bool, note: str) -> None:
        """How old the numbers are where that is not as it should be, and what is to be known of them."""
        if (age, is_old, note) != self._said:
            self._said = age, is_old, note
            self.set_state(age, stale=is_old, note=note)

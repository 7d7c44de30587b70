"""One pane of a report: figures, chart and table in a box, filled from the pane's data."""

from __future__ import annotations

from datetime import tzinfo

from textual.widget import Widget

from backend.model import PaneData, TableRow
from backend.reports.report import Drawing
from backend.reports.report import Pane as CataloguePane
from tui.presenters import panes
from widgets.chart import Chart
from widgets.figure_row import FigureRow
from widgets.pane import Pane
from widgets.step_path import StepPath
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
        self.path = StepPath(titles=panes.PATH_TITLES) if parts.path else None
        has_table = parts.table or Drawing.TABLE in entry.drawings
        self.table = TablePane() if has_table else None
        self._drawing: Drawing | None = None
        self._bars = parts.bars
        self._filled: tuple[PaneData, tzinfo] | None = None
        shown = {body: is_shown for body, is_shown in self._bodies(parts) if body is not None}
        super().__init__(entry.id, entry.title, *shown, short_title=panes.short_title(entry))
        for body, is_shown in shown.items():
            body.display = is_shown
        for rows in (self.figures, self.path, self.table):
            if rows is not None:
                rows.is_quiet = True

    def _bodies(self, parts: panes.PaneParts) -> list[tuple[Widget | None, bool]]:
        """What there may be, from top to bottom, and whether it is shown."""
        return [
            (self.figures, parts.figures),
            (self.chart, parts.chart),
            (self.path, parts.path),
            (self.table, parts.table),
        ]

    def fill(self, data: PaneData, zone: tzinfo) -> None:
        """Show these numbers; the same again paint nothing."""
        if self._filled == (data, zone):
            return
        self._filled = data, zone
        self.pane_data = data
        if self.figures is not None:
            self.figures.set_figures(panes.figures(data))
        if self.chart is not None:
            self.chart.set_empty(panes.empty_text(data))
            self.chart.set_chart(*panes.chart(data, zone))
        if self.path is not None:
            self.path.set_empty(panes.empty_text(data))
            self.path.set_steps(panes.path(data))
        if self.table is not None:
            self.table.set_empty(panes.empty_text(data))
            self.table.set_table(panes.columns(data, bars=self._bars), panes.rows(data, bars=self._bars))
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
        for body, is_shown in self._bodies(parts):
            if body is not None:
                body.display = is_shown

    def say(self, age: str, *, is_old: bool, note: str) -> None:
        """How old the numbers are where that is not as it should be, and what is to be known of them."""
        self.set_state(age, stale=is_old, note=note)

"""Opening a number of the report: to the rows that it counts, to a delivery's own report, to its meaning."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from textual import on, work
from textual.widget import Widget

from backend.errors import ParcoursError
from backend.model import SubjectKind
from backend.reports.panes import RowsOf
from backend.reports.report import tab_of
from tui import places
from tui.messages import PlaceAsked, RosterAsked, TrackingAsked
from tui.presenters.drill import (
    Number,
    chart_numbers,
    figure_number,
    is_roster,
    metric_help,
    pane_help,
    roster_query,
    row_numbers,
)
from tui.screens.chooser import Choice, Chooser, among
from tui.screens.report_choosing import ChosenReport
from tui.screens.report_pane import ReportPane
from widgets.chart import Chart
from widgets.figure import FigureValue
from widgets.row_view import RowView
from widgets.shown import notify


class OpenedNumbers(ChosenReport):
    """What `enter` and `?` do on a figure, a row or a chart."""

    @abstractmethod
    def focused_box(self) -> ReportPane | None:
        """The pane that keys act on."""

    @on(RowView.Chosen)
    def _chosen(self, chosen: RowView.Chosen) -> None:
        pane, report = _pane_around(chosen.view), self._report
        if pane is None or report is None or pane.pane_data is None:
            return
        if isinstance(chosen.row, FigureValue):
            number = figure_number(report, pane.entry, pane.pane_data, chosen.row.key)
            self._open(() if number is None else (number,), chosen.row.label)
            return
        row = pane.row_at(chosen.row.key)
        if row is None:
            return
        if pane.entry.rows is RowsOf.DELIVERY and row.key is not None:
            self._open_delivery(row.key)
        else:
            self._open(row_numbers(report, pane.entry, pane.pane_data, row), row.label)

    @on(Chart.Chosen)
    def _chart_chosen(self, chosen: Chart.Chosen) -> None:
        pane, report = _pane_around(chosen.chart), self._report
        if pane is not None and report is not None and pane.pane_data is not None:
            numbers = chart_numbers(report, pane.entry, pane.pane_data, chosen.start_ms, self.session.zone)
            self._open(numbers, pane.entry.title)

    def _open(self, numbers: Sequence[Number], label: str) -> None:
        if not numbers:
            notify(self, f"{label}: there is nothing to open")
        elif len(numbers) == 1:
            self._open_number(numbers[0])
        else:
            choices = [Choice(number.label, number.text, number) for number in numbers]
            self.app.push_screen(Chooser("Open which number", among(choices)), self._number_chosen)

    def _number_chosen(self, choice: Choice | None) -> None:
        if choice is not None and isinstance(choice.value, Number):
            self._open_number(choice.value)

    def _open_number(self, number: Number) -> None:
        if is_roster(number.drill):
            step = number.label.partition(": ")[2]
            self.post_message(RosterAsked(roster_query(number.drill, self._subjects, step)))
        else:
            from tui.screens.drill import DrillScreen

            self.app.push_screen(DrillScreen(self.session, number))

    def action_tracking(self) -> None:
        """What people did with the report's delivery, or with the one under the cursor."""
        if self._subject is not None and self._subject.kind is SubjectKind.DELIVERY:
            self.post_message(TrackingAsked(self._subject))
            return
        delivery_id = self._delivery_under_cursor()
        if delivery_id is None:
            notify(self, "tracking is of one delivery: go to its row, or to its own report")
        else:
            self._open_delivery(delivery_id, tracking=True)

    def action_tracking_place(self) -> None:
        """Go to the place of tracking, from a delivery's report to that delivery there."""
        if self._subject is not None and self._subject.kind is SubjectKind.DELIVERY:
            self.post_message(TrackingAsked(self._subject))
        else:
            self.post_message(PlaceAsked(places.TRACKING.name))

    def _delivery_under_cursor(self) -> int | None:
        pane = self.focused_box()
        if pane is None or pane.table is None or pane.entry.rows is not RowsOf.DELIVERY:
            return None
        row = pane.row_at(pane.table.cursor_key or "")
        return None if row is None else row.key

    @work(exclusive=True, group="delivery")
    async def _open_delivery(self, delivery_id: int, *, tracking: bool = False) -> None:
        """Show the delivery's own report, or its tracking; its opener is one step back."""
        try:
            deliveries = await self.session.source.catalog(SubjectKind.DELIVERY)
        except ParcoursError as error:
            notify(self, error, severity="error")
            return
        found = [subject for subject in deliveries if subject.id == delivery_id]
        if found and tracking:
            self.post_message(TrackingAsked(found[0]))
        elif found:
            self.lead_to(found[0])

    def help_about(self) -> Sequence[Choice]:
        """What the metric under the cursor means, else what the pane is about and all of its metrics."""
        pane, report = self.focused_box(), self._report
        if pane is None or report is None:
            return ()
        channel = tab_of(report.subject, report.tab).channel
        figure = pane.figures.cursor_figure if pane.figures is not None and pane.figures.has_focus else None
        if figure is None:
            lines = pane_help(pane.entry, channel)
        else:
            lines = metric_help(figure.key.partition(" ")[0], channel)
        return [Choice(*line, None) for line in lines]


def _pane_around(body: Widget) -> ReportPane | None:
    return next((node for node in body.ancestors if isinstance(node, ReportPane)), None)

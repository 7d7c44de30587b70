"""The charts of a report: one cursor for all of a tab, and a range of it that becomes the report's window."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from textual import on
from textual.binding import Binding

from tui.bindings import bound
from tui.presenters.report import Preset, range_preset
from tui.screens.compare import CompareScreen
from tui.screens.report_opening import OpenedNumbers
from tui.screens.report_pane import ReportPane
from tui.session import Session
from widgets.chart import Chart
from widgets.chart_words import ChartCursor
from widgets.pane_page import PanePage
from widgets.shown import notify

CHARTING: Sequence[Binding] = (
    bound("report.chart_cursor", "chart_cursor", show=True),
    bound("report.chart_range", "chart_range"),
    bound("report.time_back", "time_back"),
    bound("report.compare", "compare"),
)

CURSOR_SAYS = "cursor: h l move it, enter opens, space begins a range, c leaves"
RANGE_SAYS = "range: h l move its end, enter zooms in, esc leaves"
ZOOMED_SAYS = "zoomed in: Z goes back"


class ChartedReport(OpenedNumbers):
    """Keys of the charts on the page."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._chart_cursor: ChartCursor | None = None
        self._wider: list[Preset] = []
        """Windows from which the one on screen was zoomed into, the widest first."""

    @abstractmethod
    def say(self) -> None:
        """Bring the headline up to date."""

    def share_cursor(self) -> None:
        """Show the cursor, or none, on every chart of the page."""
        for chart in self.query(Chart):
            chart.set_cursor(self._chart_cursor)
        self.say()

    @property
    def mode_note(self) -> str:
        cursor = self._chart_cursor
        if cursor is None or self._in_pane_mode:
            return super().mode_note
        return CURSOR_SAYS if cursor.since_ms is None else RANGE_SAYS

    @property
    def chart_note(self) -> str:
        """Whether the window was zoomed into."""
        return ZOOMED_SAYS if self._wider else ""

    @on(Chart.CursorMoved)
    def _cursor_moved(self, moved: Chart.CursorMoved) -> None:
        self._chart_cursor = moved.cursor
        self.share_cursor()

    # --- keys ----------------------------------------------------------------------------------------

    def action_chart_cursor(self) -> None:
        """Show the cursor on the pane's chart, else on the first of the page; or take it away."""
        if self._chart_cursor is not None:
            self._drop_cursor()
            return
        chart = self._chart_of_keys()
        if chart is not None:
            chart.action_cursor(0)

    def action_chart_range(self) -> None:
        """Let a range begin at the cursor; once more: only the cursor again."""
        cursor = self._chart_cursor
        if cursor is not None and cursor.since_ms is not None:
            self._chart_cursor = ChartCursor(cursor.at_ms)
            self.share_cursor()
            return
        chart = self._chart_of_keys()
        if chart is not None:
            chart.begin_range()

    def _chart_of_keys(self) -> Chart | None:
        """The chart that keys act on: it gets the focus."""
        page = self.query_one(PanePage)
        panes = [pane for pane in page.panes.values() if isinstance(pane, ReportPane)]
        panes.sort(key=lambda pane: not pane.has_focus_within)
        charts = [pane.chart for pane in panes if pane.chart is not None and pane.chart.display]
        found = next((chart for chart in charts if chart.words.points), None)
        if found is None:
            notify(self, "no chart of this tab has anything to show")
        elif not found.has_focus:
            page.focus_body(found)
        return found

    def _drop_cursor(self) -> None:
        self._chart_cursor = None
        self.share_cursor()

    # --- the window ----------------------------------------------------------------------------------

    @on(Chart.RangeChosen)
    def _range_chosen(self, chosen: Chart.RangeChosen) -> None:
        report = self._report
        found = None
        if report is not None:
            found = range_preset(report.window, chosen.start_ms, chosen.end_ms, self.session.zone)
        self._drop_cursor()
        if found is not None:
            self._wider.append(self._preset)
            self.show_time(found)

    def action_time_back(self) -> None:
        """The window before the last zooming in."""
        if self._wider:
            self.show_time(self._wider.pop())
        else:
            notify(self, "not zoomed in: space marks a range of a chart, enter zooms into it")

    def action_compare(self) -> None:
        """This window beside the one before, or another one."""
        if self._report is not None:
            self.app.push_screen(CompareScreen(self.session, self.fetch))

    def time_chosen(self, preset: Preset) -> None:
        self._wider = []
        super().time_chosen(preset)

    def step_back(self) -> bool:
        cursor = self._chart_cursor
        if cursor is not None and cursor.since_ms is not None:
            self.action_chart_range()
        elif cursor is not None:
            self._drop_cursor()
        elif self._wider and self.zoomed is None:
            self.action_time_back()
        else:
            return super().step_back()
        return True

"""The charts of a report: a range of one becomes the report's window, two windows stand side by side."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.binding import Binding

from backend.model import Report
from tui.bindings import bound
from tui.presenters.report import Preset, range_preset
from tui.screens.chart_cursor import CURSOR_KEYS, ZOOMED_SAYS, ChartCursorPlace
from tui.screens.report_opening import OpenedNumbers
from tui.session import Session
from widgets.chart import Chart
from widgets.shown import notify

CHARTING: Sequence[Binding] = (
    *CURSOR_KEYS,
    bound("report.time_back", "time_back"),
    bound("report.compare", "compare"),
)


class ChartedReport(ChartCursorPlace[Report | None], OpenedNumbers):
    """Keys of the charts on the page."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._wider: list[Preset] = []
        """Windows from which the one on screen was zoomed into, the widest first."""

    @property
    def chart_note(self) -> str:
        """What the keys of the charts do now, and whether the window was zoomed into."""
        return super().chart_note or (ZOOMED_SAYS if self._wider else "")

    # --- the window ----------------------------------------------------------------------------------

    @on(Chart.RangeChosen)
    def _range_chosen(self, chosen: Chart.RangeChosen) -> None:
        report = self._report
        found = None
        if report is not None:
            found = range_preset(report.window, chosen.start_ms, chosen.end_ms, self.session.zone)
        self.drop_cursor()
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
        from tui.screens.compare import CompareScreen

        if self._report is not None:
            self.app.push_screen(CompareScreen(self.session, self.fetch))

    def time_chosen(self, preset: Preset) -> None:
        self._wider = []
        super().time_chosen(preset)

    def step_back(self) -> bool:
        if self.cursor_step_back():
            return True
        if not self._wider or self.zoomed is not None:
            return super().step_back()
        self.action_time_back()
        return True

"""One cursor for all charts of a place: read with keys and mouse, and the begin of a range."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from textual import on
from textual.binding import Binding

from tui.bindings import bound
from tui.screens.place import Data, PlaceScreen
from tui.session import Session
from widgets.chart import Chart
from widgets.chart_words import ChartCursor
from widgets.pane import Pane
from widgets.pane_page import PanePage
from widgets.shown import notify

CURSOR_KEYS: Sequence[Binding] = (
    bound("report.chart_cursor", "chart_cursor", show=True),
    bound("report.chart_range", "chart_range"),
)
CURSOR_SAYS = "cursor: h l move it, enter opens, space begins a range, c leaves"
ZOOMED_SAYS = "zoomed in: Z goes back"
RANGE_SAYS = "range: h l move its end, enter zooms in, esc leaves"


class ChartCursorPlace(PlaceScreen[Data]):
    """A page of panes whose charts share a cursor."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._chart_cursor: ChartCursor | None = None

    @abstractmethod
    def say(self) -> None:
        """Bring the headline up to date."""

    def charts_of(self, pane: Pane) -> Sequence[Chart]:
        """The charts of a pane, the one that keys go to first."""
        return [chart for chart in pane.query(Chart) if chart.display]

    def later_ms(self, chart: Chart) -> int:
        """By how much the time of a chart is later than that of the cursor."""
        return 0

    def share_cursor(self) -> None:
        """Show the cursor, or none, on every chart of the page."""
        for chart in self.query(Chart):
            chart.set_cursor(_moved(self._chart_cursor, self.later_ms(chart)))
        self.say()

    @property
    def chart_note(self) -> str:
        """What the keys of the charts do now."""
        cursor = self._chart_cursor
        if cursor is None:
            return ""
        return CURSOR_SAYS if cursor.since_ms is None else RANGE_SAYS

    @on(Chart.CursorMoved)
    def _cursor_moved(self, moved: Chart.CursorMoved) -> None:
        self._chart_cursor = _moved(moved.cursor, -self.later_ms(moved.chart))
        self.share_cursor()

    def action_chart_cursor(self) -> None:
        """Show the cursor on the pane's chart, else on the first of the page; or take it away."""
        if self._chart_cursor is not None:
            self.drop_cursor()
            return
        chart = self._chart_of_keys()
        if chart is not None:
            chart.action_cursor(0)

    def action_chart_range(self) -> None:
        """Let a range begin at the cursor; once more: only the cursor again."""
        if self._drop_range():
            return
        chart = self._chart_of_keys()
        if chart is not None:
            chart.begin_range()

    def _chart_of_keys(self) -> Chart | None:
        """The chart that keys act on: it gets the focus."""
        page = self.query_one(PanePage)
        panes = sorted(page.panes.values(), key=lambda pane: not pane.has_focus_within)
        charts = [chart for pane in panes for chart in self.charts_of(pane) if chart.words.points]
        if not charts:
            notify(self, "no chart of this tab has anything to show")
            return None
        found = next((chart for chart in charts if chart.has_focus), charts[0])
        if not found.has_focus:
            page.focus_body(found)
        return found

    def drop_cursor(self) -> None:
        self._chart_cursor = None
        self.share_cursor()

    def _drop_range(self) -> bool:
        """Leave only the cursor of a range; False where there is none."""
        cursor = self._chart_cursor
        if cursor is None or cursor.since_ms is None:
            return False
        self._chart_cursor = ChartCursor(cursor.at_ms)
        self.share_cursor()
        return True

    def cursor_step_back(self) -> bool:
        """From a range to the cursor, from the cursor to none; False where there is none."""
        if self._drop_range():
            return True
        had_cursor = self._chart_cursor is not None
        if had_cursor:
            self.drop_cursor()
        return had_cursor


def _moved(cursor: ChartCursor | None, by_ms: int) -> ChartCursor | None:
    if cursor is None or not by_ms:
        return cursor
    since_ms = None if cursor.since_ms is None else cursor.since_ms + by_ms
    return ChartCursor(cursor.at_ms + by_ms, since_ms)

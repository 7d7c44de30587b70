"""Two windows of a report side by side: this one and the one before, or another that is chosen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import tzinfo
from typing import ClassVar, NamedTuple

import msgspec
from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Static

from backend.compare import BEFORE, WINDOW_HINT, compared, other_window, series_by_time
from backend.model import PaneData, Report
from tui.bindings import bound
from tui.presenters import compare, panes
from tui.presenters.drill import Number
from tui.presenters.taking import command_line, csv_of, file_name
from tui.screens.chooser import Choice, Chooser, among
from tui.screens.drill import DrillScreen
from tui.screens.place import PlaceScreen, two_lines
from tui.screens.taking import write_file
from tui.session import Session
from widgets.chart import Chart
from widgets.chart_words import ChartCursor
from widgets.pane import Pane
from widgets.pane_page import COLUMNS, PanePage, Slot
from widgets.row_view import RowView
from widgets.shown import notify
from widgets.table_pane import TablePane


class Sides(NamedTuple):
    """The reports of both windows, and the two as one."""

    this: Report
    other: Report
    both: Report


class ComparePane(Pane):
    """One pane of both windows: a table of their numbers, and below it their charts beside each other."""

    def __init__(self, data: PaneData) -> None:
        self._table = TablePane()
        self._charts = [Chart(read=panes.read_point) for _ in series_by_time(data.series)]
        bodies: list[Widget] = [self._table]
        if self._charts:
            bodies.append(Horizontal(*self._charts, classes="side-by-side"))
        super().__init__(data.pane, data.title, *bodies)

    @staticmethod
    def shape(data: PaneData) -> str:
        """What decides which widgets there are."""
        return f"{data.pane} {len(series_by_time(data.series))}"

    def fill(self, data: PaneData, zone: tzinfo) -> None:
        self._table.set_table(compare.columns(data), compare.rows(data))
        top = max((value or 0 for series in data.series for value in series.values), default=0)
        for chart, series in zip(self._charts, series_by_time(data.series), strict=True):
            chart.set_chart(*panes.chart(msgspec.structs.replace(data, series=series), zone), top=top)

    @on(Chart.CursorMoved)
    def _cursor_moved(self, moved: Chart.CursorMoved) -> None:
        """The same time of both windows is read."""
        axis = moved.chart.words.axis
        for chart in self._charts:
            if axis is not None and chart is not moved.chart and chart.words.axis is not None:
                later_ms = chart.words.axis.start_ms - axis.start_ms
                since_ms = moved.cursor.since_ms
                since_ms = None if since_ms is None else since_ms + later_ms
                chart.set_cursor(ChartCursor(moved.cursor.at_ms + later_ms, since_ms))

    def drop_cursor(self) -> bool:
        """Take the cursors away; False where there was none."""
        shown = [chart for chart in self._charts if chart.cursor is not None]
        for chart in shown:
            chart.set_cursor(None)
        return bool(shown)


class CompareScreen(PlaceScreen[Sides | None]):
    """A place above the report: back leads to it."""

    NAME = "report"
    TITLE_WORD = "Two windows"
    INTERVAL_S = 5.0
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("app.time_range", "choose_other", show=True),
        bound("report.copy", "copy_command", show=True),
        bound("report.export", "export", show=True),
    ]

    def __init__(self, session: Session, read: Callable[[], Awaitable[Report | None]]) -> None:
        super().__init__(session)
        self._read = read
        self._asked = BEFORE
        self._sides: Sides | None = None
        self._boxes: dict[str, ComparePane] = {}
        self._page_of: tuple[str, ...] = ()

    def compose_body(self) -> Iterable[Widget]:
        yield Static(classes="headline")
        yield PanePage()

    async def fetch(self) -> Sides | None:
        this = await self._read()
        if this is None:
            return None
        window = other_window(self._asked, this.window, now_ms=self.session.now_ms(), zone=self.session.zone)
        other = await self.session.source.live_report(
            *(this.subject, this.tab, window or this.window.before()),
            include_test=this.include_test,
            step_id=this.step_id,
        )
        return Sides(this, other, compared(this, other))

    async def show(self, data: Sides | None) -> None:
        self._sides = data
        report = None if data is None else data.both
        said = compare.headline(report, self.session.zone)
        self.query_one(".headline", Static).update(two_lines(*said), layout=False)
        if report is not None:
            with self.app.batch_update():
                await self._lay_out(self.query_one(PanePage), report.panes)

    async def _lay_out(self, page: PanePage, shown: Sequence[PaneData]) -> None:
        key = tuple(ComparePane.shape(data) for data in shown)
        slots = [Slot(data.pane, COLUMNS, compare.pane_lines(data)) for data in shown]
        if key != self._page_of:
            self._page_of = key
            self._boxes = {data.pane: ComparePane(data) for data in shown}
            await page.set_panes(slots, self._boxes)
            page.scroll_home(animate=False)
            page.focus_next_pane()
        else:
            page.set_slots(slots)
        for data in shown:
            self._boxes[data.pane].fill(data, self.session.zone)

    def focus_body(self) -> None:
        self.query_one(PanePage).focus_next_pane()

    def redraw(self) -> None:
        self.call_later(self.show, self._sides)

    # --- keys ----------------------------------------------------------------------------------------

    def action_back(self) -> None:
        dropped = [pane.drop_cursor() for pane in self._boxes.values()]
        if not any(dropped):
            self.dismiss()

    def action_pane(self, step: int) -> None:
        self.query_one(PanePage).focus_next(step)

    def action_choose_other(self) -> None:
        """Choose the window that stands beside the report's."""
        known = among([Choice(label, "", asked) for label, asked in compare.EARLIER])

        async def find(text: str) -> Sequence[Choice]:
            sides, now_ms, zone = self._sides, self.session.now_ms(), self.session.zone
            window = (
                None if sides is None else other_window(text, sides.this.window, now_ms=now_ms, zone=zone)
            )
            return await known(text) if window is None else [Choice(text, "", text)]

        self.app.push_screen(Chooser("Compare with", find, hint=WINDOW_HINT), self._other_chosen)

    def _other_chosen(self, choice: Choice | None) -> None:
        if choice is not None and isinstance(choice.value, str):
            self._asked = choice.value
            self.action_refresh_now()

    def command_text(self) -> str | None:
        return None if self._sides is None else command_line(self.session.source.name, self._sides.both)

    def action_export(self) -> None:
        """Write both windows into a CSV file of this folder."""
        if self._sides is not None:
            report = self._sides.both
            shown = [pane.pane for pane in report.panes]
            write_file(self, file_name(report, f"{report.tab}-compared", "csv"), csv_of(report, shown))

    @on(RowView.Chosen)
    def _row_chosen(self, chosen: RowView.Chosen) -> None:
        """Open the number of a row: ask of which window where both have one."""
        pane = next((node for node in chosen.view.ancestors if isinstance(node, ComparePane)), None)
        if pane is None or self._sides is None:
            return
        label = chosen.row.cells[0]
        sides = (("this window", self._sides.this), ("compared", self._sides.other))
        choices = [
            Choice(number.label, number.text, number)
            for number in compare.numbers_of(sides, pane.pane_id, label)
        ]
        if len(choices) == 1:
            self._number_chosen(choices[0])
        elif choices:
            self.app.push_screen(Chooser("Open which number", among(choices)), self._number_chosen)
        else:
            notify(self, f"{label}: there is nothing to open")

    def _number_chosen(self, choice: Choice | None) -> None:
        if choice is not None and isinstance(choice.value, Number):
            self.app.push_screen(DrillScreen(self.session, choice.value))

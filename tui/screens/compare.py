"""Two windows of a report side by side: this one and the one before, or another that is chosen."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import tzinfo
from typing import ClassVar, NamedTuple

import msgspec
from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Static

from backend.model import PaneData, Report, Window
from backend.reports.compare import BEFORE, WINDOW_HINT, compared, other_window, series_by_time
from tui.bindings import bound
from tui.presenters import compare, panes
from tui.presenters.drill import Number
from tui.presenters.report import range_of
from tui.presenters.taking import command_line, csv_of, file_name
from tui.screens.chart_cursor import CURSOR_KEYS, ZOOMED_SAYS, ChartCursorPlace
from tui.screens.chooser import Choice, Chooser, among
from tui.screens.drill import DrillScreen
from tui.screens.place import two_lines
from tui.screens.taking import write_file
from tui.session import Session
from widgets.chart import Chart
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

    @property
    def named(self) -> tuple[compare.Side, compare.Side]:
        return ("this window", self.this), ("compared", self.other)

    @property
    def later_ms(self) -> int:
        """By how much the compared window is later than this one."""
        return self.other.window.start_ms - self.this.window.start_ms


class ComparePane(Pane):
    """One pane of both windows: a table of their numbers, and below it their charts beside each other."""

    def __init__(self, data: PaneData) -> None:
        self._table = TablePane()
        self.charts = [Chart(read=panes.read_point) for _ in series_by_time(data.series)]
        """This window's, then the compared one's; one for both where they have the same time."""
        bodies: list[Widget] = [self._table]
        if self.charts:
            bodies.append(Horizontal(*self.charts, classes="side-by-side"))
        super().__init__(data.pane, data.title, *bodies)

    @staticmethod
    def shape(data: PaneData) -> str:
        """What decides which widgets there are."""
        return f"{data.pane} {len(series_by_time(data.series))}"

    def fill(self, data: PaneData, zone: tzinfo) -> None:
        self._table.set_table(compare.columns(data), compare.rows(data))
        if self.charts:
            self._table.styles.height = compare.table_lines(data)
        self.set_state(note=data.note or "")
        top = max((value or 0 for series in data.series for value in series.values), default=0)
        for chart, series in zip(self.charts, series_by_time(data.series), strict=True):
            chart.set_chart(*panes.chart(msgspec.structs.replace(data, series=series), zone), top=top)


class CompareScreen(ChartCursorPlace[Sides | None]):
    """A place above the report: back leads to it."""

    NAME = "report"
    TITLE_WORD = "Two windows"
    INTERVAL_S = 5.0
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("app.time_range", "choose_other", show=True),
        bound("report.copy", "copy_command", show=True),
        bound("report.export", "export", show=True),
        *CURSOR_KEYS,
        bound("report.time_back", "time_back"),
    ]

    def __init__(self, session: Session, read: Callable[[], Awaitable[Report | None]]) -> None:
        super().__init__(session)
        self._read = read
        self._asked = BEFORE
        self._sides: Sides | None = None
        self._zoomed: list[tuple[Window, Window]] = []
        """This window and the compared one, as they were zoomed into one after the other."""
        self._boxes: dict[str, ComparePane] = {}
        self._page_of: tuple[str, ...] | None = None
        self._drawing = asyncio.Lock()
        """Panes of one drawing are filled before the next one has others."""

    def compose_body(self) -> Iterable[Widget]:
        yield Static(classes="headline")
        yield PanePage()

    async def fetch(self) -> Sides | None:
        if self._zoomed and self._sides is not None:
            this_window, window = self._zoomed[-1]
            this = await self._over(self._sides.this, this_window)
            return await self._beside(this, window)
        found = await self._read()
        if found is None:
            return None
        now_ms, zone = self.session.now_ms(), self.session.zone
        asked = other_window(self._asked, found.window, now_ms=now_ms, zone=zone)
        return await self._beside(found, asked or found.window.before())

    async def _beside(self, this: Report, window: Window) -> Sides:
        other = await self._over(this, window)
        return Sides(this, other, compared(this, other))

    async def _over(self, report: Report, window: Window) -> Report:
        """The same report over another window."""
        return await self.session.source.live_report(
            *(report.subject, report.tab, window),
            include_test=report.include_test,
            step_id=report.step_id,
        )

    async def show(self, data: Sides | None) -> None:
        async with self._drawing:
            await self._draw(data)

    async def _draw(self, data: Sides | None) -> None:
        self._sides = data
        self.say()
        if data is not None:
            with self.app.batch_update():
                await self._lay_out(self.query_one(PanePage), data.both.panes)
            self.share_cursor()

    def say(self) -> None:
        report = None if self._sides is None else self._sides.both
        note = self.chart_note or (ZOOMED_SAYS if self._zoomed else "")
        said = compare.headline(report, note, self.session.zone, self.size.width - 2)
        self.query_one(".headline", Static).update(two_lines(*said), layout=False)

    async def _lay_out(self, page: PanePage, shown: Sequence[PaneData]) -> None:
        key = tuple(ComparePane.shape(data) for data in shown)
        cells = self.size.width
        slots = [Slot(data.pane, COLUMNS, compare.pane_lines(data, cells)) for data in shown]
        if key != self._page_of:
            self._page_of = None  # until they are there: a key may cancel this
            self._boxes = {data.pane: ComparePane(data) for data in shown}
            await page.set_panes(slots, self._boxes)
            self._page_of = key
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

    def on_resize(self) -> None:
        self.redraw()

    # --- keys ----------------------------------------------------------------------------------------

    def action_back(self) -> None:
        if self.cursor_step_back():
            return
        if self._zoomed:
            self.action_time_back()
        else:
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
            self._asked, self._zoomed = choice.value, []
            self.action_refresh_now()

    def command_text(self) -> str | None:
        return None if self._sides is None else command_line(self.session.source.name, self._sides.both)

    def action_export(self) -> None:
        """Write both windows into a CSV file of this folder."""
        if self._sides is not None:
            report = self._sides.both
            shown = [pane.pane for pane in report.panes]
            write_file(self, file_name(report, f"{report.tab}-compared", "csv"), csv_of(report, shown))

    # --- charts --------------------------------------------------------------------------------------

    def later_ms(self, chart: Chart) -> int:
        """The cursor's time is this window's; the compared one has it as much later as it starts."""
        return self._sides.later_ms if self._sides is not None and _is_compared(chart) else 0

    @on(Chart.RangeChosen)
    def _range_chosen(self, chosen: Chart.RangeChosen) -> None:
        """The range becomes the window of its side, and the other one follows by the same shift."""
        sides = self._sides
        self.drop_cursor()
        if sides is None:
            return
        later_ms = self.later_ms(chosen.chart)
        chosen_side = sides.other if _is_compared(chosen.chart) else sides.this
        part = range_of(chosen_side.window, chosen.start_ms, chosen.end_ms)
        if part is not None:
            this = part.moved(-later_ms)
            self._zoomed.append((this, this.moved(sides.later_ms)))
            self.action_refresh_now()

    def action_time_back(self) -> None:
        """The windows before the last zooming in."""
        if self._zoomed:
            self._zoomed.pop()
            self.action_refresh_now()
        else:
            notify(self, "not zoomed in: space marks a range of a chart, enter zooms into it")

    @on(Chart.Chosen)
    def _point_chosen(self, chosen: Chart.Chosen) -> None:
        pane = _pane_around(chosen.chart)
        if pane is not None and self._sides is not None:
            side = self._sides.named[_is_compared(chosen.chart)]
            numbers = compare.point_numbers(side, pane.pane_id, chosen.start_ms, self.session.zone)
            self._open(numbers, pane.title)

    @on(RowView.Chosen)
    def _row_chosen(self, chosen: RowView.Chosen) -> None:
        """Open the number of a row: ask of which window where both have one."""
        pane = _pane_around(chosen.view)
        if pane is None or self._sides is None:
            return
        label = chosen.row.cells[0]
        self._open(compare.numbers_of(self._sides.named, pane.pane_id, label), label)

    def _open(self, numbers: Iterable[Number], label: str) -> None:
        choices = [Choice(number.label, number.text, number) for number in numbers]
        if len(choices) == 1:
            self._number_chosen(choices[0])
        elif choices:
            self.app.push_screen(Chooser("Open which number", among(choices)), self._number_chosen)
        else:
            notify(self, f"{label}: there is nothing to open")

    def _number_chosen(self, choice: Choice | None) -> None:
        if choice is not None and isinstance(choice.value, Number):
            self.app.push_screen(DrillScreen(self.session, choice.value))


def _pane_around(body: Widget) -> ComparePane | None:
    return next((node for node in body.ancestors if isinstance(node, ComparePane)), None)


def _is_compared(chart: Chart) -> bool:
    """Whether it is the chart of the compared window."""
    pane = _pane_around(chart)
    return pane is not None and chart is not pane.charts[0]

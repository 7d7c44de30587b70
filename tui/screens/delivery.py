"""The tracking of one delivery: summary, statistics, click streams, hot clicks, logs, indicators."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Static

from backend.model import LogName, PaneData, Report, Subject, SubjectKind
from backend.query.language import parse
from backend.tracking.facts import OFF_NOTE, View
from tui import places
from tui.bindings import bound
from tui.messages import LogsAsked, PlaceAsked, ReportAsked, TrackingAsked
from tui.presenters.commands import tracking_command_line
from tui.presenters.report import Preset, in_order, subject_lines
from tui.presenters.tracking import (
    LOGS_TAB,
    PERIODS,
    SCREEN_TABS,
    delivery_query,
    tracking_headline,
)
from tui.screens.audience import AudienceScreen
from tui.screens.chooser import Choice, Chooser, among
from tui.screens.paged_list import PagedList
from tui.screens.place import PlaceScreen, two_lines
from tui.screens.tracking_list import TrackingList
from tui.screens.tracking_pane import TrackingPane, pane_lines
from tui.session import Session
from widgets.empty_state import EmptyState
from widgets.pane import Pane
from widgets.pane_page import COLUMNS, PanePage, Slot

VIEWS = tuple(View)


class DeliveryScreen(PlaceScreen[Report | None]):
    """One tab of one delivery's tracking."""

    NAME = places.TRACKING.name
    TITLE_WORD = places.TRACKING.title
    INTERVAL_S = 5.0
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("delivery.subject_choose", "choose_delivery", show=True),
        bound("delivery.subject_next", "delivery(1)"),
        bound("delivery.subject_previous", "delivery(-1)"),
        bound("delivery.tab_next", "tab(1)", show=True),
        bound("delivery.tab_previous", "tab(-1)"),
        bound("app.time_range", "choose_period", show=True),
        bound("delivery.view", "view", show=True),
        bound("delivery.test_toggle", "toggle_test", show=True),
        bound("delivery.logs", "logs", show=True),
        bound("delivery.sort", "sort"),
        bound("delivery.sort_backwards", "sort_backwards"),
        bound("delivery.report", "report", show=True),
        bound("delivery.audience", "audience", show=True),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._deliveries: tuple[Subject, ...] = ()
        self._delivery: Subject | None = None
        self._tab = next(iter(SCREEN_TABS))
        self._view = View.LABEL
        self._include_test = False
        self._period = PERIODS[0]
        self._report: Report | None = None
        self._boxes: dict[str, TrackingPane] = {}
        self._page_of: tuple[str, ...] = ()

    def compose_body(self) -> Iterable[Widget]:
        yield Static(classes="headline")
        nothing = EmptyState(
            "No delivery yet",
            "what was read so far names none",
            self.session.how_to_fill,
            id="nothing",
        )
        nothing.display = False
        yield nothing
        logs = TrackingList(self.session)
        logs.display = False
        yield logs
        yield PanePage()

    # --- reading -------------------------------------------------------------------------------------

    async def fetch(self) -> Report | None:
        source = self.session.source
        self._deliveries = in_order(self._deliveries, await source.catalog(SubjectKind.DELIVERY))
        known = {(one.product, one.account, one.key): one for one in self._deliveries}
        here = self._delivery
        if here is not None:
            self._delivery = known.get((here.product, here.account, here.key), here)
        elif self._deliveries:
            self._delivery = self._deliveries[0]
        if self._delivery is None:
            return None
        tab = "indicators" if self._tab == LOGS_TAB else self._tab
        report = await source.delivery_report(
            *(self._delivery, tab),
            view=self._view,
            period_ms=self._period.length_ms,
            include_test=self._include_test,
        )
        if self._tab == LOGS_TAB:
            text = delivery_query(self._delivery)
            query = parse(text, now_ms=self.session.now_ms(), log=LogName.TRACKING)
            await self.query_one(TrackingList).show_rows(query, text, nothing=_no_rows(self._delivery))
        return report

    # --- drawing -------------------------------------------------------------------------------------

    async def show(self, data: Report | None) -> None:
        self._report = data
        self._say()
        is_logs = self._tab == LOGS_TAB
        self.query_one("#nothing").display = data is None
        page, rows = self.query_one(PanePage), self.query_one(TrackingList)
        page.display = data is not None and not is_logs
        rows.display = data is not None and is_logs
        if data is None:
            return
        if not is_logs:
            with self.app.batch_update():
                await self._lay_out(page, data)
        elif self.focused is None:
            rows.list.focus()

    async def _lay_out(self, page: PanePage, report: Report) -> None:
        key = (report.tab, *(TrackingPane.shape(pane) for pane in report.panes))
        slots = self._slots(report.panes)
        if key != self._page_of:
            self._page_of = key
            self._boxes = {pane.pane: TrackingPane(pane) for pane in report.panes}
            boxes: dict[str, Pane] = dict(self._boxes)
            await page.set_panes(slots, boxes)
            page.scroll_home(animate=False)
            page.focus_next_pane()
        else:
            page.set_slots(slots)
        for pane in report.panes:
            self._boxes[pane.pane].fill(pane, self.session.zone, max(self.size.width, 40))

    def _slots(self, shown: Iterable[PaneData]) -> list[Slot]:
        cells = max(self.size.width, 40)
        return [Slot(pane.pane, COLUMNS, pane_lines(pane, cells)) for pane in shown]

    def focus_body(self) -> None:
        if self._tab == LOGS_TAB:
            self.query_one(TrackingList).list.focus()
        else:
            self.query_one(PanePage).focus_next_pane()

    def redraw(self) -> None:
        self.query_one(TrackingList).redraw()
        self.call_later(self.show, self._report)

    @on(PagedList.Changed)
    def _say(self) -> None:
        by = "; ".join(
            text
            for text in (
                f"clicks by {self._view}" if self._tab == "urls" else "",
                self.query_one(TrackingList).counted() if self._tab == LOGS_TAB else "",
                self._period.label if self._period.length_ms is not None else "",
            )
            if text
        )
        cells = self.size.width - 2
        headline = tracking_headline(
            *(self._report, self._delivery, self._tab, self._place(), by, self.session.zone), cells
        )
        self.query_one(".headline", Static).update(two_lines(*headline), layout=False)

    def _place(self) -> tuple[int, int]:
        """The delivery's place among all, counted from 1."""
        ids = [one.id for one in self._deliveries]
        here = self._delivery
        return (ids.index(here.id) + 1 if here and here.id in ids else 0), len(ids)

    # --- keys ----------------------------------------------------------------------------------------

    def command_text(self) -> str | None:
        if self._delivery is None:
            return None
        return tracking_command_line(
            *(self.session.source.name, self._delivery, self._tab),
            view=self._view,
            period_ms=self._period.length_ms,
            include_test=self._include_test,
        )

    def take(self, asked: PlaceAsked) -> None:
        if isinstance(asked, TrackingAsked):
            self.show_delivery(asked.delivery)

    def show_delivery(self, delivery: Subject) -> None:
        """Show this delivery in place of the one before."""
        self._delivery = delivery
        self.action_refresh_now()

    def action_choose_delivery(self) -> None:
        choices = [Choice(*one) for one in subject_lines(self._deliveries, self.session.now_ms())]
        self.app.push_screen(Chooser("Delivery", among(choices)), self._chosen)

    def _chosen(self, choice: Choice | None) -> None:
        if choice is not None and isinstance(choice.value, Subject):
            self.show_delivery(choice.value)

    def action_delivery(self, step: int) -> None:
        number, count = self._place()
        if count > 1:
            self.show_delivery(self._deliveries[(number - 1 + step) % count])

    def action_tab(self, step: int) -> None:
        tabs = list(SCREEN_TABS)
        self._tab = tabs[(tabs.index(self._tab) + step) % len(tabs)]
        self._page_of = ()
        self.action_refresh_now()

    def action_choose_period(self) -> None:
        choices = [Choice(period.label, "", period) for period in PERIODS]
        self.app.push_screen(Chooser("Reactions of which time", among(choices)), self._period_chosen)

    def _period_chosen(self, choice: Choice | None) -> None:
        if choice is not None and isinstance(choice.value, Preset):
            self._period = choice.value
            self.action_refresh_now()

    def action_view(self) -> None:
        self._view = VIEWS[(VIEWS.index(self._view) + 1) % len(VIEWS)]
        self.action_refresh_now()

    def action_toggle_test(self) -> None:
        self._include_test = not self._include_test
        self.action_refresh_now()

    def action_logs(self) -> None:
        if self._delivery is not None:
            self.post_message(LogsAsked(LogName.TRACKING, delivery_query(self._delivery)))

    def action_audience(self) -> None:
        """What became of everybody whom the delivery was meant for."""
        if self._delivery is not None:
            self.app.push_screen(AudienceScreen(self.session, self._delivery))

    def action_sort(self) -> None:
        """Sort the tracking logs by the next column."""
        if self._tab == LOGS_TAB:
            self.query_one(TrackingList).sort_by_next()
            self.action_refresh_now()

    def action_sort_backwards(self) -> None:
        if self._tab == LOGS_TAB:
            self.query_one(TrackingList).turn()
            self.action_refresh_now()

    def action_report(self) -> None:
        """The live report of this delivery."""
        if self._delivery is not None:
            self.post_message(ReportAsked(self._delivery))


def _no_rows(delivery: Subject) -> str:
    return (
        OFF_NOTE if delivery.tracking is False else "no tracking row of this delivery; the other tabs say why"
    )

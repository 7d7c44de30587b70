"""The live report of a scenario or a campaign: its tabs, each a page of panes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Static

from backend.model import Report, SubjectKind
from backend.reports.report import Tab, tab_of
from tui import places
from tui.bindings import bound
from tui.layout import LEAST_HEIGHT
from tui.presenters import panes
from tui.presenters.drill import metrics_of, pane_alert
from tui.presenters.report import (
    NOTHING_YET,
    data_age,
    fitting,
    subject_line,
    time_parts,
)
from tui.screens.arranged import ARRANGING
from tui.screens.place import two_lines
from tui.screens.report_charting import CHARTING, ChartedReport
from tui.screens.report_choosing import CHOOSING, COUNTING
from tui.screens.report_pane import ReportPane
from tui.screens.standing import Standing, stand, standing_on
from tui.session import Session
from widgets.empty_state import EmptyState
from widgets.pane_page import COLUMNS, PanePage, Slot

Shown = tuple[SubjectKind, int, str]
"""Kind and handle of a subject, and a tab of its report."""
NO_PANES = "a adds panes, u brings the last one back, 0 all of them"


class ReportScreen(ChartedReport):
    """One tab of one subject's report, kept up to date."""

    NAME = places.REPORT.name
    TITLE_WORD = places.REPORT.title
    BINDINGS: ClassVar[list[BindingType]] = [
        *CHOOSING,
        *ARRANGING,
        *CHARTING,
        *COUNTING,
        bound("report.tracking", "tracking"),
        bound("app.screen_delivery", "tracking_place"),
        bound("report.copy", "copy_command"),
        bound("report.copy_menu", "copy_menu"),
        bound("report.pager", "pager"),
        bound("report.export", "export"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._headline = ("", "")
        self._boxes: dict[str, ReportPane] = {}
        self._by_itself: str | None = None
        """The pane that is on screen where there is room for one only."""
        self._page_of: tuple[str, str] | None = None
        """Report kind and tab whose boxes are all on the page."""
        self._is_drawn = False
        self._drawing = asyncio.Lock()
        """Panes of one drawing are filled before the next one has others."""
        """Whether the report was drawn to its end: a key may cancel it."""
        self._keys_at: str | None = None
        """The pane that had the focus last."""
        self._order: tuple[str, ...] = ()
        """The panes that were laid out last."""
        self._shown_of: Shown | None = None
        """Subject and tab whose numbers are in them."""
        self._stood: dict[Shown, Standing] = {}
        """Where a person stood when another page came."""

    def compose_body(self) -> Iterable[Widget]:
        yield Static(classes="headline")
        hint = self.session.how_to_fill
        nothing = EmptyState("No scenario or campaign yet", NOTHING_YET, hint, id="no-subject")
        nothing.display = False
        yield nothing
        empty = EmptyState("No pane is left", NO_PANES, id="no-panes")
        empty.display = False
        yield empty
        yield PanePage()

    # --- drawing -------------------------------------------------------------------------------------

    async def show(self, data: Report | None) -> None:
        """Draw a report, unless it is the one on screen: a source at rest gives the same one again."""
        if data is None or data is not self._report or not self._is_drawn:
            await self._draw(data)

    async def _draw(self, data: Report | None) -> None:
        async with self._drawing:
            await self._draw_alone(data)

    async def _draw_alone(self, data: Report | None) -> None:
        self._report, self._is_drawn = data, False
        is_other = data is not None and self._page_of != (data.report, data.tab)
        if data is not None and is_other:
            self._leave_for(data)
        self.say()
        page, was_at = self.query_one(PanePage), self._keys_at
        page.display = data is not None
        self.query_one("#no-subject").display = data is None
        if data is None:
            return
        with self.app.batch_update():
            await self._lay_out(page, data, is_other=is_other)
            self._fill(page, data)
            if is_other:
                self._arrive(page, data)
            elif page.focused_pane is None:
                self._focus_near(page, was_at)
        self._shown_of, self._order = _shown_of(data), self._here(data)
        self._is_drawn = True

    def _leave_for(self, report: Report) -> None:
        """Remember where a person stood on the page that another one replaces."""
        standing = standing_on(self.query_one(PanePage), is_zoomed=self.zoomed is not None)
        if self._shown_of is not None and standing is not None:
            self._stood[self._shown_of] = standing
        before = self._stood.get(_shown_of(report))
        self._by_itself = None if before is None else before.pane
        self.zoomed = before.pane if before is not None and before.is_zoomed else None

    def _arrive(self, page: PanePage, report: Report) -> None:
        """Lead to where a person stood on this page, else to its first pane."""
        before = self._stood.get(_shown_of(report))
        if before is None or not stand(page, before):
            page.scroll_home(animate=False)
            page.focus_next_pane()

    def _focus_near(self, page: PanePage, was_at: str | None) -> None:
        """Give the focus to what stands where the pane with the focus was: behind it, else before it."""
        order = self._order
        place = order.index(was_at) if was_at in order else 0
        near = [*order[place:], *reversed(order[:place])]
        found = next((pane for pane in near if pane in page.panes), None)
        if found is not None:
            self.call_after_refresh(page.focus_pane, found)

    async def _lay_out(self, page: PanePage, report: Report, *, is_other: bool) -> None:
        if is_other:
            self._boxes = {}
        slots = self._slots(report)
        catalogued = self.panes_by_id
        missing = [slot.pane for slot in slots if slot.pane not in self._boxes]
        self._boxes |= {pane: ReportPane(catalogued[pane]) for pane in missing}
        self.query_one("#no-panes").display = not slots
        page.display = bool(slots)
        if is_other or missing:
            self._page_of = None
            await page.set_panes(slots, self._boxes)
        elif slots != page.slots:
            page.set_slots(slots)
        self._page_of = (report.report, report.tab)

    def _here(self, report: Report) -> tuple[str, ...]:
        """The panes of the layout that there is data for, in their order."""
        known = {pane.pane for pane in report.panes}
        return tuple(box.pane for box in self.arrangement.now.boxes if box.pane in known)

    def _slots(self, report: Report) -> tuple[Slot, ...]:
        data = {pane.pane: pane for pane in report.panes}
        boxes = self.arrangement.now.boxes
        alone = self._alone_of(self._here(report))
        if alone is not None:
            height = max(LEAST_HEIGHT, self.query_one(PanePage).size.height)
            return (Slot(alone, COLUMNS, height),)
        return panes.slots_of(boxes, self.panes_by_id, data, self.cells())

    def _alone_of(self, here: Sequence[str]) -> str | None:
        """The pane that has the page for itself: the zoomed one, and in a very small terminal one by one."""
        if self.zoomed in here:
            return self.zoomed
        if not here or not (self.has_class("-tiny") or self.has_class("-flat")):
            return None
        if self._by_itself not in here:
            self._by_itself = self.focused_pane if self.focused_pane in here else here[0]
        return self._by_itself

    def report_on_screen(self) -> Report | None:
        return self._report

    def arranged_tab(self) -> tuple[str, Tab] | None:
        report = self._report
        return None if report is None else (report.report, tab_of(report.subject, report.tab))

    def lay_out_again(self) -> None:
        if self._report is not None:
            self.call_later(self._draw, self._report)

    def mode_changed(self) -> None:
        super().mode_changed()
        self.say()

    def _fill(self, page: PanePage, report: Report) -> None:
        shown = {slot.pane for slot in page.slots}
        drawings = {box.pane: box.drawing for box in self.arrangement.now.boxes}
        for pane in report.panes:
            if pane.pane in shown:
                box = self._boxes[pane.pane]
                box.draw_as(drawings.get(pane.pane))
                box.fill(pane, self.session.zone)
        self.share_cursor()
        self.mark_old(self.clock.error is not None)

    def session_changed(self) -> None:
        super().session_changed()
        self.mark_old(self.clock.error is not None)

    def mark_old(self, is_old: bool) -> None:
        report = self._report
        if report is None:
            return
        age = data_age(report, self.session.zone, is_old=is_old)
        told: set[str] = set()
        for pane in report.panes:
            if pane.pane in self._boxes:
                box = self._boxes[pane.pane]
                alert = pane_alert(self.session.alerts, report, metrics_of(box.entry), told)
                box.say(age, is_old=is_old, note=alert or pane.note or "")

    def on_resize(self, event: events.Resize) -> None:
        report = self._report
        if report is None or self._page_of != (report.report, report.tab):
            return
        page, slots = self.query_one(PanePage), self._slots(report)
        if any(slot.pane not in self._boxes for slot in slots):
            self.lay_out_again()
            return
        page.set_slots(slots)
        self._fill(page, report)
        if len(slots) == 1:
            self.call_after_refresh(self.lay_out_again)  # as high as the page, whose height is known by then

    def focus_body(self) -> None:
        self.query_one(PanePage).focus_next_pane()

    def redraw(self) -> None:
        if self._report is not None:
            self.call_later(self._draw, self._report)

    def say(self) -> None:
        report, cells = self._report, self.size.width - 2
        first = subject_line(report, self._subject, self._place(), cells)
        if report is None:
            said = "" if self._subject is None else "loading"
        else:
            window, *behind = time_parts(report, self.session.zone)
            only = "" if self._only is None else f"only {self._only[1]}"
            said = fitting((self.mode_note, self.chart_note, only, window, self.layout_note, *behind), cells)
        if (first, said) != self._headline:
            self._headline = first, said
            self.query_one(".headline", Static).update(two_lines(first, said), layout=False)

    # --- the pane that keys act on -------------------------------------------------------------------

    def on_descendant_focus(self) -> None:
        self._keys_at = self.focused_pane or self._keys_at

    def focused_box(self) -> ReportPane | None:
        return self._boxes.get(self.focused_pane or "")

    def action_pane(self, step: int) -> None:
        page, report = self.query_one(PanePage), self._report
        here = () if report is None else self._here(report)
        alone = self._alone_of(here)
        if alone is None:
            page.focus_next(step)
        elif not page.focus_next_body(step):
            other = here[(here.index(alone) + step) % len(here)]
            self.zoomed = None if self.zoomed is None else other
            self._by_itself = other
            self.lay_out_again()
            self.call_later(self._come_to, other, step)

    def _come_to(self, pane: str, step: int) -> None:
        """Give the focus to the pane, to its end where the way leads back."""
        page = self.query_one(PanePage)
        page.focus_pane(pane)
        if step < 0:
            page.call_later(page.focus_last_body)


def _shown_of(report: Report) -> Shown:
    return report.subject.kind, report.subject.id, report.tab

"""The live report of a scenario or a campaign: its tabs, each a page of panes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import events, on, work
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Static

from backend.errors import ParcoursError
from backend.model import Report, Subject, SubjectKind
from backend.panes import RowsOf
from backend.reports import Tab, default_tab, report_kind, tab_of, tabs_for
from tui.bindings import bound
from tui.layout import LEAST_HEIGHT
from tui.messages import RosterAsked
from tui.presenters import panes
from tui.presenters.drill import (
    Number,
    chart_numbers,
    figure_number,
    is_roster,
    metric_help,
    metrics_of,
    pane_alert,
    roster_query,
    row_numbers,
)
from tui.presenters.report import (
    LIVE,
    NOTHING_YET,
    NOTHING_YET_HINT,
    PRESETS,
    RANGE_HINT,
    Preset,
    first_subject,
    headline,
    preset_window,
    steps_of,
    subject_detail,
    typed_range,
)
from tui.presenters.times import format_time
from tui.screens.arranged import ARRANGING
from tui.screens.chooser import Choice, Chooser, among
from tui.screens.drill import DrillScreen
from tui.screens.place import two_lines
from tui.screens.report_pane import ReportPane
from tui.screens.report_taking import TakenAway
from tui.session import Session
from widgets.chart import Chart
from widgets.empty_state import EmptyState
from widgets.figure import FigureValue
from widgets.pane_page import COLUMNS, PanePage, Slot
from widgets.row_view import RowView
from widgets.shown import notify

NO_PANES = "a adds panes, u brings the last one back, 0 all of them"
CATALOG_EVERY = 15
"""Readings of the report for one of the list of subjects."""


class ReportScreen(TakenAway[Report | None]):
    """One tab of one subject's report, kept up to date."""

    NAME = "report"
    TITLE_WORD = "Report"
    BINDINGS: ClassVar[list[BindingType]] = [
        *ARRANGING,
        bound("report.subject_choose", "choose_subject", show=True),
        bound("report.subject_next", "subject(1)", show=True),
        bound("report.subject_previous", "subject(-1)"),
        bound("report.tab_next", "tab(1)", show=True),
        bound("report.tab_previous", "tab(-1)"),
        bound("app.time_range", "choose_time", show=True),
        bound("report.test_toggle", "toggle_test", show=True),
        bound("report.action_only", "choose_action"),
        bound("report.copy", "copy_command"),
        bound("report.export", "export"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._subjects: tuple[Subject, ...] = ()
        self._subject: Subject | None = None
        self._tab = ""
        self._preset: Preset = LIVE
        self._include_test = False
        self._only: tuple[int, str] | None = None
        """Handle and name of the one step that is counted (F007)."""
        self._report: Report | None = None
        self._readings = 0
        self._boxes: dict[str, ReportPane] = {}
        self._openers: list[tuple[Subject, str]] = []
        """Subjects and tabs from which a delivery's report was opened."""
        self._page_of: tuple[str, str] | None = None
        """Report kind and tab whose boxes are on the page."""

    def compose_body(self) -> Iterable[Widget]:
        yield Static(classes="headline")
        nothing = EmptyState("No scenario or campaign yet", NOTHING_YET, NOTHING_YET_HINT, id="no-subject")
        nothing.display = False
        yield nothing
        empty = EmptyState("No pane is left", NO_PANES, id="no-panes")
        empty.display = False
        yield empty
        yield PanePage()

    # --- reading -------------------------------------------------------------------------------------

    async def fetch(self) -> Report | None:
        if self._readings % CATALOG_EVERY == 0 or not self._subjects:
            await self._read_catalog()
        self._readings += 1
        subject = self._subject
        if subject is None:
            return None
        newest_ms = self._report.newest_ms if self._report is not None else subject.newest_ms
        window = preset_window(self._preset, newest_ms, self.session.now_ms())
        return await self.session.source.live_report(
            *(subject, self._tab, window),
            include_test=self._include_test,
            step_id=None if self._only is None else self._only[0],
        )

    async def _read_catalog(self) -> None:
        source = self.session.source
        kinds = (SubjectKind.SCENARIO, SubjectKind.CAMPAIGN)
        self._subjects = tuple([subject for kind in kinds for subject in await source.catalog(kind)])
        if self._subject is None:
            self._choose(first_subject(self._subjects))

    def _choose(self, subject: Subject | None) -> None:
        """Take another subject, with the same tab where it has that one."""
        self._subject = subject
        self._report = None
        if subject is not None and self._tab not in [tab.id for tab in tabs_for(subject)]:
            self._tab = default_tab(subject)

    def show_subject(self, subject: Subject) -> None:
        """Show this subject's report in place of the one before."""
        self._openers = []
        self._only = None
        self._choose(subject)
        self.action_refresh_now()

    # --- drawing -------------------------------------------------------------------------------------

    async def show(self, data: Report | None) -> None:
        self._report = data
        if data is not None and self._page_of != (data.report, data.tab):
            self.zoomed = None
        self._say()
        page = self.query_one(PanePage)
        page.display = data is not None
        self.query_one("#no-subject").display = data is None
        if data is None:
            return
        with self.app.batch_update():
            await self._lay_out(page, data)
            self._fill(page, data)

    async def _lay_out(self, page: PanePage, report: Report) -> None:
        is_other = self._page_of != (report.report, report.tab)
        if is_other:
            self._page_of = (report.report, report.tab)
            self._boxes = {}
        slots = self._slots(report)
        catalogued = self.panes_by_id
        missing = [slot.pane for slot in slots if slot.pane not in self._boxes]
        self._boxes |= {pane: ReportPane(catalogued[pane]) for pane in missing}
        self.query_one("#no-panes").display = not slots
        page.display = bool(slots)
        if is_other or missing:
            await page.set_panes(slots, self._boxes)
        elif slots != page.slots:
            page.set_slots(slots)
        if is_other:
            page.scroll_home(animate=False)
            page.focus_next_pane()

    def _slots(self, report: Report) -> tuple[Slot, ...]:
        data = {pane.pane: pane for pane in report.panes}
        boxes = self.arrangement.now.boxes
        if self.zoomed in data:
            height = max(LEAST_HEIGHT, self.query_one(PanePage).size.height)
            return (Slot(self.zoomed, COLUMNS, height),)
        return panes.slots_of(boxes, self.panes_by_id, data, self.cells())

    def report_on_screen(self) -> Report | None:
        return self._report

    def arranged_tab(self) -> tuple[str, Tab] | None:
        report = self._report
        return None if report is None else (report.report, tab_of(report.subject, report.tab))

    def lay_out_again(self) -> None:
        if self._report is not None:
            self.call_later(self.show, self._report)

    def mode_changed(self) -> None:
        super().mode_changed()
        self._say()

    def _fill(self, page: PanePage, report: Report) -> None:
        cells = {rect.pane: rect.width for rect in self.rects()}
        drawings = {box.pane: box.drawing for box in self.arrangement.now.boxes}
        for pane in report.panes:
            if pane.pane in cells:
                box = self._boxes[pane.pane]
                box.draw_as(drawings.get(pane.pane))
                box.fill(pane, self.session.zone, cells[pane.pane])
        self.mark_old(self.clock.error is not None)

    def mark_old(self, is_old: bool) -> None:
        report = self._report
        if report is None:
            return
        age = f"as of {format_time(report.as_of_ms, self.session.zone)}" if is_old else ""
        for pane in report.panes:
            if pane.pane in self._boxes:
                box = self._boxes[pane.pane]
                alert = pane_alert(self.session.alerts, report, metrics_of(box.entry))
                box.say(age, is_old=is_old, note=alert or pane.note or "")

    def on_resize(self, event: events.Resize) -> None:
        report = self._report
        if report is None or self._page_of != (report.report, report.tab):
            return
        page = self.query_one(PanePage)
        page.set_slots(self._slots(report))
        self._fill(page, report)

    def focus_body(self) -> None:
        self.query_one(PanePage).focus_next_pane()

    def redraw(self) -> None:
        if self._report is not None:
            self.call_later(self.show, self._report)

    def _say(self) -> None:
        first, second = headline(self._report, self._subject, self._place(), self.session.zone)
        notes = ["" if self._only is None else f"only {self._only[1]}"]
        notes.append(self.layout_note if self._report is not None else "")
        said = "; ".join(note for note in (*notes, second) if note)
        self.query_one(".headline", Static).update(two_lines(first, said), layout=False)

    def _place(self) -> tuple[int, int]:
        """The subject's place among all, counted from 1."""
        ids = [(subject.kind, subject.id) for subject in self._subjects]
        here = self._subject
        found = ids.index((here.kind, here.id)) if here and (here.kind, here.id) in ids else -1
        return found + 1, len(ids)

    # --- keys ----------------------------------------------------------------------------------------

    def action_choose_subject(self) -> None:
        now_ms = self.session.now_ms()
        choices = [Choice(s.name, subject_detail(s, now_ms), s) for s in self._subjects]
        self.app.push_screen(Chooser("Scenario or campaign", among(choices)), self._subject_chosen)

    def _subject_chosen(self, choice: Choice | None) -> None:
        if choice is not None and isinstance(choice.value, Subject):
            self.show_subject(choice.value)

    def action_subject(self, step: int) -> None:
        number, count = self._place()
        if count > 1:
            self.show_subject(self._subjects[(number - 1 + step) % count])

    def action_tab(self, step: int) -> None:
        if self._subject is not None:
            ids = [tab.id for tab in tabs_for(self._subject)]
            self._tab = ids[(ids.index(self._tab) + step) % len(ids)]
            self.action_refresh_now()

    def action_choose_time(self) -> None:
        presets = among([Choice(preset.label, "", preset) for preset in PRESETS])

        async def find(text: str) -> Sequence[Choice]:
            typed = typed_range(text, self.session.now_ms(), self.session.zone)
            return [Choice(typed.label, "", typed)] if typed is not None else await presets(text)

        self.app.push_screen(Chooser("Time range", find, hint=RANGE_HINT), self._time_chosen)

    def _time_chosen(self, choice: Choice | None) -> None:
        if choice is not None and isinstance(choice.value, Preset):
            self._preset = choice.value
            self.action_refresh_now()

    @work(exclusive=True, group="actions")
    async def action_choose_action(self) -> None:
        """Count one step of the scenario only, or all of them again (F007)."""
        subject = self._subject
        if subject is None or subject.kind is not SubjectKind.SCENARIO:
            notify(self, "only a scenario has actions to choose from")
            return
        try:
            report = await self.session.source.live_report(subject, default_tab(subject), None)
        except ParcoursError as error:
            notify(self, error, severity="error")
            return
        choices = [
            Choice("all actions", "", None),
            *(Choice(name, "", (step, name)) for step, name in steps_of(report)),
        ]
        self.app.push_screen(Chooser("Count one action only", among(choices)), self._action_chosen)

    def _action_chosen(self, choice: Choice | None) -> None:
        if choice is not None:
            self._only = choice.value if isinstance(choice.value, tuple) else None
            self.action_refresh_now()

    def action_toggle_test(self) -> None:
        if self._subject is not None and not report_kind(self._subject).test_switch:
            notify(self, "campaigns have no switch for test events")
            return
        self._include_test = not self._include_test
        self.action_refresh_now()

    # --- opening a number ----------------------------------------------------------------------------

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
            self._open(chart_numbers(report, pane.entry, pane.pane_data), pane.entry.title)

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
            self.post_message(RosterAsked(roster_query(number.drill, number.label.partition(": ")[2])))
        else:
            self.app.push_screen(DrillScreen(self.session, number))

    @work(exclusive=True, group="delivery")
    async def _open_delivery(self, delivery_id: int) -> None:
        """Show the delivery's own report; its opener is one step back."""
        try:
            deliveries = await self.session.source.catalog(SubjectKind.DELIVERY)
        except ParcoursError as error:
            notify(self, error, severity="error")
            return
        found = [subject for subject in deliveries if subject.id == delivery_id]
        if found and self._subject is not None:
            openers = [*self._openers, (self._subject, self._tab)]
            self.show_subject(found[0])
            self._openers = openers

    def step_back(self) -> bool:
        if super().step_back():
            return True
        if not self._openers:
            return False
        *openers, (subject, tab) = self._openers
        self._tab = tab
        self.show_subject(subject)
        self._openers = openers
        return True

    def help_about(self) -> Sequence[Choice]:
        """What the metric under the cursor means, else all of the pane's."""
        pane = self._boxes.get(self.focused_pane or "")
        if pane is None:
            return ()
        figure = pane.figures.cursor_figure if pane.figures is not None and pane.figures.has_focus else None
        ids = metrics_of(pane.entry) if figure is None else (figure.key.partition(" ")[0],)
        return [Choice(*line, None) for metric in ids for line in metric_help(metric)]

    def action_pane(self, step: int) -> None:
        self.query_one(PanePage).focus_next_pane(step)


def _pane_around(body: Widget) -> ReportPane | None:
    return next((node for node in body.ancestors if isinstance(node, ReportPane)), None)

"""Which report is on screen: its subject and tab, the time it covers, one action only, test events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual import work
from textual.binding import Binding

from backend.errors import ParcoursError
from backend.model import Report, Subject, SubjectKind
from backend.reports.report import default_tab, report_kind, steps_of, tabs_for
from tui.bindings import bound
from tui.messages import PlaceAsked, ReportAsked
from tui.presenters.report import (
    LIVE,
    RANGE_HINT,
    Preset,
    first_subject,
    in_order,
    preset_lines,
    preset_window,
    subject_lines,
    typed_range,
)
from tui.screens.chooser import Choice, Chooser, among
from tui.screens.report_taking import TakenAway
from tui.session import Session
from widgets.shown import notify

CATALOG_EVERY = 15
"""Readings of the report for one of the list of subjects."""

CHOOSING: Sequence[Binding] = (
    bound("report.tab_next", "tab(1)", show=True),
    bound("report.tab_previous", "tab(-1)"),
    bound("report.subject_choose", "choose_subject", show=True),
    bound("app.time_range", "choose_time", show=True),
    bound("report.subject_next", "subject(1)"),
    bound("report.subject_previous", "subject(-1)"),
)
COUNTING: Sequence[Binding] = (
    bound("report.test_toggle", "toggle_test", show=True),
    bound("report.action_only", "choose_action"),
)
"""What is counted of it; the key line has them behind the others."""


class Opener(NamedTuple):
    """What was on screen when a delivery's report was opened from it."""

    subject: Subject
    tab: str
    only: tuple[int, str] | None


class ChosenReport(TakenAway[Report | None]):
    """Keys that choose what is reported, and the reading of it."""

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
        self._openers: list[Opener] = []

    def step_name(self) -> str | None:
        return None if self._only is None else self._only[1]

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
        found = [subject for kind in kinds for subject in await source.catalog(kind)]
        self._subjects = in_order(self._subjects, found)
        if self._subject is None:
            self._choose(first_subject(self._subjects))

    def _choose(self, subject: Subject | None) -> None:
        """Take another subject, with the same tab where it has that one."""
        self._subject = subject
        self._report = None
        if subject is not None and self._tab not in [tab.id for tab in tabs_for(subject)]:
            self._tab = default_tab(subject)

    def take(self, asked: PlaceAsked) -> None:
        if isinstance(asked, ReportAsked):
            self.show_subject(asked.subject)

    def show_subject(self, subject: Subject) -> None:
        """Show this subject's report in place of the one before."""
        self._openers = []
        self._only = None
        self._choose(subject)
        self.action_refresh_now()

    def lead_to(self, subject: Subject) -> None:
        """Show a report that was opened from the one on screen: that one is a step back."""
        openers = self._openers
        if self._subject is not None:
            openers = [*openers, Opener(self._subject, self._tab, self._only)]
        self.show_subject(subject)
        self._openers = openers

    def step_back(self) -> bool:
        if super().step_back():
            return True
        if not self._openers:
            return False
        *openers, opener = self._openers
        self._tab = opener.tab
        self.show_subject(opener.subject)
        self._only, self._openers = opener.only, openers
        return True

    def _place(self) -> tuple[int, int]:
        """The subject's place among all, counted from 1."""
        ids = [(subject.kind, subject.id) for subject in self._subjects]
        here = self._subject
        found = ids.index((here.kind, here.id)) if here and (here.kind, here.id) in ids else -1
        return found + 1, len(ids)

    # --- keys ----------------------------------------------------------------------------------------

    def action_choose_subject(self) -> None:
        choices = [Choice(*one) for one in subject_lines(self._subjects, self.session.now_ms())]
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
        presets = among([Choice(*one) for one in preset_lines(self._preset)])

        async def find(text: str) -> Sequence[Choice]:
            typed = typed_range(text, self.session.now_ms(), self.session.zone)
            return [Choice(typed.label, "", typed)] if typed is not None else await presets(text)

        self.app.push_screen(Chooser("Time range", find, hint=RANGE_HINT), self._time_chosen)

    def _time_chosen(self, choice: Choice | None) -> None:
        if choice is not None and isinstance(choice.value, Preset):
            self.time_chosen(choice.value)

    def time_chosen(self, preset: Preset) -> None:
        """A person chose a window from the list."""
        self.show_time(preset)

    def show_time(self, preset: Preset) -> None:
        """Report another window."""
        self._preset = preset
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

"""What the source is, what feeds it, what was set aside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.widget import Widget

from backend.errors import Unsupported
from backend.model import Health
from backend.record import WorkflowRun
from tui import places
from tui.bindings import bound
from tui.messages import PlaceAsked
from tui.presenters.commands import doctor_command_line
from tui.presenters.problems import problem_facts
from tui.presenters.status import SET_ASIDE, Section, plain_text, status_sections
from tui.screens.place import PlaceScreen
from tui.screens.taking import read_text
from tui.session import Session
from widgets.columns import Column, Row
from widgets.pane import Pane
from widgets.pane_page import COLUMNS, PanePage, Slot
from widgets.table_pane import TablePane

FRAME_LINES = 3
"""The border and the titles of the columns."""
MOST_LINES = 14
GROWING = ("is", "reason", "format", "")
GOES_FIRST = "account"
"""What a narrow terminal does without."""
MOST_RUNS = 50
"""Runs of workflows that are listed."""
Read = tuple[Health, tuple[WorkflowRun, ...]]


class StatusScreen(PlaceScreen[Read]):
    """Health of the source, section by section."""

    NAME = places.STATUS.name
    TITLE_WORD = places.STATUS.title
    INTERVAL_S = 5.0
    BINDINGS: ClassVar[list[BindingType]] = [bound("report.pager", "pager", show=True)]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._read: Read | None = None
        self._tables: dict[str, TablePane] = {}
        self._panes: dict[str, Pane] = {}

    def compose_body(self) -> Iterable[Widget]:
        yield PanePage()

    def command_text(self) -> str | None:
        return doctor_command_line(self.session.source.name)

    async def fetch(self) -> Read:
        source = self.session.source
        try:
            runs = await source.workflow_runs(MOST_RUNS)
        except Unsupported:
            runs = ()
        return await source.health(), runs

    async def show(self, data: Read) -> None:
        self._read = data
        sections = self._sections(data)
        for section in sections:
            if section.title not in self._panes:
                self._tables[section.title] = TablePane()
                self._panes[section.title] = Pane(section.title, section.title, self._tables[section.title])
        with self.app.batch_update():
            await self._lay_out(sections)
            for section in sections:
                self._fill(section)

    def _sections(self, data: Read) -> Sequence[Section]:
        (health, runs), session = data, self.session
        records = sum(one.count for one in health.rejected)
        problems = tuple(problem_facts(records, session.failed, session.problems_key))
        return status_sections(health, session.now_ms(), session.zone, runs, session.alerts, problems)

    @on(TablePane.Chosen)
    def _opened(self, chosen: TablePane.Chosen) -> None:
        """What was set aside opens to the records."""
        if chosen.view is self._tables.get(SET_ASIDE):
            self.post_message(PlaceAsked(places.PROBLEMS.name))

    @work(group="take")
    async def action_pager(self) -> None:
        """Read all sections as plain text in $PAGER."""
        if self._read is not None:
            read_text(self, plain_text(self._sections(self._read)))

    async def _lay_out(self, sections: Sequence[Section]) -> None:
        slots = [Slot(s.title, COLUMNS, FRAME_LINES + min(max(1, len(s.rows)), MOST_LINES)) for s in sections]
        page = self.query_one(PanePage)
        if [slot.pane for slot in slots] == [slot.pane for slot in page.slots]:
            page.set_slots(slots)
        else:
            await page.set_panes(slots, self._panes)
            if self.focused is None:
                self.focus_body()

    def _fill(self, section: Section) -> None:
        table = self._tables[section.title]
        table.set_empty(section.empty)
        columns = [_column(title, place) for place, title in enumerate(section.columns)]
        rows = [Row(str(place), cells) for place, cells in enumerate(section.rows)]
        if rows != list(table.rows):
            table.set_table(columns, rows)

    def focus_body(self) -> None:
        self.query_one(PanePage).focus_next_pane()

    def redraw(self) -> None:
        if self._read is not None:
            self.call_later(self.show, self._read)


def _column(title: str, place: int) -> Column:
    """Numbers stand at the right; the texts of strangers give way to the rest."""
    if title in ("records", "rejected", "read", "written", "took"):
        return Column(f"c{place}", title, align="right")
    if title in GROWING:
        return Column(f"c{place}", title, least=15, most=200, grow=1)
    return Column(f"c{place}", title, drop=99 if title == GOES_FIRST else 0)

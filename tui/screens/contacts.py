"""Contacts inside scenarios now: who, where, since when, and how many stand at each step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, NamedTuple

from textual import on, work
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget

from backend.model import RosterOrder, RosterRow, StepCount
from backend.numbers import format_count
from backend.query.language import ROSTER, Filter, parse
from backend.source import Direction
from tui import places
from tui.bindings import bound
from tui.marks import counter, mark_of, too_many
from tui.messages import PlaceAsked, RosterAsked, TraceAsked
from tui.presenters.commands import contacts_command_line
from tui.presenters.removing import query_of_rows
from tui.presenters.roster import (
    COLUMNS,
    SORTS,
    STEP_COLUMNS,
    roster_key,
    roster_row,
    step_choices,
    step_query,
    step_rows,
)
from tui.screens.chooser import Choice, Chooser, among
from tui.screens.filtered import FilteredPlace
from tui.screens.paged_list import PAGE_ROWS, Batch, PagedList
from tui.screens.removing import ask_to_remove
from tui.screens.row_finding import RowFinding, finding_keys
from tui.session import Session
from widgets.columns import Row
from widgets.log_list import LogList
from widgets.shown import notify
from widgets.table_pane import TablePane


class Inside(NamedTuple):
    """What is read again and again: the counts beside the list."""

    steps: tuple[StepCount, ...]
    total: int


class RosterList(PagedList[RosterRow]):
    """The roster in an order of the person's choice."""

    START = Direction.NEWER

    def __init__(self, session: Session) -> None:
        super().__init__(session, COLUMNS)
        self.query_filter = self.parsed("")
        self.total = 0
        self.only_marked = False
        self.order = RosterOrder.ENTERED
        self.is_backwards = False

    def parsed(self, text: str) -> Filter:
        """Raises: QueryError."""
        return parse(text, now_ms=self.session.now_ms(), zone=self.session.zone, log=ROSTER)

    async def fetch(self, cursor: str | None, direction: Direction, limit: int) -> Batch[RosterRow]:
        query = self.query_filter
        if self.only_marked:
            query = query_of_rows(list(self.session.marks), self.session.now_ms())
        if self.is_backwards:
            direction = Direction.OLDER if direction is Direction.NEWER else Direction.NEWER
        page = await self.session.source.roster(
            query, cursor, direction=direction, limit=limit, order=self.order
        )
        self.total = page.total
        if self.is_backwards:
            return Batch(page.rows[::-1], page.newer, page.older, page.older is not None)
        return Batch(page.rows, page.older, page.newer, page.newer is not None)

    def key_of(self, row: RosterRow) -> str:
        return roster_key(row)

    def drawn(self, rows: Sequence[RosterRow]) -> list[Row]:
        now_ms = self.session.now_ms()
        return [roster_row(row, now_ms, self.session.zone) for row in rows]

    def why_empty(self) -> str:
        if self.only_marked:
            return "nobody who is marked is inside any more"
        if self.query_filter.terms:
            return f"nobody inside matches: {self.query_filter.text}"
        return "nobody is inside a scenario now (contact lists and scenario logs tell who is)"

    @property
    def shown_rows(self) -> list[RosterRow]:
        """The rows of the list in its order."""
        return [self.held[row.key] for row in self.list.rows if row.key in self.held]

    def show_marks(self) -> None:
        """Put a mark before each contact that is marked."""
        marked = {roster_key(row): "x" for row in self.shown_rows if mark_of(row) in self.session.marks}
        self.list.set_marks(marked)

    @on(LogList.Chosen)
    def _opened(self, chosen: LogList.Chosen) -> None:
        chosen.stop()
        self.list.toggle_detail(chosen.row.key)


class ContactsScreen(FilteredPlace[Inside], RowFinding[Inside]):
    """The roster with its counts by step."""

    NAME = places.CONTACTS.name
    TITLE_WORD = places.CONTACTS.title
    INTERVAL_S = 3.0
    FIND_FIRST = 1
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("contacts.mark", "mark", show=True),
        bound("contacts.mark_range", "mark_range"),
        bound("contacts.mark_shown", "mark_shown"),
        bound("contacts.mark_invert", "mark_invert"),
        bound("contacts.mark_clear", "mark_clear"),
        bound("contacts.marked_only", "marked_only"),
        bound("contacts.remove", "remove", show=True),
        bound("contacts.contact_trace", "trace", show=True),
        bound("contacts.sort", "sort", show=True),
        bound("contacts.sort_backwards", "sort_backwards"),
        bound("contacts.steps", "steps", show=True),
        *finding_keys("contacts"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._anchor: str | None = None
        """Key of the row where a range begins."""
        self._steps: tuple[StepCount, ...] = ()

    def compose_list(self) -> Iterable[Widget]:
        yield self.find_bar()
        yield Horizontal(RosterList(self.session), TablePane(id="steps", empty="nobody"), id="roster")

    @property
    def roster(self) -> RosterList:
        return self.query_one(RosterList)

    @property
    def found_in(self) -> RosterList:
        return self.roster

    async def fetch(self) -> Inside:
        """Reads the counts, and the list only while it shows its first page: it must not jump."""
        roster = self.roster
        if not roster.has_older and roster.shown_count <= PAGE_ROWS:
            await roster.load(again=True, stay=True)
        return Inside(await self.session.source.steps_inside(), roster.total)

    async def show(self, data: Inside) -> None:
        self._steps = data.steps
        self.query_one("#steps", TablePane).set_table(STEP_COLUMNS, step_rows(data.steps))
        self._say()

    def redraw(self) -> None:
        self.roster.redraw()

    @on(PagedList.Changed)
    def _say(self) -> None:
        roster = self.roster
        roster.show_marks()
        everybody = f"{format_count(roster.total)} inside" if not self.filter_text else ""
        matching = f"/{self.filter_text}   {format_count(roster.total)} match" if self.filter_text else ""
        marked = f"   {counter(self.session.marks)}" if len(self.session.marks) else ""
        only = ", only these" if roster.only_marked else ""
        sorted_by = SORTS[roster.order][roster.is_backwards]
        self.say(roster.error or f"{everybody or matching}{marked}{only}   {sorted_by}")

    # --- filter --------------------------------------------------------------------------------------

    @property
    def filter_text(self) -> str:
        return self.roster.query_filter.text

    def command_text(self) -> str | None:
        roster, name = self.roster, self.session.source.name
        return contacts_command_line(name, self.filter_text, roster.order, backwards=roster.is_backwards)

    def check_filter(self, text: str) -> None:
        self.roster.parsed(text)

    def take(self, asked: PlaceAsked) -> None:
        if isinstance(asked, RosterAsked):
            self.apply_filter(asked.query)
            self.led_with = self.filter_text

    def apply_filter(self, text: str) -> None:
        self.roster.query_filter = self.roster.parsed(text)
        self.roster.list.collapse_all()
        self.roster.reload()

    def focus_body(self) -> None:
        self.roster.list.focus()

    def step_back(self) -> bool:
        if self.end_find():
            return True
        if self.roster.only_marked:
            self.action_marked_only()
        elif self.session.marks and not self.is_filtering:
            self.action_mark_clear()
        else:
            return super().step_back()
        return True

    # --- order and places ------------------------------------------------------------------------------

    def action_sort(self) -> None:
        """Sort by what comes next: entry, contact, step, time at the step."""
        orders = list(RosterOrder)
        roster = self.roster
        roster.order = orders[(orders.index(roster.order) + 1) % len(orders)]
        roster.is_backwards = False
        roster.reload()

    def action_sort_backwards(self) -> None:
        """The same order from its other end."""
        self.roster.is_backwards = not self.roster.is_backwards
        self.roster.reload()

    def action_steps(self) -> None:
        """How many are at each step, to go to those of one."""
        choices = [Choice(*one) for one in step_choices(self._steps)]

        def chosen(choice: Choice | None) -> None:
            if choice is not None:
                self._go_to_step(str(choice.value))

        self.app.push_screen(Chooser("Who is inside, by scenario and step", among(choices)), chosen)

    @on(TablePane.Chosen, "#steps")
    def _step_opened(self, message: TablePane.Chosen) -> None:
        self._go_to_step(message.row.key)

    def _go_to_step(self, key: str) -> None:
        query = step_query(self._steps, key)
        if query:
            self.apply_filter(query)
            self.focus_body()

    # --- marks ---------------------------------------------------------------------------------------

    def action_mark(self) -> None:
        """Mark or unmark the contact under the cursor, and go down."""
        row = self.roster.chosen
        if row is None:
            return
        if not self.session.marks.toggle(row):
            notify(self, too_many(1), severity="warning")
            return
        self._anchor = self.roster.list.cursor_key
        self.roster.list.action_nav(1)
        self._say()

    def action_mark_range(self) -> None:
        """Mark from the row marked last to the cursor; without one, the range begins here."""
        keys = [row.key for row in self.roster.list.rows]
        here = self.roster.list.cursor_key
        if here is None:
            return
        if self._anchor not in keys:
            self._anchor = here
            notify(self, "the range begins here: go to its end and press the same key")
            return
        first, last = sorted((keys.index(self._anchor), keys.index(here)))
        self._anchor = here
        self._add(self.roster.held[key] for key in keys[first : last + 1])

    def action_mark_shown(self) -> None:
        self._add(self.roster.shown_rows)

    def action_mark_invert(self) -> None:
        self._told(self.session.marks.invert(self.roster.shown_rows))

    def action_mark_clear(self) -> None:
        self.session.marks.clear()
        self._say()

    def action_marked_only(self) -> None:
        """Show only the marked contacts, or everybody again."""
        roster = self.roster
        if not roster.only_marked and not self.session.marks:
            notify(self, "nobody is marked: space marks the contact under the cursor")
            return
        roster.only_marked = not roster.only_marked
        roster.reload()

    def _add(self, rows: Iterable[RosterRow]) -> None:
        self._told(self.session.marks.add(rows))

    def _told(self, left_out: int) -> None:
        if left_out:
            notify(self, too_many(left_out), severity="warning")
        self._say()

    @work(exclusive=True, group="asking")
    async def action_remove(self) -> None:
        await ask_to_remove(self, self.session, self._removed)

    def _removed(self, somebody_left: bool) -> None:
        if somebody_left:
            self.roster.only_marked = False
            self.roster.reload()
        self._say()

    def action_trace(self) -> None:
        row = self.roster.chosen
        if row is not None:
            self.post_message(TraceAsked(row.contact_id))

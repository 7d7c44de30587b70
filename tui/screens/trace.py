"""The story of one contact: all its scenario and event rows merged by time, gaps told as spans."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from backend.errors import ParcoursError
from backend.log_export import Form, story_pages, write_rows
from backend.model import ContactRef, Follow, LogName
from backend.query.language import parse
from tui import places
from tui.arrivals import paced, together
from tui.bindings import bound
from tui.messages import LogsAsked, PlaceAsked, PromptAsked, RecipientAsked, TraceAsked
from tui.presenters.commands import trace_command_line
from tui.presenters.logs import rows_line
from tui.presenters.trace import STORY_TAB, contact_line, query_of, story_tabs
from tui.screens.logs_taking import ask_for_file, written_line
from tui.screens.paged_list import PagedList
from tui.screens.place import two_lines
from tui.screens.row_finding import RowFinding, finding_keys
from tui.screens.row_looks import RowLooks, look_keys
from tui.screens.row_marking import RowMarking, marking_keys
from tui.screens.row_taking import RowTaking, part_keys
from tui.screens.trace_verdict import FACTS_AGAIN_S, VERDICT_KEYS, TraceVerdict
from tui.screens.trace_view import TraceView
from tui.session import Session
from widgets.shown import notify
from widgets.step_path import StepPath

RETRY_S = 5.0
"""How long following waits after a failure."""
LOGS = (LogName.SCENARIO, LogName.EVENT)
"""What a story is told from."""


class TraceScreen(TraceVerdict, RowFinding[None], RowMarking[None], RowTaking[None], RowLooks[None]):
    """One contact, and everything that happened to it."""

    NAME = places.TRACE.name
    TITLE_WORD = places.TRACE.title
    INTERVAL_S = 10.0
    """Following brings the rows; this reading heals what it may have missed."""
    NO_ERROR = "no further error in this story"
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("trace.contact_other", "ask_contact", show=True),
        bound("trace.logs_of_contact", "logs_of_contact", show=True),
        bound("trace.tracking", "tracking", show=True),
        bound("trace.follow", "follow", show=True),
        *look_keys("trace"),
        *VERDICT_KEYS,
        bound("trace.export", "export"),
        bound("trace.copy", "copy_row"),
        *part_keys("trace"),
        *marking_keys("trace"),
        *finding_keys("trace"),
        bound("trace.contact_next", "marked(1)"),
        bound("trace.contact_previous", "marked(-1)"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._seen: dict[LogName, int] = {}
        """Id of the newest arrival of each log that was looked at: following goes on from there."""

    def compose_body(self) -> Iterable[Widget]:
        yield Static(classes="headline")
        yield self.find_bar()
        with Horizontal(id="story"):
            with Vertical(id="told"):
                yield TraceView(self.session)
                yield Static(id="now")
            with VerticalScroll(id="beside"):
                yield Static(id="facts")
                yield Static(id="path-title")
                yield StepPath(id="path", empty="in no scenario, as far as told")
        yield Static(id="verdict")

    @property
    def view(self) -> TraceView:
        return self.query_one(TraceView)

    @property
    def rows(self) -> TraceView:
        return self.view

    @property
    def found_in(self) -> TraceView:
        return self.view

    def command_text(self) -> str | None:
        contact = self._contact
        return None if contact is None else trace_command_line(self.session.source.name, contact)

    def take(self, asked: PlaceAsked) -> None:
        if isinstance(asked, TraceAsked):
            self.show_contact(asked.contact_id)

    def show_contact(self, contact_id: int) -> None:
        """Show the story of this contact in place of the one before."""
        if self.view.contact_id != contact_id:
            self.view.contact_id = contact_id
            self._contact = None
            self._facts, self._delivery, self._scenario = None, None, 0
            self.view.list.collapse_all()
            self.view.forget_marks()
            self.view.list.follow(True)
            self.action_refresh_now()
        self.focus_body()

    async def fetch(self) -> None:
        """Reads the contact and its newest rows; later only where the person stands at the end."""
        contact_id = self.view.contact_id
        if contact_id is not None and self._contact is None:
            source = self.session.source
            self._seen = {log: await source.newest_id(log) for log in LOGS}
            self._contact = await source.contact(contact_id)
            await self.view.load()
            self.follow_or_stop()
        elif contact_id is None or self.view.list.following:
            await self.view.load(again=True)
        if contact_id is not None:
            await self.read_facts(contact_id)

    def follow_or_stop(self) -> None:
        """Follow the contact on screen from what is known of him, unless the console is paused."""
        self.workers.cancel_group(self, "follow")
        if self._contact is not None and not self.session.is_paused:
            self._follow(self._contact)

    @work(group="follow")
    async def _follow(self, contact: ContactRef) -> None:
        """Bring the contact's rows as they arrive, at the pace of the terminal."""
        while True:
            try:
                arriving = together(*(self._arrivals(log, contact) for log in LOGS))
                async for arrived in paced(arriving, lambda: self.session.link.frame_s):
                    await self._show_arrived(contact, len(arrived.rows) + arrived.skipped)
            except ParcoursError as error:
                self.log(f"following {contact.id}: {error}")  # the next reading says it on screen
                await asyncio.sleep(RETRY_S)

    async def _arrivals(self, log: LogName, contact: ContactRef) -> AsyncIterator[Follow]:
        query = parse(query_of(contact), now_ms=self.session.now_ms(), log=log)
        async for arrived in self.session.source.follow(log, query, self._seen[log]):
            self._seen[log] = arrived.after
            yield arrived

    async def _show_arrived(self, contact: ContactRef, count: int) -> None:
        """Read the end of the story again; where the person is not there, only count what waits below."""
        view = self.view
        if not count or self._contact is not contact:
            return
        if not view.list.following:
            view.list.append([], skipped=count)
            return
        await view.load(again=True)
        await self.read_facts(contact.id, FACTS_AGAIN_S)
        self.say_counts()

    def session_changed(self) -> None:
        super().session_changed()
        self.follow_or_stop()
        self.say_counts()

    def on_screen_suspend(self) -> None:
        super().on_screen_suspend()
        self.workers.cancel_group(self, "follow")

    async def show(self, data: None) -> None:
        self.say_counts()

    def focus_body(self) -> None:
        if self.has_class("-facts"):
            self.query_one("#beside").focus()
        else:
            self.view.list.focus()

    def redraw(self) -> None:
        self.view.redraw()
        self.say_counts()

    @on(PagedList.Changed)
    def say_counts(self) -> None:
        view = self.view
        if self._contact is None:
            said = view.error or self.clock.error or "no contact chosen", ""
        else:
            counted = rows_line(
                shown=view.shown_count,
                has_older=view.has_older,
                following=view.list.following,
                new_below=view.list.new_below,
                searched_to_ms=view.searched_to_ms,
                zone=self.session.zone,
                paused=self.session.is_paused,
                marked=len(view.bookmarks),
            )
            place = self.session.marks.place_of(self._contact.id)
            walked = f"   marked {place} of {len(self.session.marks)}" if place else ""
            said = f"{story_tabs(STORY_TAB)}   {contact_line(self._contact)}{walked}", counted
        self.show_verdict()
        self.query_one(".headline", Static).update(two_lines(*said), layout=False)

    # --- keys ----------------------------------------------------------------------------------------

    def action_ask_contact(self) -> None:
        self.post_message(PromptAsked())

    def action_logs_of_contact(self) -> None:
        if self._contact is not None:
            self.post_message(LogsAsked(LogName.EVENT, query_of(self._contact)))

    def action_tracking(self) -> None:
        """What this contact opened and clicked."""
        if self.view.contact_id is not None:
            self.post_message(RecipientAsked(self.view.contact_id))

    def action_follow(self) -> None:
        self.view.list.follow(not self.view.list.following)

    def action_export(self) -> None:
        """Write the contact's whole story into a new file; the name may be typed."""
        contact = self._contact
        if contact is None:
            notify(self, "no contact chosen")
            return
        stamp = datetime.fromtimestamp(self.session.now_ms() / 1000, UTC)
        ask_for_file(self, f"parcours-trace-{contact.id}-{stamp:%Y%m%dT%H%M%SZ}", self._write)

    @work(group="download")
    async def _write(self, form: Form, path: Path) -> None:
        contact, source = self._contact, self.session.source
        if contact is None:
            return
        pages = story_pages(source, contact.id)
        try:
            written = await write_rows(source, pages, form, path, lambda rows: None, mask=self.session.mask)
        except ParcoursError as error:
            notify(self, str(error), severity="error")
        else:
            notify(self, written_line(written))

    def action_marked(self, step: int) -> None:
        """Go to the next marked contact, or the one before."""
        row = self.session.marks.next_to(self.view.contact_id, step)
        if row is None:
            notify(self, "nobody is marked: space marks contacts in the list of contacts")
        else:
            self.show_contact(row.contact_id)

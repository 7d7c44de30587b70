"""The tab *Tracking* of a contact's trace: what was opened and clicked, when, where and with what."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from backend.model import ContactRef, LogName
from backend.query.language import Filter, parse
from tui import places
from tui.bindings import bound
from tui.messages import PlaceAsked, RecipientAsked, TraceAsked
from tui.presenters.taking import log_command_line
from tui.presenters.trace import TRACKING_TAB, query_of, story_tabs
from tui.screens.filtered import FilteredPlace
from tui.screens.paged_place import RowsPlace
from tui.screens.row_finding import finding_keys
from tui.screens.row_looks import look_keys
from tui.screens.row_marking import marking_keys
from tui.screens.row_taking import part_keys
from tui.screens.tracking_list import TrackingList
from tui.session import Session


class RecipientScreen(RowsPlace, FilteredPlace[None]):
    """A contact's tracking rows, filtered by the query language and sorted by any column."""

    NAME = places.RECIPIENT.name
    PART_OF = "trace"
    TITLE_WORD = places.RECIPIENT.title
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("trace.tracking", "story", show=True),
        bound("recipient.sort", "sort", show=True),
        bound("recipient.sort_backwards", "sort_backwards", show=True),
        *look_keys("recipient"),
        *marking_keys("recipient"),
        *finding_keys("recipient"),
        bound("recipient.copy", "copy_row"),
        *part_keys("recipient"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._contact_id: int | None = None
        self._contact: ContactRef | None = None
        self._filter = ""

    def compose_list(self) -> Iterable[Widget]:
        yield self.find_bar()
        yield TrackingList(self.session)

    @property
    def feed(self) -> TrackingList:
        return self.query_one(TrackingList)

    # --- what it shows -------------------------------------------------------------------------------

    def take(self, asked: PlaceAsked) -> None:
        if isinstance(asked, RecipientAsked):
            self.show_contact(asked.contact_id)

    def show_contact(self, contact_id: int) -> None:
        """Show this contact in place of the one before."""
        if contact_id != self._contact_id:
            self._contact_id, self._contact, self._filter = contact_id, None, ""
            self.feed.forget_marks()
        self.action_refresh_now()

    @property
    def filter_text(self) -> str:
        return self._filter

    @property
    def is_filtered(self) -> bool:
        return bool(self.filter_text)

    def check_filter(self, text: str) -> None:
        self._parsed(text)

    def apply_filter(self, text: str) -> None:
        self._filter = text
        self.action_refresh_now()

    def _parsed(self, text: str) -> Filter:
        """Raises: QueryError."""
        session = self.session
        return parse(text, now_ms=session.now_ms(), zone=session.zone, log=LogName.TRACKING)

    async def fetch(self) -> None:
        if self._contact_id is None:
            nothing = "no contact chosen: press c, or d on any row, and the tracking from its trace"
            await self.feed.show_rows(None, "", nothing=nothing)
            return
        if self._contact is None:
            self._contact = await self.session.source.contact(self._contact_id)
        text = self._asked(self._contact)
        nothing = "nothing opened or clicked" + (" that matches" if self._filter else "")
        await self.feed.show_rows(self._parsed(text), text, nothing=nothing)

    def _asked(self, contact: ContactRef) -> str:
        """The query for the rows of a contact that the filter lets in."""
        return f"{query_of(contact)} {self._filter}".strip()

    def command_text(self) -> str | None:
        if self._contact is None:
            return None
        return log_command_line(self.session.source.name, LogName.TRACKING, self._asked(self._contact))

    def say_rows(self) -> None:
        if self._contact is None:
            self.say("recipient tracking")
            return
        parts = [self._contact.shown, story_tabs(TRACKING_TAB), self.feed.counted()]
        if self._filter:
            parts.insert(0, f"/{self._filter}")
        self.say("   ".join(parts))

    # --- keys ----------------------------------------------------------------------------------------

    def action_story(self) -> None:
        """The other tab: everything that happened to the contact."""
        if self._contact_id is not None:
            self.post_message(TraceAsked(self._contact_id))

    def action_sort(self) -> None:
        """Sort by the next column."""
        self.feed.sort_by_next()
        self.action_refresh_now()

    def action_sort_backwards(self) -> None:
        self.feed.turn()
        self.action_refresh_now()

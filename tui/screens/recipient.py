"""The tracking of one recipient: what was clicked and opened, when, in which delivery, with what."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from backend.model import ContactRef, LogName, Page
from backend.query import Filter, parse
from backend.source import PAGE_LIMIT
from tui.bindings import bound
from tui.presenters.trace import query_of
from tui.presenters.tracking import TRACKING_COLUMNS, TRACKING_TITLES, sorted_rows
from tui.screens.filtered import FilteredPlace
from tui.session import Session
from widgets.table_pane import MOST_ROWS, TablePane

SORTS = (0, 2, 3, 4, 6, 1)
"""The columns to sort by, in the order in which the key goes through them."""


class RecipientScreen(FilteredPlace[Page | None]):
    """A contact's tracking rows, filtered by the query language and sorted by a column."""

    NAME = "recipient"
    TITLE_WORD = "Recipient tracking"
    BINDINGS: ClassVar[list[BindingType]] = [bound("recipient.sort", "sort", show=True)]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._contact_id: int | None = None
        self._contact: ContactRef | None = None
        self._filter = ""
        self._sort = 0
        self._page: Page | None = None

    def compose_list(self) -> Iterable[Widget]:
        yield TablePane(id="recipient-rows")

    # --- what it shows -------------------------------------------------------------------------------

    def show_contact(self, contact_id: int) -> None:
        """Show this contact in place of the one before."""
        if contact_id != self._contact_id:
            self._contact_id, self._contact, self._filter = contact_id, None, ""
        self.action_refresh_now()

    @property
    def filter_text(self) -> str:
        return self._filter

    def check_filter(self, text: str) -> None:
        self._parsed(text)

    def apply_filter(self, text: str) -> None:
        self._filter = text
        self.action_refresh_now()

    def _parsed(self, text: str) -> Filter:
        """Raises: QueryError."""
        session = self.session
        return parse(text, now_ms=session.now_ms(), zone=session.zone, log=LogName.TRACKING)

    async def fetch(self) -> Page | None:
        source = self.session.source
        if self._contact_id is None:
            return None
        if self._contact is None:
            self._contact = await source.contact(self._contact_id)
        query = self._parsed(f"{query_of(self._contact)} {self._filter}".strip())
        return await source.log(LogName.TRACKING, query, limit=min(MOST_ROWS, PAGE_LIMIT))

    async def show(self, data: Page | None) -> None:
        self._page = data
        table = self.query_one("#recipient-rows", TablePane)
        if data is None or self._contact is None:
            table.set_empty("no contact chosen: open one's trace, and its tracking from there")
            table.set_table((), ())
            self.say("recipient tracking")
            return
        is_cut = data.older is not None
        table.set_empty("nothing opened or clicked" + (" that matches" if self._filter else ""))
        rows = sorted_rows(data.rows, self.session.zone, SORTS[self._sort])
        table.set_table(TRACKING_COLUMNS, rows, cut=is_cut)
        self._tell(len(data.rows), is_cut=is_cut)
        if self.focused is None:
            self.focus_body()

    def _tell(self, count: int, *, is_cut: bool) -> None:
        assert self._contact is not None
        newest = "the newest " if is_cut else ""
        parts = [f"{self._contact.shown}   [Tracking]   {newest}{count} rows"]
        parts.append(f"by {TRACKING_TITLES[SORTS[self._sort]]}")
        if self._filter:
            parts.insert(0, f"/{self._filter}")
        self.say("   ".join(parts))

    def focus_body(self) -> None:
        self.query_one("#recipient-rows", TablePane).focus()

    def redraw(self) -> None:
        self.call_later(self.show, self._page)

    def action_sort(self) -> None:
        """Sort by the next column."""
        self._sort = (self._sort + 1) % len(SORTS)
        self.redraw()

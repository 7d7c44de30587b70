"""Bookmarks: rows that a person marks to come back to."""

from __future__ import annotations

from collections.abc import Awaitable

from textual import work
from textual.binding import Binding

from backend.model import LogRow
from backend.numbers import format_count
from tui.bindings import bound
from tui.presenters.log_rows import log_words
from tui.presenters.times import format_full
from tui.screens.chooser import Choice, Chooser, among
from tui.screens.paged_list import MOST_WALKED, Walk
from tui.screens.place import Data
from tui.screens.row_place import RowPlace
from widgets.shown import notify

MOST_MARKED = 1_000
"""Rows of one list that can be marked: each is kept whole."""


def marking_keys(section: str) -> list[Binding]:
    """The keys that mark rows and go to them, by their names in a section of the keymap."""
    return [
        bound(f"{section}.mark", "mark"),
        bound(f"{section}.mark_next", "to_mark(1)"),
        bound(f"{section}.mark_previous", "to_mark(-1)"),
        bound(f"{section}.mark_list", "mark_list"),
        bound(f"{section}.mark_clear", "mark_clear"),
    ]


class RowMarking(RowPlace[Data]):
    """Keys that mark rows and lead from one marked row to another."""

    @property
    def is_filtered(self) -> bool:
        """Whether a filter may hide marked rows."""
        return False

    def action_mark(self) -> None:
        """Mark the row under the cursor, or take its mark away."""
        feed, row, key = self.rows, self.rows.chosen, self.rows.list.cursor_key
        if row is None or key is None:
            return
        if key not in feed.bookmarks and len(feed.bookmarks) >= MOST_MARKED:
            notify(
                self, f"not marked: at most {format_count(MOST_MARKED)} rows of a log are", severity="warning"
            )
            return
        if feed.bookmarks.pop(key, None) is None:
            feed.bookmarks[key] = row
        self._show_marks()

    def action_mark_clear(self) -> None:
        """Take all marks of this list away."""
        if gone := len(self.rows.bookmarks):
            self.rows.bookmarks.clear()
            self._show_marks()
            notify(self, f"{format_count(gone)} {'mark' if gone == 1 else 'marks'} taken away")

    def _show_marks(self) -> None:
        self.rows.list.set_bookmarks(self.rows.bookmarks.keys())
        self.say_counts()

    @work(exclusive=True, group="search")
    async def action_to_mark(self, step: int) -> None:
        """Go to the next (1) or previous (-1) marked row that can be shown, however far away."""
        if not self.rows.bookmarks:
            notify(self, "no row is marked")
            return
        await self.tried(self._go_on(step), f"no further mark {'below' if step > 0 else 'above'}")
        self.say_counts()

    async def _go_on(self, step: int) -> bool:
        feed, here = self.rows, self.rows.cursor_place
        hidden = 0
        for key in feed.marked[::step]:
            place = feed.place_in_list(key, feed.bookmarks[key])
            if here is not None and (place == here or (place > here) != (step > 0)):
                continue
            if await self._ended(feed.go_to_marked(key, feed.bookmarks[key])):
                return True
            hidden += 1
        if hidden:
            marks = "1 mark" if hidden == 1 else f"{format_count(hidden)} marks"
            gone = f"the filter hides {marks}" if self.is_filtered else f"{marks} not there any more"
            notify(self, f"{gone} in this direction")
        return bool(hidden)

    async def _ended(self, going: Awaitable[Walk]) -> bool:
        """Await the way to a marked row, and say why it ended before; False where the row is not there."""
        walk = await going
        if walk is not Walk.END:
            more = f"not among the next {format_count(MOST_WALKED)} rows; again looks further"
            self.rows.tell(walk, more=more, end="")
        return walk is not Walk.END

    def action_mark_list(self) -> None:
        """Choose one of the marked rows and go there, also where a filter hides it."""
        feed, zone = self.rows, self.session.zone
        if not feed.bookmarks:
            notify(self, "no row is marked")
            return
        choices = [
            Choice(format_full(feed.bookmarks[key].at_ms, zone), log_words(feed.bookmarks[key]), key)
            for key in feed.marked
        ]

        def chosen(choice: Choice | None) -> None:
            if choice is not None:
                self._go_to_marked(str(choice.value))

        self.app.push_screen(Chooser("Marked rows: enter goes there", among(choices)), chosen)

    @work(exclusive=True, group="search")
    async def _go_to_marked(self, key: str) -> None:
        row = self.rows.bookmarks.get(key)
        if row is not None:
            await self.tried(self._ended(self.reach(key, row)), "the marked row is not there any more")
            self.say_counts()

    async def reach(self, key: str, row: LogRow) -> Walk:
        """Go to a marked row; END where it is not there any more. Raises: ParcoursError."""
        return await self.rows.go_to_marked(key, row)

"""Bookmarks: rows that a person marks to come back to, whatever the filter is meanwhile."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.binding import BindingType

from backend.model import LogRow
from backend.numbers import format_count
from tui.bindings import bound
from tui.presenters.log_rows import log_words, row_key
from tui.presenters.times import format_full
from tui.screens.chooser import Choice, Chooser, among
from tui.screens.log_feed import place_of
from tui.screens.logs_place import LogsPlace
from widgets.shown import notify

MOST_MARKED = 1_000
"""Rows of one log that can be marked: each is kept whole."""


class LogsMarking(LogsPlace):
    """Keys that mark rows and lead from one marked row to another."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bound("logs.mark", "mark"),
        bound("logs.mark_next", "marked(1)"),
        bound("logs.mark_previous", "marked(-1)"),
        bound("logs.mark_list", "mark_list"),
        bound("logs.mark_clear", "mark_clear"),
    ]

    def action_mark(self) -> None:
        """Mark the row under the cursor, or take its mark away."""
        view, row = self.view, self.view.chosen
        if row is None:
            return
        key = row_key(row)
        if key not in view.bookmarks and len(view.bookmarks) >= MOST_MARKED:
            notify(
                self, f"not marked: at most {format_count(MOST_MARKED)} rows of a log are", severity="warning"
            )
            return
        if view.bookmarks.pop(key, None) is None:
            view.bookmarks[key] = row
        self._show_marks()

    def action_mark_clear(self) -> None:
        """Take all marks of this log away."""
        if gone := len(self.view.bookmarks):
            self.view.bookmarks.clear()
            self._show_marks()
            notify(self, f"{format_count(gone)} {'mark' if gone == 1 else 'marks'} taken away")

    def _show_marks(self) -> None:
        self.view.list.set_bookmarks(self.view.bookmarks.keys())
        self.say_counts()

    @work(exclusive=True, group="search")
    async def action_marked(self, step: int) -> None:
        """Go to the next (1) or previous (-1) marked row that the filter lets in, however far away."""
        if not self.view.bookmarks:
            notify(self, "no row is marked")
            return
        await self.tried(self._go_on(step), f"no further mark {'below' if step > 0 else 'above'}")
        self.say_counts()

    async def _go_on(self, step: int) -> bool:
        view, here = self.view, self.view.cursor_row
        marked = sorted(view.bookmarks.values(), key=place_of, reverse=step < 0)
        hidden = 0
        for row in marked:
            if here is not None and (row == here or (place_of(row) > place_of(here)) != (step > 0)):
                continue
            if await view.go_to_row(row):
                return True
            hidden += 1
        if hidden:
            hides = "1 mark" if hidden == 1 else f"{format_count(hidden)} marks"
            notify(self, f"the filter hides {hides} in this direction")
        return bool(hidden)

    def action_mark_list(self) -> None:
        """Choose one of the marked rows and go there; a filter that hides it is lifted."""
        zone = self.session.zone
        rows = sorted(self.view.bookmarks.values(), key=place_of)
        if not rows:
            notify(self, "no row is marked")
            return
        choices = [Choice(format_full(row.at_ms, zone), log_words(row), row) for row in rows]

        def chosen(choice: Choice | None) -> None:
            if choice is not None and isinstance(choice.value, LogRow):
                self._go_to_marked(choice.value)

        self.app.push_screen(Chooser("Marked rows: enter goes there", among(choices)), chosen)

    @work(exclusive=True, group="search")
    async def _go_to_marked(self, row: LogRow) -> None:
        view = self.view

        async def go() -> bool:
            if not await view.go_to_row(row):
                view.lifted, view.query_filter = view.lifted or view.query_filter, view.parsed("")
                await view.load_around(row.at_ms, row_key(row))
                view.count()
            return True

        await self.tried(go(), "")
        self.follow_or_stop()
        self.say_counts()

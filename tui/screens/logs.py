"""The three logs: paging both ways, following, filtering, rows that open to their technical fields."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import ContentSwitcher

from backend.errors import ParcoursError
from backend.model import LogName, LogRow
from backend.query import Filter, parse
from backend.source import Direction
from tui.bindings import bound
from tui.messages import TraceAsked
from tui.presenters.log_rows import COLUMNS, log_row
from tui.presenters.logs import TIME_RANGES, log_headline, rows_line, since_text
from tui.screens.chooser import Choice, Chooser, among
from tui.screens.filtered import FilteredPlace
from tui.screens.log_feed import LogFeed, batch_of
from tui.screens.paged_list import Batch, PagedList
from tui.session import Session
from widgets.columns import Row
from widgets.shown import notify

RETRY_S = 5.0
"""How long following waits after a failure."""


class LogView(LogFeed):
    """One of the logs with its own filter, cursor and place."""

    def __init__(self, session: Session, log: LogName) -> None:
        super().__init__(session, COLUMNS[log])
        self.id = f"log-{log}"
        self.log_name = log
        self.query_filter = self.parsed("")
        self.is_read = False
        self.seen = 0
        """Id of the newest arrival that the list knows of: following goes on from there."""

    def parsed(self, text: str) -> Filter:
        """Raises: QueryError."""
        return parse(text, now_ms=self.session.now_ms(), zone=self.session.zone, log=self.log_name)

    async def fetch(self, cursor: str | None, direction: Direction, limit: int) -> Batch[LogRow]:
        source = self.session.source
        page = await source.log(self.log_name, self.query_filter, cursor, direction=direction, limit=limit)
        return batch_of(page)

    def loaded(self) -> None:
        super().loaded()
        self.is_read = True

    def drawn(self, rows: Sequence[LogRow]) -> list[Row]:
        return [log_row(row, self.log_name, self.session.zone) for row in rows]

    def why_empty(self) -> str:
        if self.query_filter.terms:
            return f"no row of the {self.log_name} log matches: {self.query_filter.text}"
        return f"the {self.log_name} log is empty: no feed told of such rows yet"


class LogsScreen(FilteredPlace[None]):
    """Scenario log, event log and tracking log."""

    NAME = "logs"
    TITLE_WORD = "Logs"
    INTERVAL_S = 30.0
    """Following brings the rows; this reading only heals what it may have missed."""
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("logs.follow", "follow", show=True),
        bound("logs.tab_previous", "tab(-1)"),
        bound("logs.tab_next", "tab(1)", show=True),
        bound("logs.error_next", "error(1)", show=True),
        bound("logs.error_previous", "error(-1)"),
        bound("logs.contact_trace", "trace", show=True),
        bound("app.time_range", "choose_time"),
    ]

    def compose_list(self) -> Iterable[Widget]:
        views = [LogView(self.session, log) for log in LogName]
        yield ContentSwitcher(*views, initial=views[0].id)

    @property
    def view(self) -> LogView:
        """The log on screen."""
        switcher = self.query_one(ContentSwitcher)
        return switcher.query_one(f"#{switcher.current}", LogView)

    # --- reading -------------------------------------------------------------------------------------

    async def fetch(self) -> None:
        """Reads a log for the first time, later where the person stands at the end: it heals the rest."""
        view = self.view
        if not view.is_read:
            view.list.follow(True)
            view.seen = await self.session.source.newest_id(view.log_name)
            await view.load()
            self._follow_or_stop()
        elif view.list.following:
            await view.load(again=True)

    async def show(self, data: None) -> None:
        self._say()

    def session_changed(self) -> None:
        super().session_changed()
        if self.view.is_read:
            self._follow_or_stop()

    def on_screen_suspend(self) -> None:
        super().on_screen_suspend()
        self.workers.cancel_group(self, "follow")

    def _follow_or_stop(self) -> None:
        """Follow the log on screen from what it knows of, so that a pause or absence misses no row."""
        if self.session.is_paused:
            self.workers.cancel_group(self, "follow")
        else:
            self._follow(self.view)

    @work(exclusive=True, group="follow")
    async def _follow(self, view: LogView) -> None:
        source = self.session.source
        while True:
            try:
                async for arrived in source.follow(view.log_name, view.query_filter, view.seen):
                    view.seen = arrived.after
                    view.add_live(arrived.rows, arrived.skipped)
            except ParcoursError as error:
                view.error = str(error)
                self._say()
                await asyncio.sleep(RETRY_S)

    def show_query(self, log: LogName, query: str) -> None:
        """Show the rows of a log that a query's text asks for."""
        self._switch(log)
        self.apply_filter(query)

    def redraw(self) -> None:
        for view in self.query(LogView):
            view.redraw()

    @on(PagedList.Changed)
    def _say(self) -> None:
        view = self.view
        counted = view.error or rows_line(
            shown=view.shown_count,
            has_older=view.has_older,
            following=view.list.following,
            new_below=view.list.new_below,
            searched_to_ms=view.searched_to_ms,
            zone=self.session.zone,
        )
        self.say(log_headline(view.log_name, self.filter_text, counted))

    # --- filter --------------------------------------------------------------------------------------

    @property
    def filter_text(self) -> str:
        return self.view.query_filter.text

    def check_filter(self, text: str) -> None:
        self.view.parsed(text)

    def apply_filter(self, text: str) -> None:
        view = self.view
        view.query_filter = view.parsed(text)
        view.is_read = False
        view.list.collapse_all()
        self.action_refresh_now()

    def focus_body(self) -> None:
        self.view.list.focus()

    # --- keys ----------------------------------------------------------------------------------------

    def action_tab(self, step: int) -> None:
        logs = list(LogName)
        self._switch(logs[(logs.index(self.view.log_name) + step) % len(logs)])

    def _switch(self, log: LogName) -> None:
        self.query_one(ContentSwitcher).current = f"log-{log}"
        self.focus_body()
        if self.view.is_read:
            self._follow_or_stop()
        self.action_refresh_now()
        self._say()

    def action_choose_time(self) -> None:
        choices = [Choice(label, "", since) for label, since in TIME_RANGES]
        self.app.push_screen(Chooser("Time range", among(choices)), self._time_chosen)

    def _time_chosen(self, choice: Choice | None) -> None:
        if choice is not None:
            self.apply_filter(since_text(self.view.query_filter, str(choice.value)))

    def action_follow(self) -> None:
        self.view.list.follow(not self.view.list.following)

    def action_error(self, step: int) -> None:
        if not self.view.next_error(step):
            notify(self, "no further error among the rows read")

    def action_trace(self) -> None:
        row = self.view.chosen
        if row is None or row.contact_id is None:
            notify(self, "this row names no contact")
        else:
            self.post_message(TraceAsked(row.contact_id))

"""The three logs: paging both ways, following, filtering, rows that open to their technical fields."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.events import Resize
from textual.widget import Widget
from textual.widgets import ContentSwitcher

from backend.errors import CannotWrite, ParcoursError, QueryError
from backend.model import Away, LogName
from backend.query.language import Filter
from tui import places
from tui.arrivals import paced
from tui.bindings import bound
from tui.log_memory import MOST_FILTERS, LogPlace, SourcePlace, keep_past, past_path
from tui.messages import LogsAsked, PlaceAsked, TraceAsked
from tui.presenters.log_rows import row_key
from tui.presenters.logs import log_headline, rows_line
from tui.presenters.taking import log_command_line
from tui.screens.log_view import LogView
from tui.screens.logs_filtering import LogsFiltering
from tui.screens.logs_finding import LogsFinding
from tui.screens.logs_looks import LogsLooks
from tui.screens.logs_marking import LogsMarking
from tui.screens.logs_taking import LogsTaking
from tui.screens.logs_timing import LogsTiming
from tui.screens.paged_list import PagedList
from tui.session import Session
from widgets.field_tree import FieldTree
from widgets.filter_bar import FilterBar
from widgets.log_histogram import LogHistogram
from widgets.shown import notify

RETRY_S = 5.0
"""How long following waits after a failure."""


class LogsScreen(LogsFiltering, LogsFinding, LogsMarking, LogsTaking, LogsTiming, LogsLooks):
    """Scenario log, event log and tracking log."""

    NAME = places.LOGS.name
    TITLE_WORD = places.LOGS.title
    INTERVAL_S = 30.0
    """Following brings the rows; this reading only heals what it may have missed."""
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("logs.follow", "follow", show=True),
        bound("logs.tab_previous", "tab(-1)"),
        bound("logs.tab_next", "tab(1)", show=True),
        bound("logs.contact_trace", "trace", show=True),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._was = self.past.places.get(session.source.name, SourcePlace())
        self._given_up = False
        self._typed_here: list[tuple[str, str]] = []
        """Log and text of each filter applied in this console."""
        self._split: tuple[LogName, str] | None = None
        """The log and filter whose headline takes several lines: it keeps them, for counts come and go."""
        self._current = self._was.log if self._was.log in list(LogName) else str(LogName.SCENARIO)
        self._views = [LogView(session, log, self.choices.columns.get(log, ())) for log in LogName]

    def compose_list(self) -> Iterable[Widget]:
        bar = FilterBar("text in the rows shown; enter finds it, n and N go on", id="find")
        bar.display = False
        yield bar
        histogram = LogHistogram()
        histogram.display = self.choices.histogram
        yield histogram
        for view in self._views:
            self._put_back(view)
        self.lay_out_rows()
        rows = ContentSwitcher(*self._views, initial=f"log-{self._current}")
        fields = FieldTree(id="side-pane", empty="no row")
        fields.display = False
        yield Horizontal(rows, fields)

    def _put_back(self, view: LogView) -> None:
        """Filter and place as they were when the console was left."""
        place = self._was.logs.get(view.log_name, LogPlace())
        try:
            view.set_filter(view.parsed(place.filter), place)
        except QueryError:  # it was written by another version
            view.set_filter(view.parsed(""))

    @property
    def views(self) -> Sequence[LogView]:
        return self._views

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
            self.lay_out_histogram()
            if not self._given_up:
                await view.open()
                self.follow_or_stop()
        elif view.list.following:
            await view.load(again=True)
            await view.count_again()
        else:  # the rows stay as they are; whether the source still answers is to be known
            await self.session.source.newest_id(view.log_name)

    async def show(self, data: None) -> None:
        self.say_counts()

    def action_refresh_now(self) -> None:
        self._given_up = False
        self.view.forget_count()
        super().action_refresh_now()

    @property
    def is_filling(self) -> bool:
        """Whether the rows are read for the first time: keys that follow are meant for them."""
        return not self.view.is_read and any(
            worker.group == "fetch" and worker.node is self and not worker.is_finished
            for worker in self.workers
        )

    def cancel_reading(self) -> bool:
        """Give up a query that is under way; False where none is."""
        view = self.view
        busy = [w for w in view.workers if w.group in ("page", "count") and w.node is view and w.is_running]
        if view.is_read and not busy:
            return False
        for worker in busy:
            worker.cancel()
        if not view.is_read:
            self.workers.cancel_group(self, "fetch")
            self.clock.abandoned()
            self._given_up = not view.give_up()
            self.follow_or_stop()
        notify(self, "cancelled")
        self.say_counts()
        return True

    def session_changed(self) -> None:
        super().session_changed()
        if self.view.is_read:
            self.follow_or_stop()
            self.say_counts()

    def on_screen_suspend(self) -> None:
        super().on_screen_suspend()
        self.workers.cancel_group(self, "follow")
        self._keep_place()

    def on_unmount(self) -> None:
        self._keep_place()

    def _keep_place(self) -> None:
        """Write where the person is; what cannot be written is no reason to disturb him."""
        logs = {str(view.log_name): view.place for view in self._views}
        try:
            keep_past(
                past_path(), self._typed_here, self.session.source.name, SourcePlace(self._current, logs)
            )
        except CannotWrite as error:
            self.log(f"place not kept: {error}")

    def follow_or_stop(self) -> None:
        """Follow the log on screen from what it knows of, so that a pause or absence misses no row."""
        if self.session.is_paused:
            self.workers.cancel_group(self, "follow")
        else:
            self._follow(self.view)

    @work(exclusive=True, group="follow")
    async def _follow(self, view: LogView) -> None:
        """Bring rows as they arrive. That the source went, or is back, is found out at once by a reading."""
        source = self.session.source
        is_away = False
        while True:
            try:
                arriving = source.follow(view.log_name, view.query_filter, view.seen)
                async for arrived in paced(arriving, lambda: self.session.link.frame_s):
                    view.seen = arrived.after
                    view.add_live(arrived.rows, arrived.skipped)
                    if isinstance(arrived, Away) != is_away:
                        is_away = not is_away
                        self._start()
            except ParcoursError as error:
                view.error = str(error)
                self.say_counts()
                await asyncio.sleep(RETRY_S)

    def take(self, asked: PlaceAsked) -> None:
        if isinstance(asked, LogsAsked):
            self.show_query(asked.log, asked.query)

    def show_query(self, log: LogName, query: str) -> None:
        """Show the rows of a log that a query's text asks for."""
        self._switch(log)
        found = self.view.parsed(query)
        self.led_with = found.text
        self.show_filter(found, stay=False)

    def redraw(self) -> None:
        for view in self._views:
            view.redraw()

    @on(PagedList.Changed)
    def say_counts(self) -> None:
        view = self.view
        trouble = view.error or ("not read yet" if view.shown_filter is None else "")
        counted = trouble or rows_line(
            shown=view.shown_count,
            has_older=view.has_older or view.has_newer,
            following=view.list.following,
            new_below=view.list.new_below,
            searched_to_ms=view.searched_to_ms,
            zone=self.session.zone,
            tally=view.tally,
            passed_over=view.passed_over,
            paused=self.session.is_paused,
            marked=len(view.bookmarks),
        )
        mode = f"around, c back to /{view.lifted.text}" if view.lifted is not None else ""
        mode = "   ".join(part for part in (self.search_note, self.download_note, mode) if part)
        self.draw_histogram()
        asked = (view.log_name, self.filter_text)
        width = max(1, self.size.width - 2)
        lines = log_headline(*asked, counted, mode, width, apart=asked == self._split)
        self._split = asked if lines[1:] else None
        self.say(*lines)

    # --- filter --------------------------------------------------------------------------------------

    def command_text(self) -> str | None:
        return log_command_line(self.session.source.name, self.view.log_name, self.filter_text)

    @property
    def filter_text(self) -> str:
        return self.view.query_filter.text

    def check_filter(self, text: str) -> None:
        self.view.parsed(text)

    def apply_filter(self, text: str) -> None:
        """Raises: QueryError."""
        self.show_filter(self.view.parsed(text))

    def show_filter(self, query: Filter, *, stay: bool = True) -> None:
        self.workers.cancel_group(self, "follow")
        view = self.view
        here = view.chosen if stay and not view.list.following else None
        view.lifted = None
        view.set_filter(query, None if here is None else LogPlace(query.text, here.at_ms, row_key(here)))
        self.past.remember_filter(self.view.log_name, query.text)
        self._typed_here = [*self._typed_here, (str(self.view.log_name), query.text)][-MOST_FILTERS:]
        self.action_refresh_now()

    def step_back(self) -> bool:
        if self.query_one("#filter", FilterBar).display:
            return super().step_back()
        if (
            self.end_range()
            or self.end_search()
            or self.end_find()
            or self.cancel_reading()
            or self.cancel_download()
        ):
            return True
        if self.view.lifted is not None:
            self.lay_filter_back()
            return True
        return super().step_back()

    def on_resize(self, event: Resize) -> None:
        self.fit_histogram()
        self.lay_out_side_pane()
        self.say_counts()

    def focus_body(self) -> None:
        self.view.list.focus()

    # --- keys ----------------------------------------------------------------------------------------

    def action_tab(self, step: int) -> None:
        logs = list(LogName)
        self._switch(logs[(logs.index(self.view.log_name) + step) % len(logs)])

    def _switch(self, log: LogName) -> None:
        self._current = str(log)
        self.query_one(ContentSwitcher).current = f"log-{log}"
        self.focus_body()
        if self.view.is_read:
            self.follow_or_stop()
        self.action_refresh_now()
        self.lay_out_side_pane()
        self.say_counts()

    def action_follow(self) -> None:
        self.view.list.follow(not self.view.list.following)

    def action_trace(self) -> None:
        row = self.view.chosen
        if row is None or row.contact_id is None:
            notify(self, "this row names no contact")
        else:
            self.post_message(TraceAsked(row.contact_id))

"""Going to a row: the next error anywhere, a text among the rows shown, the rows around one."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.binding import BindingType

from backend.errors import ParcoursError
from backend.model import LogRow
from backend.query.language import Filter
from tui.bindings import bound
from tui.presenters.log_rows import row_key
from tui.presenters.looked import Looked
from tui.screens.logs_place import LogsPlace
from widgets.filter_bar import FilterBar
from widgets.shown import notify

TELL_S = 0.2
"""Between two lines that say how far a search is."""


class LogsFinding(LogsPlace):
    """Keys that move the cursor to what is looked for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bound("logs.error_next", "error(1)", show=True),
        bound("logs.error_previous", "error(-1)"),
        bound("logs.rows_around", "around"),
        bound("logs.find", "find"),
        bound("logs.match_next", "match(1)"),
        bound("logs.match_previous", "match(-1)"),
    ]
    _wanted = ""
    _looked: Looked | None = None
    search_note = ""
    """How far a search is; "" for none."""

    # --- errors --------------------------------------------------------------------------------------

    def action_error(self, step: int) -> None:
        """Go to the next (1) or previous (-1) error: among the rows held, else wherever it is."""
        if not self.view.next_error(step):
            self._far_error(step)

    @work(exclusive=True, group="search")
    async def _far_error(self, step: int) -> None:
        where = "below" if step > 0 else "above"
        await self.tried(self.view.far_error(step), f"no further error {where}")
        self.say_counts()

    # --- rows around ---------------------------------------------------------------------------------

    def action_around(self) -> None:
        """Lift the filter and stay at this row; again, or by escape, it comes back."""
        view = self.view
        if view.lifted is not None:
            self.lay_filter_back()
        elif not view.query_filter.terms:
            notify(self, "no filter hides the rows around this one")
        elif view.chosen is not None:
            view.lifted = view.query_filter
            self._stay_under(view.parsed(""))

    def lay_filter_back(self) -> None:
        """The filter as it was before the rows around were shown, the cursor where it is."""
        view = self.view
        lifted, view.lifted = view.lifted, None
        if lifted is not None:
            self._stay_under(lifted)

    @work(exclusive=True, group="search")
    async def _stay_under(self, query: Filter) -> None:
        view, row = self.view, self.view.chosen
        view.query_filter = query
        if row is None:
            self.show_filter(query)
            return

        async def go() -> bool:
            await view.load_around(row.at_ms, row_key(row))
            return True

        await self.tried(go(), "")
        view.count()
        self.follow_or_stop()
        self.say_counts()

    # --- texts ---------------------------------------------------------------------------------------

    def action_find(self) -> None:
        bar = self.query_one("#find", FilterBar)
        bar.set_text(self._wanted)
        bar.display = True
        bar.focus_field()

    def action_match(self, step: int) -> None:
        """Go to the next (1) or previous (-1) row that shows the text that was looked for."""
        if not self._wanted:
            self.action_find()
        elif not self.view.list.find(self._wanted, step):
            self._far_match(step)

    @on(FilterBar.Changed, "#find")
    def _find_typed(self, message: FilterBar.Changed) -> None:
        self.view.list.set_highlight(message.text)

    @on(FilterBar.Applied, "#find")
    def _find_applied(self, message: FilterBar.Applied) -> None:
        self._wanted = message.text
        self._close_find()
        if message.text and not self._shows(message.text):
            self._find_anywhere()

    def _shows(self, text: str) -> bool:
        """Whether the row under the cursor shows the text itself."""
        row = self.view.list.cursor_row
        return row is not None and self.view.list.holds(row, text.casefold())

    def _find_anywhere(self) -> None:
        """From the cursor upwards among the rows read, else downwards, else on upwards as far as it takes."""
        found = self.view.list.find(self._wanted, -1) or self.view.list.find(self._wanted, 1)
        if not found:
            self._far_match(-1)

    @work(exclusive=True, group="search")
    async def _far_match(self, step: int) -> None:
        """Read on until a row shows the text. It can be given up, and says how far it looked."""
        wanted, where = self._wanted, "below" if step > 0 else "above"
        self._looked = looked = Looked(wanted, self.session.zone)

        def told(rows: int, last: LogRow) -> None:
            looked.rows, looked.to_ms = rows, last.at_ms
            now_s = self.session.monotonic_s()
            if now_s - looked.told_s > TELL_S:
                looked.told_s = now_s
                self.search_note = f"{looked.so_far}, esc stops"
                self.say_counts()

        try:
            if await self.view.far_match(wanted, step, told):
                self.view.list.set_highlight(wanted)
            else:
                notify(self, f"{looked.nowhere} {where}")
        except ParcoursError as error:
            notify(self, str(error), severity="warning")
        finally:
            self.search_note, self._looked = "", None
            self.say_counts()

    def end_search(self) -> bool:
        """Give up a search that is under way; False where none is."""
        running = [w for w in self.workers if w.group == "search" and w.node is self and w.is_running]
        if running:
            notify(self, f"stopped: {self._looked.so_far}" if self._looked is not None else "cancelled")
        for worker in running:
            worker.cancel()
        return bool(running)

    @on(FilterBar.Cancelled, "#find")
    def _find_cancelled(self, message: FilterBar.Cancelled) -> None:
        self._close_find()
        self.view.list.set_highlight(self._wanted)

    def _close_find(self) -> None:
        self.query_one("#find", FilterBar).display = False
        self.focus_body()

    def end_find(self) -> bool:
        """End what is under way of looking for a text; False where nothing is."""
        if self.query_one("#find", FilterBar).display:
            self._close_find()
        elif not self._wanted:
            return False
        self._wanted = ""
        self.view.list.set_highlight("")
        return True

"""Going to a row: the next error anywhere, a text among the rows shown, the rows around one."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.binding import BindingType

from backend.query import Filter
from tui.bindings import bound
from tui.presenters.log_rows import row_key
from tui.screens.logs_place import LogsPlace
from widgets.filter_bar import FilterBar
from widgets.shown import notify


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
            where = "below" if step > 0 else "above"
            notify(self, f'"{self._wanted}" is not in the rows read {where}')

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
        return row is not None and any(text.casefold() in cell.casefold() for cell in row.cells)

    def _find_anywhere(self) -> None:
        """From the cursor upwards to older rows, else downwards."""
        found = self.view.list.find(self._wanted, -1) or self.view.list.find(self._wanted, 1)
        if not found:
            notify(self, f'"{self._wanted}" is not in the rows read; / looks for it in all rows')

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

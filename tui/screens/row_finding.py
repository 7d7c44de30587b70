"""Finding a text in a list that is read page by page: from the cursor on, and further than was read."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from textual import on, work
from textual.binding import Binding

from backend.numbers import format_count
from tui.bindings import bound
from tui.screens.paged_list import MOST_WALKED, PagedList
from tui.screens.place import Data, PlaceScreen
from widgets.filter_bar import FilterBar

HINT = "text in the rows; enter finds it, n and N go on"


def finding_keys(section: str) -> list[Binding]:
    """The keys that find, by their names in a section of the keymap."""
    return [
        bound(f"{section}.find", "find"),
        bound(f"{section}.match_next", "match(1)"),
        bound(f"{section}.match_previous", "match(-1)"),
    ]


class RowFinding(PlaceScreen[Data]):
    """A place with a list in which texts are found; it yields `find_bar()` above the list."""

    _wanted = ""
    FIND_FIRST = -1
    """Where it is looked first: above the cursor (-1), where a list opens at its end, else below (1)."""

    @property
    @abstractmethod
    def found_in(self) -> PagedList[Any]:
        """The list on screen."""

    def find_bar(self) -> FilterBar:
        """The field for the text, which the key opens."""
        bar = FilterBar(HINT, id="find")
        bar.display = False
        return bar

    def action_find(self) -> None:
        bar = self.query_one("#find", FilterBar)
        bar.set_text(self._wanted)
        bar.display = True
        bar.focus_field()

    def action_match(self, step: int) -> None:
        """Go to the next (1) or previous (-1) row that shows the text that was looked for."""
        if self._wanted:
            self._go_to_match((step,))
        else:
            self.action_find()

    @on(FilterBar.Changed, "#find")
    def _find_typed(self, message: FilterBar.Changed) -> None:
        self.found_in.list.set_highlight(message.text)

    @on(FilterBar.Applied, "#find")
    def _find_applied(self, message: FilterBar.Applied) -> None:
        self._wanted = message.text
        self._close_find()
        row = self.found_in.list.cursor_row
        if message.text and (row is None or not self.found_in.list.holds(row, message.text.casefold())):
            self._go_to_match((self.FIND_FIRST, -self.FIND_FIRST))

    @on(FilterBar.Cancelled, "#find")
    def _find_cancelled(self) -> None:
        self._close_find()
        self.found_in.list.set_highlight(self._wanted)

    @work(exclusive=True, group="search")
    async def _go_to_match(self, steps: tuple[int, ...]) -> None:
        """Look among the rows read in each direction, then read on in the first one."""
        feed, wanted = self.found_in, self._wanted
        where = "below" if steps[0] > 0 else "above"
        found = await feed.read_until(lambda: any(feed.list.find(wanted, step) for step in steps), steps[0])
        rows = format_count(MOST_WALKED)
        more = f'"{wanted}" is not shown by the next {rows} rows {where}; n and N look further'
        end = f'"{wanted}" is not shown by any row{"" if steps[1:] else f" {where}"}'
        feed.tell(found, more=more, end=end)

    def end_find(self) -> bool:
        """End what is under way of looking for a row; False where nothing is."""
        running = [w for w in self.workers if w.group == "search" and w.node is self and w.is_running]
        for worker in running:
            worker.cancel()
        if self.query_one("#find", FilterBar).display:
            self._close_find()
        elif not self._wanted and not running:
            return False
        self._wanted = ""
        self.found_in.list.set_highlight("")
        return True

    def step_back(self) -> bool:
        return self.end_find() or super().step_back()

    def _close_find(self) -> None:
        self.query_one("#find", FilterBar).display = False
        self.focus_body()

"""How rows look, and going from error to error: what trace and opened numbers share."""

from __future__ import annotations

from textual import work
from textual.binding import Binding

from backend.numbers import format_count
from tui.bindings import bound
from tui.screens.paged_list import MOST_WALKED
from tui.screens.place import Data
from tui.screens.row_place import RowPlace


def look_keys(section: str) -> list[Binding]:
    """The keys that change the look of rows and go to errors, by their names in a section of the keymap."""
    return [
        bound(f"{section}.error_next", "error(1)", show=True),
        bound(f"{section}.error_previous", "error(-1)"),
        bound(f"{section}.wrap", "wrap"),
        bound(f"{section}.all_fields", "all_fields"),
    ]


class RowLooks(RowPlace[Data]):
    """Keys that change what is shown of rows."""

    NO_ERROR = "no further error"

    def action_wrap(self) -> None:
        """Let long rows go on in the lines below, or cut them again."""
        self.rows.list.set_wrap(not self.rows.list.wraps)

    def action_all_fields(self) -> None:
        """Show also the fields that do not apply, in opened rows; and back."""
        self.rows.show_all_fields(not self.rows.shows_all)
        if self.rows.shows_all:
            self.rows.open_here()

    @work(exclusive=True, group="search")
    async def action_error(self, step: int) -> None:
        """Go to the next error, or the one before, also beyond the rows read."""
        found = await self.rows.read_until(lambda: self.rows.next_error(step), step)
        more = f"no error among the next {format_count(MOST_WALKED)} rows; again looks further"
        self.rows.tell(found, more=more, end=self.NO_ERROR)

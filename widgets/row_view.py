"""The ground of every list here: rows with a cursor, keys with ids, and the mouse.

Moving the cursor repaints two rows, and at the edge of the page the view jumps by half a page, because
over a slow link every line that shifts is paid for. Lists never fetch.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from widgets.row_lines import ItemT, RowLines


class RowView(RowLines[ItemT], can_focus=True, inherit_bindings=False):
    """Rows with a cursor. Base of the lists and tables; `draw` and `height_of` make it one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "nav(1)", "Down", show=False, id="nav.down"),
        Binding("k,up", "nav(-1)", "Up", show=False, id="nav.up"),
        Binding("h,left", "nav_across(-1)", "Left", show=False, id="nav.left"),
        Binding("l,right", "nav_across(1)", "Right", show=False, id="nav.right"),
        Binding("g,home", "nav_top", "Top", show=False, id="nav.top"),
        Binding("G,end", "nav_bottom", "Bottom", show=False, id="nav.bottom"),
        Binding("pagedown", "nav_page(1.0)", "Page down", show=False, id="nav.page_down"),
        Binding("pageup", "nav_page(-1.0)", "Page up", show=False, id="nav.page_up"),
        Binding("ctrl+d", "nav_page(0.5)", "Half a page down", show=False, id="nav.half_down"),
        Binding("ctrl+u", "nav_page(-0.5)", "Half a page up", show=False, id="nav.half_up"),
        Binding("enter", "open", "Open", show=False, id="nav.open"),
    ]

    class Moved(Message):
        """The cursor came to another row; None where there is no row."""

        def __init__(self, view: RowView[Any], row: Any) -> None:
            super().__init__()
            self.view = view
            self.row = row

        @property
        def control(self) -> RowView[Any]:
            return self.view

    class Chosen(Message):
        """A row was opened, by key or by a click on the row under the cursor."""

        def __init__(self, view: RowView[Any], row: Any) -> None:
            super().__init__()
            self.view = view
            self.row = row

        @property
        def control(self) -> RowView[Any]:
            return self.view

    # --- rows and cursor ------------------------------------------------------------------------

    @property
    def cursor_row(self) -> ItemT | None:
        return self._rows[self._cursor] if 0 <= self._cursor < len(self._rows) else None

    @property
    def cursor_key(self) -> str | None:
        row = self.cursor_row
        return None if row is None else row.key

    def index_of(self, key: str) -> int | None:
        return next((index for index, row in enumerate(self._rows) if row.key == key), None)

    def go_to(self, key: str) -> bool:
        """Put the cursor on a row and show it; False where there is no such row."""
        index = self.index_of(key)
        if index is None:
            return False
        self._move_to(index)
        return True

    def _replace(self, rows: Sequence[ItemT], cursor: int) -> None:
        before = self.cursor_key
        self._rows = list(rows)
        self._cursor = self._selectable(min(cursor, len(self._rows) - 1), 1) if self._rows else -1
        self._changed()
        if self.cursor_key != before:
            self.post_message(self.Moved(self, self.cursor_row))

    def _selectable(self, index: int, step: int) -> int:
        """The nearest row to `index` that the cursor may stand on, looking along `step` first."""
        for places in (range(index, len(self._rows)), range(index, -1, -1))[:: 1 if step > 0 else -1]:
            for place in places:
                if 0 <= place < len(self._rows) and not self._rows[place].inert:
                    return place
        return -1

    def _move_to(self, index: int, step: int = 1, *, in_part: bool = False) -> None:
        """Move the cursor, repainting the two rows only, unless the view must jump.

        in_part: it is enough that a part of the row is seen.
        """
        index = self._selectable(max(0, min(index, len(self._rows) - 1)), step)
        if index < 0:
            return
        if index != self._cursor:
            before, self._cursor = self._cursor, index
            self._refresh_row(before)
            self._refresh_row(index)
            self.post_message(self.Moved(self, self.cursor_row))
        self._show(index, in_part=in_part)

    def _show(self, index: int, *, in_part: bool = False) -> None:
        """Scroll so that the row can be seen: by half a page where it lies outside."""
        top, bottom = self.tops[index], self.tops[index + 1]
        height = self.page_height
        first = self.scroll_offset.y
        if first <= top and bottom <= first + height:
            return
        if in_part and top < first + height and first < bottom:
            return
        self._scroll_lines(top if bottom - top >= height else max(0, top - height // 2))

    def _scroll_lines(self, y: int) -> None:
        self.scroll_to(y=y, animate=False, force=True)

    # --- keys and mouse -------------------------------------------------------------------------

    def action_nav(self, step: int) -> None:
        self._move_to(self._cursor + step, step)

    def action_nav_across(self, step: int) -> None:
        """Nothing lies across in a plain list."""

    def action_nav_top(self) -> None:
        self._move_to(0)
        self._scroll_lines(0)

    def action_nav_bottom(self) -> None:
        self._move_to(len(self._rows) - 1, -1)
        self._scroll_lines(self.tops[-1])

    def action_nav_page(self, pages: float) -> None:
        """Move the view and the cursor by a part of the page, through a row that is higher than it, too."""
        if not self._rows:
            return
        lines = round(pages * self.page_height)
        cursor, seen = max(0, self._cursor), self.scroll_offset.y
        here = max(self.tops[cursor], min(seen, self.tops[cursor + 1] - 1))
        target = max(0, min(here + lines, self.tops[-1] - 1))
        self._scroll_lines(seen + lines)
        self._move_to(bisect_right(self.tops, target) - 1, 1 if pages > 0 else -1, in_part=True)

    def action_open(self) -> None:
        row = self.cursor_row
        if row is not None:
            self.post_message(self.Chosen(self, row))

    def on_click(self, event: events.Click) -> None:
        place = event.get_content_offset(self)
        if place is None:
            return
        index = self._row_at(place)
        if index is None:
            return
        event.stop()
        self.clicked(index, place.x)

    def clicked(self, index: int, x: int) -> None:
        """A click on a row, `x` cells from the left: go there, or open it where the cursor is there."""
        if index == self._cursor:
            self.action_open()
        elif not self._rows[index].inert:
            self._move_to(index)

    def on_focus(self) -> None:
        self._refresh_row(self._cursor)

    def on_blur(self) -> None:
        self._refresh_row(self._cursor)

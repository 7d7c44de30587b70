"""The ground of every list here: rows on the line API, a cursor, keys with ids, text selection.

Only visible lines are drawn, each row's strips are kept, moving the cursor repaints two rows, and at
the edge of the page the view jumps by half a page, because over a slow link every line that shifts is
paid for. Subclasses say how a row looks; they never fetch.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Offset, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from widgets import shown

KEPT_ROWS = 512
"""Rows whose strips are kept: several screens full."""


class Item(Protocol):
    """What a list needs of its rows."""

    @property
    def key(self) -> str: ...
    @property
    def inert(self) -> bool: ...


ItemT = TypeVar("ItemT", bound=Item)


class RowView(ScrollView, Generic[ItemT], can_focus=True, inherit_bindings=False):
    """Rows with a cursor. Base of the lists and tables; `draw` and `height_of` make it one."""

    DEFAULT_CSS = """
    RowView {
        height: 1fr;
        width: 1fr;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size: 1 1;
        scrollbar-gutter: stable;
        background: $surface;
        & > .row-view--header { color: $text-muted; text-style: bold; }
        & > .row-view--dim { color: $text-muted; }
        & > .row-view--strong { text-style: bold; }
        & > .row-view--error { color: $text-error; text-style: bold; }
        & > .row-view--warning { color: $text-warning; }
        & > .row-view--mark { color: $text-accent; text-style: bold; }
        & > .row-view--match { text-style: underline bold; }
        & > .row-view--bar { color: $primary; }
        & > .row-view--cursor { background: $panel; }
        &:focus > .row-view--cursor { background: $primary 40%; text-style: bold; }
        &:focus:nocolor > .row-view--cursor { text-style: reverse; }
        &:focus:ansi > .row-view--cursor { text-style: reverse; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "row-view--header",
        "row-view--dim",
        "row-view--strong",
        "row-view--error",
        "row-view--warning",
        "row-view--mark",
        "row-view--match",
        "row-view--bar",
        "row-view--cursor",
    }
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

    def __init__(
        self, *, empty: str = "", name: str | None = None, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._rows: list[ItemT] = []
        self._cursor = -1
        self._empty = empty
        self._tops: list[int] | None = None
        self._tops_width = 0
        self._strips: LRUCache[object, list[Strip]] = LRUCache(KEPT_ROWS)
        self._looks: dict[str, Style] = {}

    # --- what a subclass says -------------------------------------------------------------------

    def draw(self, row: ItemT, width: int, selected: bool) -> list[Strip]:
        """The lines of a row, as many as `height_of` says, of any width."""
        raise NotImplementedError

    def height_of(self, row: ItemT) -> int:
        return 1

    def header(self, width: int) -> Strip | None:
        """A line above the rows that does not scroll; None for none."""
        return None

    def look_of(self, row: ItemT) -> object:
        """What a row's look hangs on beside the row, the width and the cursor: part of the cache's key."""
        return None

    def under_cursor(self, strips: list[Strip]) -> list[Strip]:
        """How a row looks while the cursor is on it."""
        return [strip.apply_style(self.look("cursor")) for strip in strips]

    # --- rows and cursor ------------------------------------------------------------------------

    @property
    def rows(self) -> Sequence[ItemT]:
        return self._rows

    @property
    def cursor_row(self) -> ItemT | None:
        return self._rows[self._cursor] if 0 <= self._cursor < len(self._rows) else None

    @property
    def cursor_key(self) -> str | None:
        row = self.cursor_row
        return None if row is None else row.key

    def set_empty(self, reason: str) -> None:
        """Say why there are no rows."""
        self._empty = reason
        self.refresh()

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

    def _move_to(self, index: int, step: int = 1) -> None:
        """Move the cursor, repainting the two rows only, unless the view must jump."""
        index = self._selectable(max(0, min(index, len(self._rows) - 1)), step)
        if index < 0:
            return
        if index != self._cursor:
            before, self._cursor = self._cursor, index
            self._refresh_row(before)
            self._refresh_row(index)
            self.post_message(self.Moved(self, self.cursor_row))
        self._show(index)

    def _show(self, index: int) -> None:
        """Scroll so that the row can be seen: by half a page where it lies outside."""
        top, bottom = self.tops[index], self.tops[index + 1]
        height = self.page_height
        first = self.scroll_offset.y
        if first <= top and bottom <= first + height:
            return
        self._scroll_lines(top if bottom - top >= height else max(0, top - height // 2))

    def _scroll_lines(self, y: int) -> None:
        self.scroll_to(y=y, animate=False, force=True)

    # --- geometry -------------------------------------------------------------------------------

    @property
    def row_width(self) -> int:
        """Cells of a row: those of the scroll bar never are, whether it shows or not."""
        return max(0, self.size.width - self.scrollbar_gutter.width)

    @property
    def header_height(self) -> int:
        return 0 if self.header(max(1, self.row_width)) is None else 1

    @property
    def page_height(self) -> int:
        """Lines of rows that can be seen."""
        return max(1, self.size.height - self.header_height)

    @property
    def tops(self) -> list[int]:
        """The first line of each row, and the number of all lines."""
        width = self.row_width  # heights hang on it, and lines are asked for before a resize is told
        if self._tops is None or self._tops_width != width:
            self._tops = [0, *accumulate(map(self.height_of, self._rows))]
            self._tops_width = width
        return self._tops

    def _changed(self) -> None:
        """Rows or their heights changed."""
        self._tops = None
        self.virtual_size = Size(self.row_width, self.tops[-1] + self.header_height)
        self.refresh()

    def _forget_looks(self) -> None:
        self._strips.clear()
        self.refresh()

    def _refresh_row(self, index: int) -> None:
        if 0 <= index < len(self._rows):
            top = self.tops[index]
            self.refresh_lines(top + self.header_height, self.tops[index + 1] - top)

    def on_resize(self, event: events.Resize) -> None:
        self._changed()

    def notify_style_update(self) -> None:
        self._strips.clear()
        self._looks.clear()
        super().notify_style_update()

    # --- drawing --------------------------------------------------------------------------------

    def look(self, name: str) -> Style:
        """The style of one of the parts in COMPONENT_CLASSES; only the cursor has a background of its own."""
        style = self._looks.get(name)
        if style is None:
            part = f"row-view--{name}"
            whole = self.get_component_rich_style(part)  # resolves colours that depend on the background
            own = Style(bgcolor=whole.bgcolor) if name == "cursor" else Style(color=whole.color)
            style = self._looks[name] = own + self.get_component_styles(part).text_style
        return style

    def render_line(self, y: int) -> Strip:
        width = self.row_width
        base = self.rich_style
        header = self.header(width)
        if header is not None:
            if y == 0:
                return header.adjust_cell_length(width).apply_style(base)
            y -= 1
        if not self._rows:
            note = shown.text(self._empty) if y == 0 else ""
            return Strip([Segment(" " + note, self.look("dim"))]).adjust_cell_length(width).apply_style(base)
        return self._line(y + self.scroll_offset.y, width, base)

    def _line(self, line: int, width: int, base: Style) -> Strip:
        if line >= self.tops[-1]:
            return Strip.blank(width, base)
        index = bisect_right(self.tops, line) - 1
        strip = self._row_strips(index, width)[line - self.tops[index]]
        strip = strip.apply_style(base)
        selection = self.text_selection
        if selection is not None:
            strip = self._with_selection(strip, selection, line)
        return strip.apply_offsets(0, line)

    def _row_style(self, index: int) -> Style:
        return self.look("cursor") if index == self._cursor else Style.null()

    def _row_strips(self, index: int, width: int) -> list[Strip]:
        row = self._rows[index]
        selected = index == self._cursor
        key = (row, width, selected and (True, self.has_focus), self.look_of(row))
        strips = self._strips.get(key)
        if strips is None:
            strips = self.draw(row, width, selected)
            if selected:
                strips = self.under_cursor(strips)
            style = self._row_style(index)
            # Each segment costs the terminal two colour codes: the fewer the better.
            strips = [strip.adjust_cell_length(width, style).simplify() for strip in strips]
            self._strips[key] = strips
        return strips

    def _with_selection(self, strip: Strip, selection: Selection, line: int) -> Strip:
        span = selection.get_span(line)
        if span is None:
            return strip
        start, end = span
        text = strip.text
        first = cell_len(text[:start])
        last = cell_len(text if end == -1 else text[:end])
        if first >= last:
            return strip
        parts = strip.divide([first, last, strip.cell_length])
        style = self.screen.get_component_rich_style("screen--selection")
        return Strip.join([parts[0], parts[1].apply_style(style), *parts[2:]])

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        width = self.row_width
        lines = [strip.text for index in range(len(self._rows)) for strip in self._row_strips(index, width)]
        return selection.extract("\n".join(lines)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        self.refresh()

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
        """Move the view and the cursor by a part of the page."""
        if not self._rows:
            return
        lines = round(pages * self.page_height)
        target = max(0, min(self.tops[max(0, self._cursor)] + lines, self.tops[-1] - 1))
        self._scroll_lines(self.scroll_offset.y + lines)
        self._move_to(bisect_right(self.tops, target) - 1, 1 if pages > 0 else -1)

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

    def _row_at(self, place: Offset) -> int | None:
        line = place.y - self.header_height + self.scroll_offset.y
        if place.y < self.header_height or line >= self.tops[-1]:
            return None
        return bisect_right(self.tops, line) - 1

    def on_focus(self) -> None:
        self._refresh_row(self._cursor)

    def on_blur(self) -> None:
        self._refresh_row(self._cursor)

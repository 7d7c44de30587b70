"""Rows as lines: how high each is, which are on screen, how they are drawn and selected as text.

Only visible lines are drawn, and each row's strips are kept. Subclasses say how a row looks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import ClassVar, Generic, Protocol, TypeVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.cache import LRUCache
from textual.color import Color
from textual.geometry import Offset, Region, Size
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from widgets import shown
from widgets.columns import wrap
from widgets.leaving import Leaving
from widgets.row_strips import Ground, RowStrips

KEPT_ROWS = 512
"""Rows whose strips are kept: several screens full."""


class Item(Protocol):
    """What a list needs of its rows."""

    @property
    def key(self) -> str: ...
    @property
    def inert(self) -> bool: ...


ItemT = TypeVar("ItemT", bound=Item)


class RowLines(ScrollView, Leaving, Generic[ItemT]):
    """Rows drawn line by line, one of which may stand out. The base of `RowView`, which moves among them."""

    DEFAULT_CSS = """
    RowLines {
        height: 1fr;
        width: 1fr;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size: 1 1;
        scrollbar-gutter: stable;
        background: $surface;
        & > .row-lines--header { color: $text-muted; text-style: bold; }
        & > .row-lines--dim { color: $text-muted; }
        & > .row-lines--strong { text-style: bold; }
        & > .row-lines--error { color: $text-error; text-style: bold; }
        & > .row-lines--warning { color: $text-warning; }
        & > .row-lines--mark { color: $text-accent; text-style: bold; }
        & > .row-lines--match { text-style: underline bold; }
        & > .row-lines--bar { color: $primary; }
        & > .row-lines--cursor { background: $panel; }
        &:focus > .row-lines--cursor { background: $primary 40%; text-style: bold; }
        &:focus:nocolor > .row-lines--cursor { text-style: reverse; }
        &:focus:ansi > .row-lines--cursor { background: ansi_default; text-style: reverse; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "row-lines--header",
        "row-lines--dim",
        "row-lines--strong",
        "row-lines--error",
        "row-lines--warning",
        "row-lines--mark",
        "row-lines--match",
        "row-lines--bar",
        "row-lines--cursor",
    }

    def __init__(
        self, *, empty: str = "", name: str | None = None, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._rows: list[ItemT] = []
        self._cursor = -1
        """The row that stands out; -1 for none."""
        self.is_quiet = False
        """Whether no row stands out while another widget has the focus: for one of many on a page."""
        self._empty = empty
        self._tops: list[int] | None = None
        self._tops_width = 0
        self._strips: LRUCache[object, RowStrips] = LRUCache(KEPT_ROWS)
        self._ground = Ground(Style.null(), 0, Color(0, 0, 0), ())
        self._looks: dict[str, Style] = {}

    @property
    def rows(self) -> Sequence[ItemT]:
        return self._rows

    def set_empty(self, reason: str) -> None:
        """Say why there are no rows."""
        self._empty = reason
        self.refresh()

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

    def under_cursor(self, row: ItemT, strips: list[Strip]) -> list[Strip]:
        """How a row looks while the cursor is on it."""
        return [strip.apply_style(self.look("cursor")) for strip in strips]

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

    def _row_at(self, place: Offset) -> int | None:
        line = place.y - self.header_height + self.scroll_offset.y
        if place.y < self.header_height or line >= self.tops[-1]:
            return None
        return bisect_right(self.tops, line) - 1

    def _changed(self) -> None:
        """Rows or their heights changed."""
        self._tops = None
        self._set_text_size(Size(self.row_width, self.tops[-1] + self.header_height))
        self.refresh()

    def _set_text_size(self, size: Size) -> None:
        """Tell how many lines there are. That moves nothing else, so the screen is not laid out again."""
        if self.styles.auto_dimensions:
            self.virtual_size = size
        elif size != self.virtual_size:
            self.set_reactive(RowLines.virtual_size, size)
            self._scroll_update(size)

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
            part = f"row-lines--{name}"
            whole = self.get_component_rich_style(part)  # resolves colours that depend on the background
            own = Style(bgcolor=whole.bgcolor) if name == "cursor" else Style(color=whole.color)
            style = self._looks[name] = own + self.get_component_styles(part).text_style
        return style

    def render_line(self, y: int) -> Strip:
        """One line with its places in the text, which selecting by mouse asks for."""
        (strip,) = self._drawn(range(y, y + 1))
        line = y + self.scroll_offset.y - self.header_height
        return strip.apply_offsets(0, line) if 0 <= line < self.tops[-1] else strip

    def render_lines(self, crop: Region) -> list[Strip]:
        """Lines as they are painted. Textual's own way styles every line anew, for what these never have."""
        if not self.is_attached or self.styles.gutter.totals != (0, 0) or self.opacity < 1:
            return super().render_lines(crop)
        ground = Ground(
            self.rich_style, self.region.width, self.background_colors[1], tuple(self.get_line_filters())
        )
        if ground != self._ground:
            self._ground = ground
        if self._rows and self.text_selection is None:
            strips = list(self._painted(crop.line_range, self._ground))
        else:
            strips = [self._ground.painted(strip) for strip in self._drawn(crop.line_range)]
        start, end = crop.column_span
        return strips if (start, end) == (0, ground.width) else [strip.crop(start, end) for strip in strips]

    def _painted(self, ys: range, ground: Ground) -> Iterator[Strip]:
        """Lines of rows on their ground; each row's are kept."""
        width, above, tops = self.row_width, self.header_height, self.tops
        first = self.scroll_offset.y - above
        blank = ground.painted(Strip.blank(width, ground.base))
        for y in ys:
            line = y + first
            if y < above:
                yield ground.painted(next(self._drawn(range(1))))
            elif line >= tops[-1]:
                yield blank
            else:
                index = bisect_right(tops, line) - 1
                yield self._row_strips(index, width).on(ground)[line - tops[index]]

    def _drawn(self, ys: range) -> Iterator[Strip]:
        """Lines of the widget as they are by now."""
        width, base, selection = self.row_width, self.rich_style, self.text_selection
        header = self.header(width)
        above = 0 if header is None else 1
        for y in ys:
            line = y - above
            if line < 0 and header is not None:
                yield header.adjust_cell_length(width).apply_style(base)
            elif self._rows:
                yield self._line(line + self.scroll_offset.y, width, base, selection)
            else:
                notes = wrap(shown.text(self._empty), max(1, width - 2))
                note = Segment(" " + notes[line] if 0 <= line < len(notes) else "", self.look("dim"))
                yield Strip([note]).adjust_cell_length(width).apply_style(base)

    def _line(self, line: int, width: int, base: Style, selection: Selection | None) -> Strip:
        tops = self.tops
        if line >= tops[-1]:
            return Strip.blank(width, base)
        index = bisect_right(tops, line) - 1
        strip = self._row_strips(index, width).strips[line - tops[index]].apply_style(base)
        return strip if selection is None else self._with_selection(strip, selection, line)

    def _row_style(self, index: int) -> Style:
        return self.look("cursor") if self._stands_out(index) else Style.null()

    def _stands_out(self, index: int) -> bool:
        return index == self._cursor and (self.has_focus or not self.is_quiet)

    def _row_strips(self, index: int, width: int) -> RowStrips:
        row = self._rows[index]
        selected = self._stands_out(index)
        key = (row, width, selected and (True, self.has_focus), self.look_of(row))
        kept = self._strips.get(key)
        if kept is None:
            strips = self.draw(row, width, selected)
            if selected:
                strips = self.under_cursor(row, strips)
            style = self._row_style(index)
            # Each segment costs the terminal two colour codes: the fewer the better.
            kept = RowStrips([strip.adjust_cell_length(width, style).simplify() for strip in strips])
            self._strips[key] = kept
        return kept

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
        rows = (self._row_strips(index, width).strips for index in range(len(self._rows)))
        lines = [strip.text for strips in rows for strip in strips]
        return selection.extract("\n".join(lines)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        self.refresh()

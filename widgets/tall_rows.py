"""Rows in columns that take several lines: long texts wrapped, details opened below them.

Wrapped, nothing of a row is cut: cells go on below one another in their columns, and the last one, the
message, across the whole width. Columns that found no room follow it by their titles. What is looked for is
found in whole texts, so that a match may go from one line to the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.strip import Strip

from widgets import shown
from widgets.column_view import ColumnView
from widgets.columns import GAP, Column, Fitted, Row, pieces
from widgets.matches import Found, join_found

DETAIL_INDENT = 4
LONGEST_DETAIL = 8_192
"""Code points of one detail value shown in place; the detail pane shows all."""
MOST_OPEN = 1_000
"""Rows that are open at once, on the list or not."""
NAME_WIDTH = 20
"""The widest that the column of names gets in the details."""
MOST_WRAPPED = 20
"""Lines of one wrapped row; opened it shows the rest."""
NARROWEST = 30
"""Cells that a text which goes on below its row has at least, where there are so many."""
KEPT_HEIGHTS = 8_192
"""Rows whose heights are kept: all of a list, and those that it just let go of."""


class Wrapped(NamedTuple):
    """A row over several lines."""

    columns: tuple[tuple[Found, ...], ...]
    """The lines of each column that has room."""
    below: tuple[Found, ...]
    """The lines under them, across the whole width."""

    @property
    def height(self) -> int:
        return self.upper + len(self.below)

    @property
    def upper(self) -> int:
        """Lines in columns."""
        return max(map(len, self.columns), default=1)


class TallRows(ColumnView):
    """Rows that may be wrapped, and opened in place. Base of the log list."""

    def __init__(
        self,
        columns: Sequence[Column] = (),
        *,
        empty: str = "no rows",
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(columns, empty=empty, name=name, id=id, classes=classes)
        self._wraps = False
        self._opened: dict[str, tuple[tuple[str, str], ...] | None] = {}
        self._heights: LRUCache[object, int] = LRUCache(KEPT_HEIGHTS)
        self._heights_for: tuple[Fitted, ...] = ()
        """The columns for which heights are kept."""

    # --- wrapping -------------------------------------------------------------------------------

    @property
    def wraps(self) -> bool:
        """Whether long texts go on in the lines below."""
        return self._wraps

    def set_wrap(self, wraps: bool) -> None:
        """Let long texts go on in the lines below, or cut them at their columns."""
        if wraps != self._wraps:
            self._wraps = wraps
            self._heights.clear()
            self._forget_looks()
            if self.is_attached:
                self._heights_changed()

    # --- details --------------------------------------------------------------------------------

    def toggle_detail(self, key: str | None = None) -> None:
        """Open or close the details of a row, of the one under the cursor where no key is given."""
        key = key if key is not None else self.cursor_key
        if key is None:
            return
        if key in self._opened:
            del self._opened[key]
        else:
            self._open(key, None)
        self._heights_changed()

    def set_detail(self, key: str, detail: Sequence[tuple[str, str]]) -> None:
        """Show other details for a row than it came with, and open it."""
        self._open(key, tuple(detail))
        self._heights_changed()

    def _open(self, key: str, detail: tuple[tuple[str, str], ...] | None) -> None:
        """A row stays open while others are shown, and when it comes back."""
        self._opened[key] = detail
        while len(self._opened) > MOST_OPEN:
            del self._opened[next(iter(self._opened))]

    @property
    def opened(self) -> list[str]:
        """Keys of the rows on the list that are open."""
        return [row.key for row in self._rows if row.key in self._opened]

    def collapse_all(self) -> None:
        if self._opened:
            self._opened.clear()
            self._heights_changed()

    def is_open(self, key: str) -> bool:
        return key in self._opened

    def holds(self, row: Row, wanted: str) -> bool:
        """Whether a row shows a casefolded text, in its columns or in what is open below it."""
        return super().holds(row, wanted) or (
            row.key in self._opened
            and any(wanted in part.casefold() for pair in self._pairs(row) for part in pair)
        )

    def _heights_changed(self) -> None:
        """Rows are higher or lower than before."""
        self._changed()
        if self._cursor >= 0:
            self._show(self._cursor)

    # --- drawing --------------------------------------------------------------------------------

    def height_of(self, row: Row) -> int:
        if not self._wraps and row.key not in self._opened:
            return 1
        fitted = self._fit(self.row_width)
        if fitted is not self._heights_for:
            self._heights_for = fitted
            self._heights.clear()
        is_open = row.key in self._opened
        key = (row, self._opened[row.key]) if is_open else row
        height = self._heights.get(key)
        if height is None:
            height = self._own_height(row, self.row_width)
            height += len(self._detail_lines(row, self.row_width)) if is_open else 0
            self._heights[key] = height
        return height

    def _own_height(self, row: Row, width: int) -> int:
        return self._wrapped(row, width).height if self._wraps else 1

    def look_of(self, row: Row) -> object:
        return (super().look_of(row), row.key in self._opened and (True, self._opened[row.key]))

    def draw(self, row: Row, width: int, selected: bool) -> list[Strip]:
        if self._wraps and not row.inert:
            strips = self._wrapped_strips(row, width, selected)
        else:
            strips = super().draw(row, width, selected)
        if row.key in self._opened:
            strips += [
                Strip(
                    [*self._with_matches(name, self.look("dim")), *self._with_matches(value, Style.null())]
                ).adjust_cell_length(width)
                for name, value in self._detail_lines(row, width)
            ]
        return strips

    def under_cursor(self, row: Row, strips: list[Strip]) -> list[Strip]:
        """Only the row's own lines are marked: many lines of details on a coloured ground are hard to
        read.
        """
        own = self._own_height(row, self.row_width)
        return [*super().under_cursor(row, strips[:own]), *strips[own:]]

    def _wrapped_strips(self, row: Row, width: int, selected: bool) -> list[Strip]:
        wrapped = self._wrapped(row, width)
        fitted = self._fit(width)
        strips = []
        for number in range(wrapped.upper):
            texts = [lines[number] if number < len(lines) else Found("") for lines in wrapped.columns]
            parts = self._lead(row, selected) if number == 0 else [Segment(" " * self._gutter, Style.null())]
            strips.append(Strip([*parts, *self._texts(row, fitted, texts)]))
        margin = Segment(" " * self._indent(width), Style.null())
        strips += [Strip([margin, *self._with_matches(line, Style.null())]) for line in wrapped.below]
        return strips

    def _wrapped(self, row: Row, width: int) -> Wrapped:
        """The row in lines, at most MOST_WRAPPED of them."""
        fitted = self._fit(width)
        if not fitted or row.inert:
            return Wrapped((), ())
        cells = [self._found(self._cell(row, item.place)) for item in fitted]
        *others, last = [cell.wrapped(max(1, item.width)) for cell, item in zip(cells, fitted, strict=True)]
        upper = min(MOST_WRAPPED, max(map(len, others), default=1))
        *others, last = [lines[:upper] for lines in [*others, last]]
        text = cells[-1].text
        begins = [piece.start for piece in pieces(text, max(1, fitted[-1].width))]
        rest = cells[-1].part(begins[upper], len(text)) if begins[upper:] else Found("")
        below = join_found([part for part in (rest, *self._left_out(row, fitted)) if part.text], "   ")
        lines = below.wrapped(max(1, width - self._indent(width))) if below.text else []
        room = MOST_WRAPPED - upper
        if len(lines) > room:
            lines = [*lines[:room], Found(shown.glyph("…", "..."))]
        return Wrapped(tuple(tuple(part) for part in (*others, last)), tuple(lines))

    def _left_out(self, row: Row, fitted: Sequence[Fitted]) -> Iterator[Found]:
        """What stands in the columns that found no room."""
        places = {item.place for item in fitted}
        for place, column in enumerate(self._columns):
            value = self._cell(row, place) if place not in places else ""
            if value.strip():
                yield self._found(f"{shown.text(column.title)}: {value}")

    def _cell(self, row: Row, place: int) -> str:
        return shown.text(row.cells[place]) if place < len(row.cells) else ""

    def _indent(self, width: int) -> int:
        """Cells before a text that goes on below: it leaves the first column free, for the eye to go down."""
        fitted = self._fit(width)
        first = self._gutter + (fitted[0].width + GAP if fitted[1:] else 0)
        return first if width - first >= NARROWEST else min(self._gutter + 1, width - 1)

    def _pairs(self, row: Row) -> list[tuple[str, str]]:
        """Name and value of what an opened row shows below it."""
        given = self._opened.get(row.key)
        return [(shown.text(name), shown.text(value, LONGEST_DETAIL)) for name, value in given or row.detail]

    def _detail_lines(self, row: Row, width: int) -> list[tuple[Found, Found]]:
        """Each line of the details: what stands before the value, and the value or a part of it."""
        pairs = self._pairs(row)
        name_width = min(NAME_WIDTH, max((cell_len(name) for name, _ in pairs), default=0))
        lead = " " * DETAIL_INDENT + shown.glyph("│", "|") + " "
        room = max(8, width - len(lead) - name_width - 2)
        lines = []
        for name, value in pairs:
            for number, part in enumerate(self._found(value).wrapped(room)):
                named = Found("") if number else self._found(name)
                named = named.to_width(name_width).after(lead)
                lines.append((named._replace(text=named.text + "  "), part))
        return lines or [(Found(lead), Found("no more fields"))]

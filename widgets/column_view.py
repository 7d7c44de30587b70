"""Rows in columns: what the log list and the tables share."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from widgets import shown
from widgets.columns import GAP, Column, Fitted, Row, fit, to_width
from widgets.matches import Found, find_in
from widgets.row_view import RowView
from widgets.share_bar import read_share, share_bar

LONGEST_CELL = 2_000
"""Code points of a cell that panning can reach; the detail pane shows the rest."""


class ColumnView(RowView[Row]):
    """Rows in columns that share the width, with marks and highlighted text. Base of lists and tables."""

    def __init__(
        self,
        columns: Sequence[Column] = (),
        *,
        empty: str = "no rows",
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(empty=empty, name=name, id=id, classes=classes)
        self._columns = tuple(columns)
        self._fitted: tuple[int, tuple[Fitted, ...]] = (-1, ())
        self._marks: Mapping[str, str] | None = None
        self._bookmarks: frozenset[str] = frozenset()
        self._highlight = ""
        self._pan = 0

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Show other columns. The rows must already have a cell for each, or be set right after."""
        self._columns = tuple(columns)
        self._refit()

    def set_marks(self, marks: Mapping[str, str] | None) -> None:
        """Show a box before every row, with the mark of its key inside; None hides the boxes."""
        self._marks = None if marks is None else dict(marks)
        self._refit()

    def set_bookmarks(self, keys: Collection[str]) -> None:
        """Show a sign before the rows of these keys; where there are none, no room is kept for it."""
        is_wider = bool(keys) != bool(self._bookmarks)
        self._bookmarks = frozenset(keys)
        if is_wider:
            self._refit()
        else:
            self.refresh()

    def _refit(self) -> None:
        """Columns are to share the width anew."""
        self._fitted = (-1, ())
        self._forget_looks()
        if self.is_attached:
            self._changed()

    def set_highlight(self, text: str) -> None:
        """Underline `text` wherever it shows, whatever its case; "" ends it."""
        self._highlight = text.casefold()
        self._forget_looks()

    def find(self, text: str, step: int = 1) -> bool:
        """Go to the next row (`step` 1) or the one before (-1) that shows `text`; False where none does."""
        self.set_highlight(text)
        wanted = text.casefold()
        return bool(wanted) and self._go_along(step, lambda row: self.holds(row, wanted))

    def holds(self, row: Row, wanted: str) -> bool:
        """Whether a row shows a casefolded text, were its columns wide enough."""
        return any(wanted in cell.casefold() for cell in row.cells)

    def next_level(self, levels: frozenset[str] | set[str], step: int = 1) -> bool:
        """Go to the next (1) or previous (-1) row of one of `levels`; False where there is none."""
        return self._go_along(step, lambda row: row.level in levels)

    def action_nav_across(self, step: int) -> None:
        """Pan the last column, for texts that are longer than their place."""
        fitted = self._fit(self.row_width)
        if fitted:
            self._pan = max(0, min(self._pan + step * max(1, fitted[-1].width // 2), LONGEST_CELL))
            self._forget_looks()

    # --- drawing --------------------------------------------------------------------------------

    def header(self, width: int) -> Strip | None:
        if not self._columns:
            return None
        style = self.look("header")
        titles = [
            to_width(shown.text(item.column.title), item.width, item.column.align)
            for item in self._fit(width)
        ]
        return Strip([Segment(" " * self._gutter + (" " * GAP).join(titles), style)])

    def draw(self, row: Row, width: int, selected: bool) -> list[Strip]:
        return [self._cells(row, width, selected)]

    def look_of(self, row: Row) -> object:
        return row.key in self._bookmarks, None if self._marks is None else self._marks.get(row.key, "")

    def _cells(self, row: Row, width: int, selected: bool) -> Strip:
        lead = self._lead(row, selected)
        if row.inert and len(row.cells) == 1:  # a remark goes across all columns
            return Strip([*lead, Segment(shown.text(row.cells[0]), self.look("dim"))])
        fitted = self._fit(width)
        texts = [
            self._cell_text(row.cells[item.place] if item.place < len(row.cells) else "", item is fitted[-1])
            for item in fitted
        ]
        return Strip([*lead, *self._texts(row, fitted, texts)])

    def _lead(self, row: Row, selected: bool) -> list[Segment]:
        """What stands before the first column: the cursor's mark, a bookmark, the box of a mark."""
        parts = [Segment(">", self.look("mark")) if selected else Segment(" ", Style.null())]
        if self._bookmarks:
            parts.append(Segment("*" if row.key in self._bookmarks else " ", self.look("mark")))
        if self._marks is not None:
            box = "" if row.inert else f"[{self._marks.get(row.key) or ' '}]"
            parts.append(Segment(f"{box:<4}", self.look("mark")))
        return parts

    def _texts(self, row: Row, fitted: Sequence[Fitted], texts: Sequence[Found]) -> Iterator[Segment]:
        """One text for each column, in the column's width and look."""
        for number, (item, text) in enumerate(zip(fitted, texts, strict=True)):
            if item.column.look == "bar":
                yield from self._bar(text.text, item.width)
                continue
            wide = text.to_width(item.width, item.column.align)
            wide = wide.after(" " * GAP) if number else wide
            yield from self._with_matches(wide, self._cell_style(item.column, row))

    def _cell_text(self, value: str, is_last: bool) -> Found:
        if is_last and self._pan:
            whole = self._found(shown.text(value, LONGEST_CELL))
            return whole.part(self._pan, len(whole.text)).after(shown.glyph("‹", "<"))
        return self._found(shown.text(value))

    def _bar(self, share: str, width: int) -> list[Segment]:
        drawn = share_bar(read_share(share), width).rstrip()  # a colour on blanks shows where it is reversed
        blanks = " " * (width - len(drawn))
        return [Segment(" " * GAP), Segment(drawn, self.look("bar")), Segment(blanks)]

    def _cell_style(self, column: Column, row: Row) -> Style:
        if row.inert or column.look == "dim":
            return self.look("dim")
        if column.look == "level" and row.level != "info":
            return self.look(row.level)
        return self.look("strong") if column.look == "strong" else Style.null()

    def _found(self, text: str) -> Found:
        """A text with what is looked for in it."""
        return find_in(text, self._highlight)

    def _with_matches(self, text: Found, style: Style) -> Iterator[Segment]:
        return text.segments(style, self.look("match") if text.spans else style)

    @property
    def _gutter(self) -> int:
        """Cells before the first column, as many as `_lead` takes."""
        return 1 + (1 if self._bookmarks else 0) + (0 if self._marks is None else 4)

    def _fit(self, width: int) -> tuple[Fitted, ...]:
        if self._fitted[0] != width:
            self._fitted = (width, fit(self._columns, width - self._gutter))
        return self._fitted[1]

    def _go_along(self, step: int, wanted: Callable[[Row], bool]) -> bool:
        rows = range(self._cursor + step, len(self._rows) if step > 0 else -1, step)
        for index in rows:
            row = self._rows[index]
            if not row.inert and wanted(row):
                self._move_to(index, step)
                return True
        return False

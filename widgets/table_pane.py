"""A small table whose columns are as wide as what they hold."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from widgets import shown
from widgets.column_view import LONGEST_CELL, ColumnView
from widgets.columns import Column, Fitted, Row, fit

MOST_ROWS = 500
"""Rows of a table: what is longer belongs in a log list, which fetches pages."""
WIDEST = 40
"""Cells that a column without `grow` gets at most."""


class TablePane(ColumnView):
    """A table of at most 500 rows with a cursor, all of them here.

    Where the columns do not fit, the first stays and left and right move through the others.
    """

    _skipped = 0

    def set_table(
        self, columns: Sequence[Column], rows: Sequence[Row], *, keep_cursor: bool = True, cut: bool = False
    ) -> None:
        """Show other rows; the cursor stays on the row of the same key. `cut`: the source had more rows."""
        here = self.cursor_key if keep_cursor else None
        listed = list(rows[:MOST_ROWS])
        if cut or len(rows) > MOST_ROWS:
            listed.append(Row("", (f"first {len(listed)} rows",), inert=True))
        self._skipped = min(self._skipped, max(0, len(columns) - 2)) if keep_cursor else 0
        self.set_columns([_measured(column, place, listed) for place, column in enumerate(columns)])
        places = {row.key: index for index, row in enumerate(listed)}
        self._replace(listed, places.get(here, 0) if here is not None else 0)
        if self._cursor >= 0:
            self._show(self._cursor)

    def action_nav_across(self, step: int) -> None:
        """Bring columns into view that lie to the left or right."""
        if (step > 0 and self._has_more()) or (step < 0 and self._skipped):
            self._skipped += step
            self._fitted = (-1, ())
            self._forget_looks()

    def header(self, width: int) -> Strip | None:
        strip = super().header(width) if self._rows else None
        if strip is None:
            return None
        if self._skipped:
            strip = Strip.join([Strip([Segment(shown.glyph("‹", "<"), self.look("mark"))]), strip.crop(1)])
        if self._has_more():
            more = Strip([Segment(shown.glyph("›", ">"), self.look("mark"))])
            strip = Strip.join([strip.adjust_cell_length(width - 1), more])
        return strip

    def _has_more(self) -> bool:
        """Whether there are columns to the right of those on show; one without a title says nothing alone."""
        last = self._fit(self.row_width)[-1].place if self._columns else 0
        return any(column.title for column in self._columns[last + 1 :])

    def _fit(self, width: int) -> tuple[Fitted, ...]:
        """As in any list, but for the columns that are skipped, and those on the right vanish first."""
        if self._fitted[0] != width:
            places = [0, *range(1 + self._skipped, len(self._columns))]
            chosen = [
                self._columns[place]._replace(drop=self._columns[place].drop or number)
                for number, place in enumerate(places[: len(self._columns)])
            ]
            room = width - self._gutter
            fitted = fit(chosen, room)
            if fitted and any(column.title for column in chosen[fitted[-1].place + 1 :]):
                fitted = fit(chosen, room - 1)  # the mark of what lies to the right stands behind the titles
            self._fitted = (width, tuple(item._replace(place=places[item.place]) for item in fitted))
        return self._fitted[1]


def _measured(column: Column, place: int, rows: Sequence[Row]) -> Column:
    """The column, as wide as its widest cell and its title where its own limits allow it."""
    if column.look == "bar":
        return column
    cells = (row.cells[place] for row in rows if place < len(row.cells) and not row.inert)
    widest = max((cell_len(shown.text(cell)) for cell in cells), default=0)
    most = column.most or (LONGEST_CELL if column.grow else WIDEST)
    wanted = max(1, min(max(cell_len(shown.text(column.title)), widest), most))
    if column.grow:
        return column._replace(least=min(wanted, column.least), most=wanted)
    return column._replace(least=wanted, most=None)

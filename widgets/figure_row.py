"""The figures of a pane, side by side, flowing into as many lines as they need."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip

from widgets.figure import HEIGHT, FigureValue, Looks, cells_of, draw_figure, has_below, name_lines
from widgets.row_view import RowView

LEAST_WIDTH = 16
MOST_NEED = 28
"""Cells that a long name may ask for at most."""
MOST_WIDTH = 36
GUTTER = 2
"""The cursor's mark before a figure, and a blank."""


def flow(figures: Sequence[FigureValue], width: int) -> tuple[int, ...]:
    """Cells of each column in which figures stand, side by side in `width` cells.

    As few lines as can be, all about as full, with nothing cut where a name in two lines, or one line of
    figures more, is enough for that.
    """
    narrow = _columns([LEAST_WIDTH + GUTTER] * len(figures), width)
    whole, broken = (_columns(_needs(figures, two_lines), width) for two_lines in (False, True))
    fewest, of_whole, of_broken = (-(-len(figures) // len(columns)) for columns in (narrow, whole, broken))
    if of_whole <= of_broken:
        broken, of_broken = whole, of_whole
    return _widened(broken if of_broken <= fewest + 1 else narrow, width)


def _needs(figures: Sequence[FigureValue], two_lines: bool) -> list[int]:
    """Cells that each figure asks for."""
    cells = [min(cells_of(figure, two_lines=two_lines), MOST_NEED) for figure in figures]
    return [max(LEAST_WIDTH, one) + GUTTER for one in cells]


def lines_of(figures: Sequence[FigureValue], width: int) -> int:
    """Lines that the figures take in `width` cells."""
    columns = flow(figures, width)
    count = len(columns)
    rows = [figures[first : first + count] for first in range(0, len(figures), count)]
    return sum(_height(row, columns) for row in rows) or HEIGHT


def _height(row: Sequence[FigureValue], columns: Sequence[int]) -> int:
    """Lines of one row of figures: one less where none of them has anything below its value."""
    return _name_lines(row, columns) + (2 if any(map(has_below, row)) else 1)


def _name_lines(row: Sequence[FigureValue], columns: Sequence[int]) -> int:
    """Lines of the names of one row of figures."""
    return max(len(name_lines(figure, _inside(cells))) for figure, cells in zip(row, columns, strict=False))


def _inside(cells: int) -> int:
    """What a column of so many cells leaves to its figure."""
    return max(1, cells - GUTTER)


def _columns(needs: Sequence[int], width: int) -> list[int]:
    """What each column needs where the lines are as few as its figures' needs allow."""
    for lines in range(1, len(needs) + 1):
        count = -(-len(needs) // lines)
        columns = [max(needs[place::count]) for place in range(count)]
        if sum(columns) <= width:
            return columns
    return [max(1, width)]


def _widened(columns: Sequence[int], width: int) -> tuple[int, ...]:
    """Columns with the cells that are left shared out, all alike where that is enough for each."""
    alike = min(MOST_WIDTH + GUTTER, width // len(columns))
    if max(columns) <= alike:
        return (alike,) * len(columns)
    each = max(0, width - sum(columns)) // len(columns)
    return tuple(min(max(column, MOST_WIDTH + GUTTER), column + each) for column in columns)


class FigureLine(NamedTuple):
    """One row of figures."""

    key: str
    figures: tuple[FigureValue, ...]
    columns: tuple[int, ...]
    """Cells of each; a figure of another row may widen one."""
    inert: bool = False


class FigureRow(RowView[FigureLine]):
    """Figures with a cursor; `Moved` and `Chosen` carry the `FigureValue`."""

    DEFAULT_CSS = """
    FigureRow { height: auto; min-height: 2; max-height: 100%; scrollbar-gutter: auto; scrollbar-size: 0 0; }
    """

    def __init__(
        self, *, id: str | None = None, classes: str | None = None, empty: str = "no figures"
    ) -> None:
        super().__init__(id=id, classes=classes, empty=empty)
        self._figures: tuple[FigureValue, ...] = ()
        self._columns: tuple[int, ...] = (1,)
        self._chosen = 0

    @property
    def figures(self) -> tuple[FigureValue, ...]:
        return self._figures

    @property
    def cursor_figure(self) -> FigureValue | None:
        return self._figures[self._chosen] if self._chosen < len(self._figures) else None

    @property
    def cursor_key(self) -> str | None:
        figure = self.cursor_figure
        return None if figure is None else figure.key

    def go_to(self, key: str) -> bool:
        """Put the cursor on a figure; False where there is no such one."""
        place = next((place for place, figure in enumerate(self._figures) if figure.key == key), None)
        if place is not None:
            self._choose(place)
        return place is not None

    def set_figures(self, figures: Sequence[FigureValue]) -> None:
        """Show other figures; the cursor stays on the one of the same key."""
        here = self.cursor_figure
        lines = lines_of(self._figures, self.row_width)
        self._figures = tuple(figures)
        keys = [figure.key for figure in figures]
        self._chosen = keys.index(here.key) if here is not None and here.key in keys else 0
        self._flow(self.row_width)
        self.refresh(layout=lines_of(self._figures, self.row_width) != lines)

    def _flow(self, width: int) -> None:
        self._columns = flow(self._figures, width)
        count = len(self._columns)
        self._rows = [
            FigureLine(str(first), self._figures[first : first + count], self._columns)
            for first in range(0, len(self._figures), count)
        ]
        self._cursor = self._chosen // count if self._figures else -1
        self._tops = None
        self.virtual_size = Size(width, self.tops[-1])

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return lines_of(self._figures, width)

    def _changed(self) -> None:
        self._flow(self.row_width)
        self.refresh()

    # --- drawing --------------------------------------------------------------------------------

    def height_of(self, row: FigureLine) -> int:
        return _height(row.figures, row.columns)

    def look_of(self, row: FigureLine) -> object:
        return self.cursor_figure

    def draw(self, row: FigureLine, width: int, selected: bool) -> list[Strip]:
        names = _name_lines(row.figures, row.columns)
        lines: list[list[Segment]] = [[] for _ in range(names + 2)]
        for figure, cells in zip(row.figures, row.columns, strict=False):
            chosen = selected and figure is self.cursor_figure
            under = self.look("cursor") if chosen else Style.null()
            drawn = draw_figure(figure, _inside(cells), self._looks_of(under), names)
            for number, parts in enumerate(drawn):
                mark = ">" if chosen and number == names else " "
                lines[number] += [Segment(mark, under + self.look("mark")), *parts, Segment(" ", under)]
        return [Strip(parts) for parts in lines[: self.height_of(row)]]

    def under_cursor(self, row: FigureLine, strips: list[Strip]) -> list[Strip]:
        return strips  # the cursor is on one figure of the row, not on all of it

    def _row_style(self, index: int) -> Style:
        return Style.null()

    def clicked(self, index: int, x: int) -> None:
        edges = list(accumulate(self._columns))
        count = len(edges)
        place = index * count + min(count - 1, bisect_right(edges, x))
        if place == self._chosen:
            self.action_open()
        elif place < len(self._figures):
            self._choose(place)

    def _looks_of(self, under: Style) -> Looks:
        strong, dim = self.look("strong"), self.look("dim")
        return Looks(
            label=under + dim,
            value=under + strong,
            dim=under + dim,
            alarm=under + self.look("error"),
            trend=under + self.look("bar"),
        )

    # --- moving ---------------------------------------------------------------------------------

    def _choose(self, place: int) -> None:
        place = max(0, min(place, len(self._figures) - 1))
        if not self._figures or place == self._chosen:
            return
        before, self._chosen = self._cursor, place
        self._cursor = place // len(self._columns)
        self._refresh_row(before)
        self._refresh_row(self._cursor)
        self._show(self._cursor)
        self.post_message(self.Moved(self, self.cursor_figure))

    def action_nav(self, step: int) -> None:
        count = len(self._columns)
        if 0 <= self._chosen + step * count < len(self._figures):
            self._choose(self._chosen + step * count)

    def action_nav_across(self, step: int) -> None:
        self._choose(self._chosen + step)

    def action_nav_top(self) -> None:
        self._choose(0)

    def action_nav_bottom(self) -> None:
        self._choose(len(self._figures) - 1)

    def action_nav_page(self, pages: float) -> None:
        self.action_nav(1 if pages > 0 else -1)

    def action_open(self) -> None:
        if self.cursor_figure is not None:
            self.post_message(self.Chosen(self, self.cursor_figure))

"""The figures of a pane, side by side, flowing into as many lines as they need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip

from widgets.figure import HEIGHT, FigureValue, Looks, draw_figure
from widgets.row_view import RowView

LEAST_WIDTH = 16
MOST_WIDTH = 36
GUTTER = 2
"""The cursor's mark before a figure, and a blank."""


class FigureLine(NamedTuple):
    """One row of figures."""

    key: str
    figures: tuple[FigureValue, ...]
    inert: bool = False


class FigureRow(RowView[FigureLine]):
    """Figures with a cursor; `Moved` and `Chosen` carry the `FigureValue`."""

    DEFAULT_CSS = """
    FigureRow { height: auto; min-height: 3; max-height: 100%; scrollbar-gutter: auto; scrollbar-size: 0 0; }
    """

    def __init__(
        self, *, id: str | None = None, classes: str | None = None, empty: str = "no figures"
    ) -> None:
        super().__init__(id=id, classes=classes, empty=empty)
        self._figures: tuple[FigureValue, ...] = ()
        self._chosen = 0

    @property
    def figures(self) -> tuple[FigureValue, ...]:
        return self._figures

    @property
    def cursor_figure(self) -> FigureValue | None:
        return self._figures[self._chosen] if self._chosen < len(self._figures) else None

    def set_figures(self, figures: Sequence[FigureValue]) -> None:
        """Show other figures; the cursor stays on the one of the same key."""
        here = self.cursor_figure
        as_before = len(figures) == len(self._figures)
        self._figures = tuple(figures)
        keys = [figure.key for figure in figures]
        self._chosen = keys.index(here.key) if here is not None and here.key in keys else 0
        self._flow(self.row_width)
        self.refresh(layout=not as_before)

    def per_line(self, width: int) -> int:
        return max(1, min(len(self._figures), width // (LEAST_WIDTH + GUTTER)))

    def _flow(self, width: int) -> None:
        count = self.per_line(width)
        self._rows = [
            FigureLine(str(first), self._figures[first : first + count])
            for first in range(0, len(self._figures), count)
        ]
        self._cursor = self._chosen // count if self._figures else -1
        self._tops = None
        self.virtual_size = Size(width, self.tops[-1])

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        lines = -(-len(self._figures) // self.per_line(width))
        return max(1, lines) * HEIGHT

    def _changed(self) -> None:
        self._flow(self.row_width)
        self.refresh()

    # --- drawing --------------------------------------------------------------------------------

    def height_of(self, row: FigureLine) -> int:
        return HEIGHT

    def look_of(self, row: FigureLine) -> object:
        return self.cursor_figure

    def draw(self, row: FigureLine, width: int, selected: bool) -> list[Strip]:
        each = self._cell_width(width)
        lines: list[list[Segment]] = [[] for _ in range(HEIGHT)]
        for figure in row.figures:
            chosen = selected and figure is self.cursor_figure
            under = self.look("cursor") if chosen else Style.null()
            drawn = draw_figure(figure, each - GUTTER, self._looks_of(under))
            for number, parts in enumerate(drawn):
                mark = ">" if chosen and number == 1 else " "
                lines[number] += [Segment(mark, under + self.look("mark")), *parts, Segment(" ", under)]
        return [Strip(parts) for parts in lines]

    def under_cursor(self, row: FigureLine, strips: list[Strip]) -> list[Strip]:
        return strips  # the cursor is on one figure of the row, not on all of it

    def _row_style(self, index: int) -> Style:
        return Style.null()

    def clicked(self, index: int, x: int) -> None:
        width = self.row_width
        count = self.per_line(width)
        place = index * count + min(count - 1, x // self._cell_width(width))
        if place == self._chosen:
            self.action_open()
        elif place < len(self._figures):
            self._choose(place)

    def _cell_width(self, width: int) -> int:
        return max(GUTTER + 1, min(MOST_WIDTH + GUTTER, width // self.per_line(width)))

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
        self._cursor = place // self.per_line(self.row_width)
        self._refresh_row(before)
        self._refresh_row(self._cursor)
        self._show(self._cursor)
        self.post_message(self.Moved(self, self.cursor_figure))

    def action_nav(self, step: int) -> None:
        count = self.per_line(self.row_width)
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

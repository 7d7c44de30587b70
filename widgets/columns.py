"""Columns and rows as plain values, and how columns share a width."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from rich.cells import cell_len, set_cell_size

from widgets import shown

Align = Literal["left", "right"]
Level = Literal["info", "warning", "error"]
Look = Literal["", "dim", "strong", "level", "bar"]
"""How a column is drawn: `level` in the colour of the row's level, beside a word that says it; `bar` as a bar
over the share, 0..1, that its cells tell."""

GAP = 1
"""Cells between two columns."""


class Column(NamedTuple):
    """A column of a list or table: between `least` and `most` cells wide.

    Cells left over go to columns with `grow`, by weight. Where there is too little room the columns with
    the highest `drop` vanish first; those with 0 never do.
    """

    key: str
    title: str
    least: int = 6
    most: int | None = None
    grow: int = 0
    align: Align = "left"
    look: Look = ""
    drop: int = 0


class Row(NamedTuple):
    """A row: `cells` in the order of the columns, `detail` as (name, value) shown when it is opened.

    `key` tells rows apart and stays the same when the row is read again. An `inert` row is shown, and
    passed over by the cursor; with a single cell it goes across all columns.
    """

    key: str
    cells: tuple[str, ...]
    level: Level = "info"
    detail: tuple[tuple[str, str], ...] = ()
    inert: bool = False


class Fitted(NamedTuple):
    """A column that is shown: its place among all columns, and its width in cells."""

    place: int
    column: Column
    width: int


def fit(columns: Sequence[Column], width: int) -> tuple[Fitted, ...]:
    """The columns that fit into `width` cells, in order, with the width of each.

    Together with the gaps they take at most `width` cells, unless the columns that never vanish need more.
    """
    kept = list(range(len(columns)))
    while _needed(columns, kept) > width and any(columns[index].drop for index in kept):
        kept.remove(max(kept, key=lambda index: (columns[index].drop, index)))
    widths = {index: columns[index].least for index in kept}
    _share(columns, widths, width - _needed(columns, kept))
    return tuple(Fitted(index, columns[index], widths[index]) for index in kept)


def _needed(columns: Sequence[Column], kept: Sequence[int]) -> int:
    return sum(columns[index].least for index in kept) + GAP * max(0, len(kept) - 1)


def _share(columns: Sequence[Column], widths: dict[int, int], spare: int) -> None:
    """Give `spare` cells to the columns that grow, none beyond its `most`."""
    growing = [index for index in widths if columns[index].grow]
    while spare > 0 and growing:
        weights = sum(columns[index].grow for index in growing)
        given = 0
        for index in list(growing):
            room = spare * columns[index].grow // weights
            most = columns[index].most
            if most is not None and widths[index] + room >= most:
                room = max(0, most - widths[index])
                growing.remove(index)
            widths[index] += room
            given += room
        if given == 0:
            for index in growing[:spare]:
                widths[index] += 1
            return
        spare -= given


def to_width(value: str, width: int, align: Align = "left") -> str:
    """Safe text `value` in exactly `width` cells, cut with a mark where it is longer."""
    length = cell_len(value)
    if length <= width:
        fill = " " * (width - length)
        return fill + value if align == "right" else value + fill
    if width <= 0:
        return ""
    return set_cell_size(value, width - 1) + shown.glyph("…", "~")


class Piece(NamedTuple):
    """A line of a text that was wrapped."""

    start: int
    """Where in the text it begins."""
    text: str


def wrap(value: str, width: int) -> list[str]:
    """Safe text in lines of at most `width` cells, as `pieces` breaks it."""
    return [piece.text for piece in pieces(value, width)]


def pieces(value: str, width: int) -> list[Piece]:
    """Safe text in lines of at most `width` cells.

    A line ends before the last blank of its second half, which is left out; where there is none, anywhere:
    addresses and URLs have no blanks, and lines that are half empty waste the screen.
    """
    made, start = [], 0
    for line in value.split("\n"):
        at = start
        start += len(line) + 1
        while cell_len(line) > width > 1:
            taken = _break(line, width)
            made.append(Piece(at, line[:taken]))
            rest = line[taken:].removeprefix(" ")
            at += len(line) - len(rest)
            line = rest
            if not rest:
                break
        else:
            made.append(Piece(at, line))
    return made


def _break(line: str, width: int) -> int:
    """How many characters of a line that is too long come into the first one."""
    fits = max(1, head_of(line, width))
    if line[fits] == " ":
        return fits
    blank = line.rfind(" ", 0, fits)
    is_far = blank > 0 and cell_len(line[:blank]) * 2 >= width and not line[:blank].isspace()
    return blank if is_far else fits


def head_of(value: str, width: int) -> int:
    """How many characters of a text that is longer than `width` cells fit into them."""
    head = set_cell_size(value, width)
    # set_cell_size puts a blank where a wide letter does not fit.
    return len(head) if value.startswith(head) else len(head) - 1

"""A table whose first column is a text with parts that are more or less hot."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from widgets import shown
from widgets.columns import Row
from widgets.table_pane import TablePane

HOTTEST = 4
"""Steps of heat: 0 nothing, 1 cool, 2 warm, 3 hot, 4 hottest. Each differs by more than its colour."""
_WORD = re.compile(r"\S+\s*|\s+")


class HeatPart(NamedTuple):
    """A part of a text; step: None where it has no heat."""

    text: str
    step: int | None = None


def wrapped(parts: Sequence[HeatPart], width: int) -> list[list[HeatPart]]:
    """The parts in lines of at most `width` cells, broken between words; a longer word has its own line."""
    lines: list[list[HeatPart]] = [[]]
    room = width
    for part in parts:
        for word in _WORD.findall(part.text):
            if cell_len(word.rstrip()) > room and lines[-1]:
                lines.append([])
                room = width
            lines[-1].append(HeatPart(word, part.step))
            room -= cell_len(word)
    return lines


class HeatTable(TablePane):
    """A TablePane that draws the first column of some rows in parts: dim, bold, underlined, red, reversed."""

    _heat: Mapping[str, Sequence[HeatPart]] = {}

    def set_heat(self, heat: Mapping[str, Sequence[HeatPart]]) -> None:
        """The parts of the first column, by the keys of their rows."""
        if heat != self._heat:
            self._heat = heat
            self._forget_looks()

    def _cells(self, row: Row, width: int, selected: bool) -> Strip:
        whole = super()._cells(row, width, selected)
        parts = self._heat.get(row.key)
        if not parts or row.inert:
            return whole
        start, first = self._gutter, self._fit(width)[0].width
        label = Strip([Segment(shown.text(part.text), self._style_of(part.step)) for part in parts])
        return Strip.join(
            [
                whole.crop(0, start),
                label.adjust_cell_length(first),
                whole.crop(start + first, whole.cell_length),
            ]
        )

    def _style_of(self, step: int | None) -> Style:
        if step is None:
            return Style.null()
        steps = (
            self.look("dim"),
            self.look("strong"),
            self.look("warning") + Style(underline=True),
            self.look("error"),
            self.look("error") + Style(reverse=True),
        )
        return steps[step]

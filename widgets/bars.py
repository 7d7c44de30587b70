"""Values by name as bars, one a line, with a cursor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from widgets import shown
from widgets.columns import Level, to_width
from widgets.row_view import RowView
from widgets.share_bar import share_bar

LEAST_BAR = 6
"""Cells below which a bar says nothing and the label gets them."""


class Bar(NamedTuple):
    """One bar. `text` is the formatted value; a value that is not known has no bar."""

    key: str
    label: str
    value: float | int | None
    text: str
    level: Level = "info"
    inert: bool = False


class Bars(RowView[Bar]):
    """Bars scaled to the greatest; `Moved` and `Chosen` carry the `Bar`."""

    def __init__(self, *, empty: str = "no rows", id: str | None = None, classes: str | None = None) -> None:
        super().__init__(empty=empty, id=id, classes=classes)
        self._most = 0.0
        self._label_width = self._text_width = 0

    def set_bars(self, bars: Sequence[Bar]) -> None:
        """Show other bars; the cursor stays on the one of the same key."""
        here = self.cursor_key
        self._most = max((float(bar.value) for bar in bars if bar.value is not None), default=0.0)
        self._label_width = max((cell_len(shown.text(bar.label)) for bar in bars), default=0)
        self._text_width = max((cell_len(shown.text(bar.text)) for bar in bars), default=0)
        self._strips.clear()
        self._replace(bars, next((place for place, bar in enumerate(bars) if bar.key == here), 0))

    def draw(self, row: Bar, width: int, selected: bool) -> list[Strip]:
        text_width = min(self._text_width, max(0, width - 3))
        label_width = max(1, min(self._label_width, max(width * 2 // 5, width - text_width - LEAST_BAR - 3)))
        room = width - label_width - text_width - 3
        style = Style.null() if row.level == "info" else self.look(row.level)
        share = None if row.value is None or self._most <= 0 else float(row.value) / self._most
        return [
            Strip(
                [
                    Segment(">" if selected else " ", self.look("mark")),
                    Segment(to_width(shown.text(row.label), label_width) + " ", style),
                    Segment(share_bar(share, room) + " " if room > 0 else "", self.look("bar")),
                    Segment(to_width(shown.text(row.text), text_width, "right"), self.look("strong")),
                ]
            )
        ]

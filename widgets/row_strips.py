"""Lines of a row as they are painted: made once, and kept for as long as what they stand on is the same.

Textual makes a line anew for each thing that it does to it, and each of its lines holds seven caches.
"""

from __future__ import annotations

from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter
from textual.strip import Strip


class Ground(NamedTuple):
    """What lines are painted on: the widget's own look and width, and what is done to every line."""

    base: Style
    width: int
    background: Color
    filters: tuple[LineFilter, ...]

    def painted(self, strip: Strip) -> Strip:
        segments = list(Segment.apply_style(strip, self.base))
        if strip.cell_length < self.width:
            segments.append(Segment(" " * (self.width - strip.cell_length), self.base))
        for one in self.filters:
            segments = one.apply(segments, self.background)
        painted = Strip(segments, max(strip.cell_length, self.width))
        return painted if strip.cell_length <= self.width else painted.crop(0, self.width)


class RowStrips:
    """The lines of one row, and the same on the ground that they were painted on last."""

    __slots__ = ("_ground", "_painted", "strips")

    def __init__(self, strips: list[Strip]) -> None:
        self.strips = strips
        self._ground: Ground | None = None
        self._painted: list[Strip] = []

    def on(self, ground: Ground) -> list[Strip]:
        if self._ground is not ground:
            self._ground, self._painted = ground, [ground.painted(strip) for strip in self.strips]
        return self._painted

"""What the terminal shows already, so that only what differs is written to it.

Textual writes every line that a widget calls dirty, and the whole of a widget whose layout changed. Over a
slow link most of these bytes say what stands there: here they are left out. Terminals disagree on how wide
some letters are, so what holds one of them is written whole, with all that follows on its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from rich.console import Console
from rich.control import Control
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate

RUN = re.compile(r"(\x1b\[[\d;]*m)([^\x1b]*)\x1b\[0m|([^\x1b]+)")
"""Letters of one look, as Rich renders them, even none. Letters hold no escape: they came through the text
door."""


SURE = re.compile(r"[\x00-\x7e\xa1-\xac\xae-\u024f\u2026\u2039\u203a\u2500-\u259f]*")
"""Letters that are one cell wide everywhere: ASCII, Latin, and what lists and frames are drawn with."""


class Piece(NamedTuple):
    """Some cells of a line, as they are written: from `start` up to but not including `end`."""

    y: int
    start: int
    end: int
    text: str


class Changes(CompositorUpdate):
    """What of an update is not on the terminal."""

    def __init__(self, pieces: list[Piece]) -> None:
        self.pieces = pieces

    def render_segments(self, console: Console) -> str:
        return "".join(f"{Control.move_to(p.start, p.y).segment.text}{p.text}" for p in self.pieces)


class Painted:
    """The pieces that were written last, by line and first cell."""

    def __init__(self) -> None:
        self._size = (0, 0)
        self._lines: dict[int, dict[int, Piece]] = {}

    def changes(
        self, update: CompositorUpdate, console: Console, size: tuple[int, int], *, whole: bool = False
    ) -> CompositorUpdate | None:
        """What of an update is to be written, which counts as written then; None for nothing.

        size: the terminal's, columns and rows; another one than before, and nothing is known of it.
        whole: write what stands there already, too: that mends a terminal that was disturbed.
        """
        if size != self._size:
            self._size, self._lines = size, {}
        if isinstance(update, LayoutUpdate):
            pieces = _pieces_of_layout(update, console)
        elif isinstance(update, ChopsUpdate):
            pieces = _pieces_of_chops(update, console)
        else:
            self._lines = {}
            return update
        changed: list[Piece] = []
        disturbed = -1
        """The line in which something of unsure width was changed."""
        for piece in pieces:
            old = self._replace(piece)
            if whole or old is None or disturbed == piece.y:
                changed.append(piece)
            elif old != piece:
                changed.append(difference(old, piece))
            else:
                continue
            if not (_is_sure(piece) and (old is None or _is_sure(old))):
                disturbed = piece.y
        return Changes(changed) if changed else None

    def _replace(self, piece: Piece) -> Piece | None:
        """Put a piece in its place; what stood exactly there before, where it was one piece."""
        line = self._lines.setdefault(piece.y, {})
        old = line.get(piece.start)
        if old is not None and old.end == piece.end:
            line[piece.start] = piece
            return old
        for other in [p for p in line.values() if p.start < piece.end and piece.start < p.end]:
            del line[other.start]
        line[piece.start] = piece
        return None


def difference(old: Piece, new: Piece) -> Piece:
    """The cells of the new piece from the first to the last that differ, or all of it."""
    if not (_is_sure(old) and _is_sure(new)):
        return new
    before, after = _runs(old.text), _runs(new.text)
    start = new.start
    while before and after and before[0] == after[0]:
        start += len(after.pop(0)[1])
        del before[0]
    while before and after and before[-1] == after[-1]:
        del before[-1], after[-1]
    if before and after and before[0][0] == after[0][0]:
        same = _alike(before[0][1], after[0][1])
        start += same
        before[0] = (before[0][0], before[0][1][same:])
        after[0] = (after[0][0], after[0][1][same:])
    if before and after and before[-1][0] == after[-1][0]:
        same = _alike(before[-1][1][::-1], after[-1][1][::-1])
        after[-1] = (after[-1][0], after[-1][1][: len(after[-1][1]) - same])
    text = "".join(f"{look}{letters}\x1b[0m" if look else letters for look, letters in after if letters)
    return Piece(new.y, start, new.end, text)


def _runs(text: str) -> list[tuple[str, str]]:
    """(look, letters) of each run that has letters."""
    return [(look, inside or bare) for look, inside, bare in RUN.findall(text) if inside or bare]


def _is_sure(piece: Piece) -> bool:
    return SURE.fullmatch(piece.text) is not None


def _alike(one: str, other: str) -> int:
    """How many letters are the same at the beginning of both."""
    most = min(len(one), len(other))
    return next((n for n in range(most) if one[n] != other[n]), most)


def _pieces_of_layout(update: LayoutUpdate, console: Console) -> Iterator[Piece]:
    for y, strips in enumerate(update.strips, update.region.y):
        x = update.region.x
        for strip in strips:
            yield Piece(y, x, x + strip.cell_length, strip.render(console))
            x += strip.cell_length


def _pieces_of_chops(update: ChopsUpdate, console: Console) -> Iterator[Piece]:
    """The same as Textual writes of a partial update (`ChopsUpdate.render_segments`)."""
    for y, first, last in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            stop = min(end, last)
            if strip is not None and end > first and stop > x:
                shown = strip if stop == end else strip.crop(0, stop - x)
                yield Piece(y, x, stop, shown.render(console))

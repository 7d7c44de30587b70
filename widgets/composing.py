"""Putting widgets together to a frame, drawing no line of a widget that is not to be painted.

Textual draws all lines of every widget under a change, also of those that others cover: a cursor that moves
by a row costs as much as a whole screen. Here each widget draws the lines that are wanted and still open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import cast

from textual._compositor import ChopsUpdate, Compositor, ReflowResult
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

Line = dict[int, Strip | None]
"""A line of the frame in pieces, by their first cells; None: not drawn."""


class LineCompositor(Compositor):
    """A compositor that asks widgets for what it paints only."""

    def __init__(self) -> None:
        super().__init__()
        self._told_map = self._full_map
        """Where widgets were when they were last told so."""

    def reflow(self, parent: Widget, size: Size) -> ReflowResult:
        """Lays out anew. Textual compares with the map as it was last looked up, and after a scroll, who asks
        for a widget's place looks it up with all that has changed: nobody would be told, nothing painted."""
        told = self._told_map
        was_looked_up = self._full_map is not told
        if was_looked_up:
            self._dirty_regions.add(size.region)
        hidden, shown, resized = super().reflow(parent, size)
        self._told_map = now = self._full_map
        if was_looked_up:
            shown |= now.keys() - told.keys()
            resized |= {w for w in now.keys() & told.keys() if now[w].region.size != told[w].region.size}
        return ReflowResult(hidden, shown, resized)

    def render_partial_update(self) -> ChopsUpdate | None:
        """The cells that changed since the last update; None for none."""
        changed, self._dirty_regions = self._dirty_regions, set()
        spans = list(self._regions_to_spans(region.intersection(self.size.region) for region in changed))
        if not spans:
            return None
        pieces: dict[int, set[int]] = {}
        for y, start, end in spans:
            pieces.setdefault(y, set()).update(self._pieces_between(y, start, end))
        return ChopsUpdate(self._drawn(pieces), spans, [cuts[1:] for cuts in self.cuts])

    def _render_chops(
        self, crop: Region, is_rendered_line: Callable[[int], bool]
    ) -> Sequence[Mapping[int, Strip]]:
        """The lines that are wanted, in pieces."""
        wanted = [y for y in crop.line_range if is_rendered_line(y)]
        return self._drawn({y: self._pieces_between(y, crop.x, crop.right) for y in wanted})

    def _drawn(self, pieces: Mapping[int, set[int]]) -> Sequence[Mapping[int, Strip]]:
        """All lines; of those that are named the pieces that are named, by their first cells. What lies in
        front is drawn first, then what it leaves open."""
        lines: list[Line] = [dict.fromkeys(cuts[:-1]) for cuts in self.cuts]
        left_open = {y: set(firsts) for y, firsts in pieces.items()}
        for widget, (region, clip) in self.visible_widgets.items():
            area = region.intersection(clip)
            wanted = [
                y for y in area.line_range if any(area.x <= cut < area.right for cut in left_open.get(y, ()))
            ]
            if not wanted:
                continue
            first, last = wanted[0], wanted[-1] + 1
            place = Region(area.x - region.x, first - region.y, area.width, last - first)
            strips = widget.render_lines(place)
            for y in wanted:
                cuts = [cut for cut in self.cuts[y] if area.x <= cut <= area.right]
                free = [(cut, stop) for cut, stop in pairwise(cuts) if lines[y][cut] is None]
                for cut, piece in _pieces_of(strips[y - first], free, cuts, area.x):
                    lines[y][cut] = piece
                    left_open[y].discard(cut)
        return cast("Sequence[Mapping[int, Strip]]", lines)

    def _pieces_between(self, y: int, start: int, end: int) -> set[int]:
        """The first cells of the pieces of a line that have a part between two cells."""
        return {cut for cut, stop in pairwise(self.cuts[y]) if cut < end and stop > start}


def _pieces_of(
    strip: Strip, free: Sequence[tuple[int, int]], cuts: Sequence[int], x: int
) -> Iterator[tuple[int, Strip]]:
    """The pieces of a widget's line that nothing covers, with their first cells: mostly it is one."""
    if len(cuts) == 2:
        yield from ((cut, strip) for cut, _ in free)
    elif len(free) == 1:
        ((cut, stop),) = free
        yield cut, strip.crop(cut - x, stop - x)
    elif free:
        pieces = dict(zip(cuts, strip.divide([cut - x for cut in cuts[1:]]), strict=False))
        yield from ((cut, pieces[cut]) for cut, _ in free if cut in pieces)

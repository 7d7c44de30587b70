"""Putting widgets together to a frame, drawing no line of a widget that is not to be painted.

Textual draws all lines of every widget under a change, also of those that others cover: a cursor that moves
by a row costs as much as a whole screen. Here each widget draws the lines that are wanted and still open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import cast

from textual._compositor import Compositor
from textual.geometry import Region
from textual.strip import Strip

Line = dict[int, Strip | None]
"""A line of the frame in pieces, by their first cells; None: not drawn."""


class LineCompositor(Compositor):
    """A compositor that asks widgets for what it paints only."""

    def _render_chops(
        self, crop: Region, is_rendered_line: Callable[[int], bool]
    ) -> Sequence[Mapping[int, Strip]]:
        """The lines that are wanted, in pieces: of what lies in front first, then of what it leaves open."""
        lines: list[Line] = [dict.fromkeys(cuts[:-1]) for cuts in self.cuts]
        open_cells = {y: self._pieces_in(y, crop) for y in crop.line_range if is_rendered_line(y)}
        for widget, (region, clip) in self.visible_widgets.items():
            area = region.intersection(clip)
            wanted = [y for y in area.line_range if open_cells.get(y)] if crop.overlaps(clip) else []
            if not wanted:
                continue
            first, last = wanted[0], wanted[-1] + 1
            place = Region(area.x - region.x, first - region.y, area.width, last - first)
            strips = widget.render_lines(place)
            for y in wanted:
                left_open = open_cells[y]
                cuts = [cut for cut in self.cuts[y] if area.x <= cut <= area.right]
                for cut, piece in zip(cuts, _divided(strips[y - first], cuts, area.x), strict=False):
                    if lines[y][cut] is None:
                        lines[y][cut] = piece
                        left_open.discard(cut)
        return cast("Sequence[Mapping[int, Strip]]", lines)

    def _pieces_in(self, y: int, crop: Region) -> set[int]:
        """The first cells of the pieces of a line that have a part in the crop."""
        cuts = self.cuts[y]
        return {cut for cut, end in pairwise(cuts) if cut < crop.right and end > crop.x}


def _divided(strip: Strip, cuts: Sequence[int], x: int) -> Sequence[Strip]:
    return (strip,) if len(cuts) == 2 else strip.divide([cut - x for cut in cuts[1:]])

"""A line of bars for a handful of numbers, where a chart would be too much."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from widgets import shown

BLOCKS = "▁▂▃▄▅▆▇█"
PLAIN = "_.-~=+*#"
NOT_KNOWN = " "


def spark(values: Sequence[float | int | None], width: int) -> str:
    """`values`, oldest first, as `width` cells or fewer, scaled from 0 to the greatest.

    More values than cells are summed up by the greatest of each cell; what is not known is blank.
    """
    if not values or width < 1:
        return ""
    cells = [_greatest(part) for part in _parts(values, width)]
    top = max((value for value in cells if value is not None), default=0.0)
    marks = shown.glyph(BLOCKS, PLAIN)
    return "".join(NOT_KNOWN if value is None else marks[_step(value, top)] for value in cells)


def bar(share: float | None, width: int) -> str:
    """A bar over `share` (0..1) of `width` cells, filled up with blanks."""
    if share is None or not isfinite(share):
        return " " * width
    eighths = round(max(0.0, min(share, 1.0)) * width * 8)
    if shown.is_ascii():
        return ("#" * round(eighths / 8)).ljust(width)
    whole, rest = divmod(eighths, 8)
    return ("█" * whole + (" ▏▎▍▌▋▊▉"[rest] if rest else "")).ljust(width)


def _parts(values: Sequence[float | int | None], width: int) -> list[Sequence[float | int | None]]:
    count = len(values)
    cells = min(width, count)
    return [values[cell * count // cells : (cell + 1) * count // cells] for cell in range(cells)]


def _greatest(part: Sequence[float | int | None]) -> float | None:
    return max((float(value) for value in part if value is not None and isfinite(value)), default=None)


def _step(value: float, top: float) -> int:
    if top <= 0 or value <= 0:
        return 0
    return max(1, min(7, round(value / top * 7)))

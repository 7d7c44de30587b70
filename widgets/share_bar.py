"""A bar over a part of a whole, in one line."""

from __future__ import annotations

from math import isfinite

from widgets import shown

EIGHTHS = " ▏▎▍▌▋▊▉"


def read_share(text: str) -> float | None:
    """The share that a cell of a column of bars tells; None where it tells none."""
    try:
        return float(text)
    except ValueError:
        return None


def share_bar(share: float | None, width: int) -> str:
    """A bar over `share` (0..1) of `width` cells, filled up with blanks; blank where it is not known."""
    if share is None or not isfinite(share):
        return " " * width
    eighths = round(max(0.0, min(share, 1.0)) * width * 8)
    if shown.is_ascii():
        return ("#" * round(eighths / 8)).ljust(width)
    whole, rest = divmod(eighths, 8)
    return ("█" * whole + (EIGHTHS[rest] if rest else "")).ljust(width)

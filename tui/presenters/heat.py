"""Hot clicks as a table with heat: a message's lines, each link in a colour step beside its share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from backend.model import PaneData, TableRow
from backend.numbers import format_cell
from widgets.columns import Row
from widgets.heat_table import HeatPart, wrapped

STEPS = (0.1, 0.3, 0.5)
"""Shares of all clicks from which a link is warm, hot and hottest; below the first it is cool."""
LEGEND = (
    HeatPart("share of clicks: "),
    *(HeatPart("none", 0), HeatPart("  "), HeatPart("under 10 %", 1), HeatPart("  ")),
    *(HeatPart("from 10 %", 2), HeatPart("  "), HeatPart("from 30 %", 3), HeatPart("  ")),
    HeatPart("from 50 %", 4),
)
BESIDE = 24
"""Cells that frame, cursor, clicks and share take beside the text."""
LEAST_TEXT = 30


class HeatLines(NamedTuple):
    rows: tuple[Row, ...]
    heat: dict[str, Sequence[HeatPart]]


def is_heat(data: PaneData) -> bool:
    """Whether a pane's lines have links with shares of their own."""
    return any(row.spans for row in data.rows)


def step_of(share: float | None) -> int:
    return 0 if not share else 1 + sum(share >= least for least in STEPS)


def heat_lines(data: PaneData, cells: int) -> HeatLines:
    """The message in a pane of that many cells, long lines wrapped; what the colours mean comes last."""
    width = max(cells - BESIDE, LEAST_TEXT)
    rows: list[Row] = []
    heat: dict[str, Sequence[HeatPart]] = {}
    for place, line in enumerate([*data.rows, None]):
        counts = ("", "") if line is None else tuple(format_cell(cell) for cell in line.cells)
        pieces = wrapped(LEGEND if line is None else parts_of(line), width)
        for number, piece in enumerate(pieces):
            key = f"{place}.{number}"
            rows.append(Row(key, ("".join(part.text for part in piece), *(("", "") if number else counts))))
            heat[key] = piece
    return HeatLines(tuple(rows), heat)


def parts_of(row: TableRow) -> list[HeatPart]:
    """A line of the message in parts, its links with their steps."""
    parts, at = [], 0
    for span in row.spans:
        parts.append(HeatPart(row.label[at : span.start]))
        parts.append(HeatPart(row.label[span.start : span.end], step_of(span.share)))
        at = span.end
    return [part for part in (*parts, HeatPart(row.label[at:])) if part.text]

"""The audience of a delivery as rows of a table: a waterfall of its slices and their reasons."""

from __future__ import annotations

from typing import NamedTuple

from backend.explaining.audience import Audience, Members
from backend.numbers import format_count
from widgets.columns import Column, Level, Row
from widgets.share_bar import share_bar

COLUMNS: tuple[Column, ...] = (
    Column("slice", "slice", least=24, most=60, grow=2),
    Column("contacts", "contacts", least=9, align="right"),
    Column("share", "", least=16, drop=2),
    Column("messages", "messages", least=9, align="right", drop=1),
)
BAR_CELLS = 16
INSIDE = ("bounced", "delivered", "pending")
"""Slices of those that were sent."""


class Line(NamedTuple):
    """A row, and whom it opens."""

    row: Row
    members: Members
    title: str


def audience_lines(audience: Audience) -> tuple[Line, ...]:
    """The slices in the order of the waterfall, each with its reasons below it."""
    everybody = audience.slices[0].share.contacts
    lines: list[Line] = []
    for one in audience.slices:
        indent = "  " if one.name in INSIDE else ""
        is_left_out = one.name in ("excluded", "errors") and one.share.contacts
        level: Level = "warning" if is_left_out else "info"
        counts = (one.share.contacts, one.share.messages)
        name = one.name if one.name != "untold" else "untold (chosen, and nothing more is told)"
        cells = _cells(f"{indent}{name}", counts, everybody)
        lines.append(Line(Row(one.name, cells, level=level), Members(slice=one.name), one.name))
        for place, part in enumerate(one.parts):
            told = " ".join(filter(None, (part.bounce_class, part.reason or "(no reason told)")))
            cells = _cells(f"{indent}    {told}", (part.share.contacts, part.share.messages), everybody)
            members = Members(
                slice=one.name, is_part=True, reason=part.reason, bounce_class=part.bounce_class
            )
            lines.append(Line(Row(f"{one.name} {place}", cells), members, f"{one.name}: {told}"))
    return tuple(lines)


def _cells(name: str, counts: tuple[int, int], everybody: int) -> tuple[str, ...]:
    contacts, messages = counts
    share = contacts / everybody if everybody else 0.0
    return (name, format_count(contacts), share_bar(share, BAR_CELLS), format_count(messages))

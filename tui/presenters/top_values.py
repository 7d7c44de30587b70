"""The most frequent values of a field as lines: value, count, share of the rows."""

from __future__ import annotations

from datetime import tzinfo
from typing import NamedTuple

from backend.model import TopValues
from backend.numbers import format_count, format_minute, format_percent

NONE = "(none)"
BAR = 20
"""Cells of the longest bar."""


class ValueLine(NamedTuple):
    """One value; None stands for the rows without one."""

    label: str
    detail: str
    value: str | None


def value_choices(found: TopValues) -> tuple[ValueLine, ...]:
    """Each value with its count and its share of the rows that were counted."""
    most = max((count.count for count in found.values), default=0)
    return tuple(
        ValueLine(
            NONE if count.value is None else count.value,
            "  ".join(part for part in _parts(count.count, most, found.rows) if part),
            count.value,
        )
        for count in found.values
    )


def counted_line(found: TopValues, zone: tzinfo) -> str:
    """Of how many rows the values are, where not all were counted, and what helps; "" where all were."""
    newest = newest_line(found, zone)
    return f"{newest}: narrow the filter" if newest else ""


def newest_line(found: TopValues, zone: tzinfo) -> str:
    """Of how many rows the values are, where not all were counted; "" where all were."""
    if found.counted_from_ms is None:
        return ""
    since = format_minute(found.counted_from_ms, zone)
    return f"of the newest {format_count(found.rows)} rows only, back to {since}"


def _parts(count: int, most: int, rows: int) -> tuple[str, str, str]:
    share = format_percent(count / rows) if rows else ""
    return f"{format_count(count):>9}", f"{share:>7}", "#" * max(1, round(BAR * count / most))

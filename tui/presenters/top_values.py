"""The most frequent values of a field as lines: value, count, share of the rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from backend.model import ValueCount
from backend.numbers import format_count, format_percent

NONE = "(none)"
BAR = 20
"""Cells of the longest bar."""


class ValueLine(NamedTuple):
    """One value; None stands for the rows without one."""

    label: str
    detail: str
    value: str | None


def value_choices(counts: Sequence[ValueCount], matching: int | None) -> tuple[ValueLine, ...]:
    """matching: rows of the query, which the shares are of; None: not known, and no share is said."""
    most = max((count.count for count in counts), default=0)
    return tuple(
        ValueLine(
            NONE if count.value is None else count.value,
            "  ".join(part for part in _parts(count.count, most, matching) if part),
            count.value,
        )
        for count in counts
    )


def _parts(count: int, most: int, matching: int | None) -> tuple[str, str, str]:
    share = format_percent(count / matching) if matching else ""
    return f"{format_count(count):>9}", f"{share:>7}", "#" * max(1, round(BAR * count / most))

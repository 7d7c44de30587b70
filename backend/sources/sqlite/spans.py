"""A query's time in spans of some thousand rows, newest first, so that counting may end early and still say
something true: all rows from some time on.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from backend.sources.sqlite.compile import Plan, Position, bound_statements
from backend.sources.sqlite.pool import Deadline

FIRST_ROWS, MOST_ROWS = 10_000, 80_000
"""Rows that the first span holds, and the longest, all arms together: some 100 ms."""
COUNT_SHARE = 0.7
"""Part of the time allowed after which counting stops and answers with what it has."""
LEAST_H = -(1 << 63)

Span = tuple[int, int]
"""First and last millisecond."""


def spans(
    connection: sqlite3.Connection, plan: Plan, low_ms: int, high_ms: int, deadline: Deadline
) -> Iterator[Span]:
    """Spans that cover low_ms to high_ms, newest first: one, and more as long as there is time.

    Who took the last one knows how far it got: to its first millisecond.
    """
    if not plan.arms or low_ms > high_ms:
        return
    if not all(arm.is_sorted for arm in plan.arms):  # few rows, in no order
        yield low_ms, high_ms
        return
    step, last = FIRST_ROWS, high_ms
    while last >= low_ms:
        ends: list[tuple[int, int]] = []
        beyond, each = Position(last + 1, LEAST_H), step // len(plan.arms) + 1
        for statement in bound_statements(plan, beyond, each, newest_first=True):
            ends += connection.execute(statement.text, statement.values).fetchall()
        first = max(low_ms, max(ends)[0]) if ends else low_ms
        yield first, last
        last, step = first - 1, min(4 * step, MOST_ROWS)
        if deadline.left_s() < (1 - COUNT_SHARE) * deadline.timeout_s:
            return

"""Rows as they arrive: by id, which is the order of arrival, not of time.

A flood is not shown row by row: what one look cannot take is counted and passed over, newest rows first
to be shown.
"""

from __future__ import annotations

import sqlite3

from backend.model import Follow, LogName
from backend.query.language import Filter
from backend.sources.sqlite.compile import (
    Plan,
    arrival_count_statement,
    arrival_statement,
    compile_arrivals,
    table_of,
)
from backend.sources.sqlite.pool import Deadline
from backend.sources.sqlite.rows import read_rows
from backend.sources.sqlite.searching import look_up

POLL_S = 0.1
"""Between two looks where nothing tells of writes; a look at nothing new costs some microseconds."""
TOLD_POLL_S = 1.0
"""The same where writes are told of: for those that were not."""
FRAME_S = 0.1
"""Between two answers with rows: the first after a quiet spell comes at once, then at most ten a second."""
BUSY_ROWS = 5
"""Rows in one answer from which on more comes than anybody can read: fifty a second."""
BUSY_FRAME_S = 0.25
"""Between two answers then, until fewer than twenty a second come."""
FLOOD_FRAME_S = 0.5
"""The same while rows are passed over: what is seen of them is new each time, from top to bottom."""
COUNTED_AT_ONCE = 50_000
"""Arrived rows that one statement counts: some 50 ms."""
MOST_ROWS = 1_000
"""Arrived rows that one look reads where none may be passed over."""
SHOWN_ROWS = 200
"""Arrived rows that one look reads for eyes: some pages. The rest of a flood before them is counted only."""


def rest_s(found: Follow) -> float:
    """How long to wait after an answer before the next one."""
    if found.skipped:
        return FLOOD_FRAME_S
    return BUSY_FRAME_S if len(found.rows) >= BUSY_ROWS else FRAME_S


def last_id(connection: sqlite3.Connection, log: str) -> int:
    """Id of the newest arrival; 0 where there is none."""
    row = connection.execute(f"SELECT max(id) FROM {table_of(log)}").fetchone()
    return int(row[0] or 0)


def read_arrivals(
    connection: sqlite3.Connection, deadline: Deadline, query: Filter, after: int, every: bool = False
) -> Follow | None:
    """What arrived after `after`; None where nothing did. every: the oldest of it, and none passed over."""
    last = last_id(connection, query.log)
    if last < after:  # another file stands under the name, or its newest rows were removed
        return Follow(rows=(), after=last)
    if last == after:
        return None
    if every:
        last = min(last, after + MOST_ROWS)
    plan = compile_arrivals(query, look_up(connection, query))
    if not plan.arms:
        return Follow(rows=(), after=last)
    skipped = 0
    if not every and last - after > SHOWN_ROWS:
        cut = last - SHOWN_ROWS
        skipped = _count(connection, deadline, plan, after, cut)
        after = cut
    statement = arrival_statement(plan, after, last, MOST_ROWS)
    ids = [handle for (handle,) in connection.execute(statement.text, statement.values)]
    rows = sorted(read_rows(connection, LogName(query.log), ids), key=lambda row: row.id)
    return Follow(rows=tuple(rows), after=last, skipped=skipped)


def _count(connection: sqlite3.Connection, deadline: Deadline, plan: Plan, after: int, last: int) -> int:
    """Matching rows that are passed over; what there is no time to look at counts as if it matched."""
    found = 0
    for start in range(after, last, COUNTED_AT_ONCE):
        if deadline.left_s() < deadline.timeout_s / 2:
            return found + last - start
        statement = arrival_count_statement(plan, start, min(last, start + COUNTED_AT_ONCE))
        found += int(connection.execute(statement.text, statement.values).fetchone()[0])
    return found

"""Pages of a log and of a trace, by keyset: the cost does not depend on how deep a page lies.

A query that must look at rows one by one goes in steps of growing size, nearest rows first, and says how
far it got when its time is over: what it found is never thrown away.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from backend.model import LogName, LogRow, Page
from backend.query import Filter, Term
from backend.source import Direction
from backend.sources.cursors import LogCursor, decode_log_cursor
from backend.sources.sqlite.compile import (
    NEWEST,
    OLDEST,
    Plan,
    Position,
    Statement,
    bound_statement,
    compile_query,
    page_statement,
)
from backend.sources.sqlite.conditions import Known
from backend.sources.sqlite.pool import Deadline
from backend.sources.sqlite.rows import position_of, read_rows
from backend.sources.sqlite.searching import living_contact, look_up

FIRST_STEP_ROWS = 1_000
MOST_STEP_ROWS = 40_000
"""Rows that one step of a search may look at, all arms together: some 50 ms."""
SEARCH_SHARE = 0.7
"""Part of the time allowed after which a search stops and answers with what it has."""
RANKS = {LogName.SCENARIO: 0, LogName.EVENT: 1}
"""The order of rows of both logs that share time and key."""


class Found(msgspec.Struct):
    """(ts, h, id) of rows in the order of reading, and where the search ended if it did not finish."""

    places: list[tuple[int, int, int]]
    searched_to: Position | None = None


def find_places(
    connection: sqlite3.Connection,
    plan: Plan,
    start: Position,
    limit: int,
    deadline: Deadline,
    *,
    newest_first: bool,
) -> Found:
    """At most `limit` matching rows beyond `start`, nearest first."""
    if not plan.arms:
        return Found([])
    if not plan.is_picky or not all(arm.is_sorted for arm in plan.arms):
        return Found(_all(connection, page_statement(plan, start, limit, newest_first=newest_first)))
    found = Found([])
    step = max(4 * limit, FIRST_STEP_ROWS) // len(plan.arms) + 1
    at = start
    while True:
        ends = _all(connection, bound_statement(plan, at, step, newest_first=newest_first))
        bound = Position(*(max(ends) if newest_first else min(ends))[:2]) if ends else None
        wanted = limit - len(found.places)
        statement = page_statement(plan, at, wanted, newest_first=newest_first, bound=bound)
        found.places += _all(connection, statement)
        if bound is None or len(found.places) >= limit:
            return found
        at = bound
        if deadline.left_s() < (1 - SEARCH_SHARE) * deadline.timeout_s:
            found.searched_to = at
            return found
        step = min(step * 4, MOST_STEP_ROWS // len(plan.arms) + 1)


def _all(connection: sqlite3.Connection, statement: Statement) -> list[tuple[int, int, int]]:
    return connection.execute(statement.text, statement.values).fetchall()


def read_page(
    connection: sqlite3.Connection,
    deadline: Deadline,
    query: Filter,
    cursor: str | None,
    direction: Direction,
    limit: int,
) -> Page:
    """A page of a log. Raises UsageError for a foreign cursor."""
    log = LogName(query.log)
    given = decode_log_cursor(cursor)
    newest_first = direction is Direction.OLDER
    plan = compile_query(query, look_up(connection, query))
    start = _start(given, newest_first=newest_first)
    found = find_places(connection, plan, start, limit + 1, deadline, newest_first=newest_first)
    ids = [place[2] for place in found.places[:limit]]
    rows = [(row, _cursor_of(row)) for row in read_rows(connection, log, ids)]
    searched = LogCursor(*found.searched_to) if found.searched_to else None
    has_more = len(found.places) > limit
    return make_page(rows, given, direction, has_more=has_more, searched=searched)


def _start(given: LogCursor | None, *, newest_first: bool, rank: int = 0) -> Position:
    """Where to read on in one log, exclusively: a row at the cursor itself is beyond it or not by rank."""
    if given is None:
        return NEWEST if newest_first else OLDEST
    if newest_first:
        return Position(given.ts, given.h) if rank >= given.rank else _up(given)
    return Position(given.ts, given.h) if rank <= given.rank else _down(given)


def _up(cursor: LogCursor) -> Position:
    return (
        Position(cursor.ts, cursor.h + 1) if cursor.h < (1 << 63) - 1 else Position(cursor.ts + 1, -(1 << 63))
    )


def _down(cursor: LogCursor) -> Position:
    return (
        Position(cursor.ts, cursor.h - 1) if cursor.h > -(1 << 63) else Position(cursor.ts - 1, (1 << 63) - 1)
    )


def _cursor_of(row: LogRow, rank: int = 0) -> LogCursor:
    return LogCursor(*position_of(row), rank)


def make_page(
    rows: Sequence[tuple[LogRow, LogCursor]],
    given: LogCursor | None,
    direction: Direction,
    *,
    has_more: bool,
    searched: LogCursor | None = None,
) -> Page:
    """A page of rows that stand in order of time, with the cursors round them."""
    first = rows[0][1] if rows else None
    last = rows[-1][1] if rows else None
    if direction is Direction.OLDER:
        at_edge = not rows and (given is None or given.at_edge)
        ended = msgspec.structs.replace(searched, at_edge=at_edge) if searched else None
        older = first if has_more else ended
        newer = last or (given.just_before() if given else searched)
        has_newer = given is not None and not given.at_edge
    else:
        older = None if given is None else first or given.just_after()
        newer = last if has_more or not searched else searched
        newer = newer or given
        has_newer = has_more or searched is not None
    return Page(
        rows=tuple(row for row, _ in rows),
        older=older.encode() if older else None,
        newer=newer.encode() if newer else None,
        has_newer=has_newer,
        searched_to_ms=searched.ts if searched else None,
    )


def read_trace(
    connection: sqlite3.Connection,
    deadline: Deadline,
    contact_id: int,
    cursor: str | None,
    direction: Direction,
    limit: int,
) -> Page:
    """One contact's rows of both logs, merged by time."""
    given = decode_log_cursor(cursor)
    newest_first = direction is Direction.OLDER
    contact = living_contact(connection, contact_id)
    asked = Term("contact", str(contact_id))
    known = Known(ids={asked: frozenset() if contact is None else frozenset({contact})})
    places: list[tuple[int, int, int, int, LogName]] = []
    for log, rank in RANKS.items():
        plan = compile_query(Filter(log=log, terms=(asked,)), known)
        start = _start(given, newest_first=newest_first, rank=rank)
        found = find_places(connection, plan, start, limit + 1, deadline, newest_first=newest_first)
        places += [(ts, h, rank, handle, log) for ts, h, handle in found.places]
    places.sort(reverse=newest_first)
    rows: list[tuple[LogRow, LogCursor]] = []
    for log, rank in RANKS.items():
        ids = [place[3] for place in places[:limit] if place[4] is log]
        rows += [(row, _cursor_of(row, rank)) for row in read_rows(connection, log, ids)]
    rows.sort(key=lambda pair: pair[1].place)
    return make_page(rows, given, direction, has_more=len(places) > limit)

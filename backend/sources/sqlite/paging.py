"""Pages of a log and of a trace, by keyset: the cost does not depend on how deep a page lies.

A query that must look at rows one by one goes in steps of growing size, nearest rows first, and says how
far it got when its time is over: what it found is never thrown away.
"""

from __future__ import annotations

import sqlite3

import msgspec

from backend.model import LogName, LogRow, Page
from backend.query import Filter, Term
from backend.source import Direction
from backend.sources.cursors import LogCursor, decode_log_cursor
from backend.sources.pages import RANKS, cursor_of, make_page
from backend.sources.sqlite.compile import (
    NEWEST,
    OLDEST,
    Arm,
    Plan,
    Position,
    bound_statements,
    compile_query,
    page_statements,
)
from backend.sources.sqlite.conditions import Known
from backend.sources.sqlite.pool import Deadline
from backend.sources.sqlite.rows import read_rows
from backend.sources.sqlite.searching import living_contact, look_up

FIRST_STEP_ROWS = 1_000
MOST_STEP_ROWS = 40_000
"""Rows that one step of a search may look at, all arms together: some 50 ms."""
SEARCH_SHARE = 0.7
"""Part of the time allowed after which a search stops and answers with what it has."""

Place = tuple[int, int, int]
"""ts, h, id"""


class Found(msgspec.Struct):
    """Rows in the order of reading, and where the search ended if it did not finish."""

    places: list[Place]
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
        return Found(_nearest(connection, plan, start, limit, newest_first=newest_first))
    found = Found([])
    step = max(4 * limit, FIRST_STEP_ROWS) // len(plan.arms) + 1
    at = start
    while True:
        ends: list[tuple[int, int]] = []
        for statement in bound_statements(plan, at, step, newest_first=newest_first):
            ends += connection.execute(statement.text, statement.values).fetchall()
        bound = Position(*(max(ends) if newest_first else min(ends))) if ends else None
        wanted = limit - len(found.places)
        found.places += _nearest(connection, plan, at, wanted, newest_first=newest_first, bound=bound)
        if bound is None or len(found.places) >= limit:
            return found
        at = bound
        if deadline.left_s() < (1 - SEARCH_SHARE) * deadline.timeout_s:
            found.searched_to = at
            return found
        step = min(step * 4, MOST_STEP_ROWS // len(plan.arms) + 1)


def _nearest(
    connection: sqlite3.Connection,
    plan: Plan,
    start: Position,
    limit: int,
    *,
    newest_first: bool,
    bound: Position | None = None,
) -> list[Place]:
    """The arms merged. Each gives a share first; only those that may hold more of the page are asked on."""
    share = limit if len(plan.arms) == 1 else min(limit, 2 * limit // len(plan.arms) + 4)
    places: list[Place] = []
    hungry: list[tuple[Arm, Place]] = []
    statements = page_statements(plan, plan.arms, start, share, newest_first=newest_first, bound=bound)
    for arm, statement in zip(plan.arms, statements, strict=True):
        rows: list[Place] = connection.execute(statement.text, statement.values).fetchall()
        places += rows
        if len(rows) == share < limit:
            hungry.append((arm, rows[-1]))
    places.sort(reverse=newest_first)
    for arm, last in hungry:
        if len(places) >= limit and (last < places[limit - 1]) == newest_first:
            continue
        (statement,) = page_statements(
            plan, (arm,), Position(*last[:2]), limit, newest_first=newest_first, bound=bound
        )
        places += connection.execute(statement.text, statement.values).fetchall()
        places.sort(reverse=newest_first)
    return places[:limit]


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
    rows = [(row, cursor_of(row)) for row in read_rows(connection, log, ids)]
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
        rows += [(row, cursor_of(row, rank)) for row in read_rows(connection, log, ids)]
    rows.sort(key=lambda pair: pair[1].place)
    return make_page(rows, given, direction, has_more=len(places) > limit)

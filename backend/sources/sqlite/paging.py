"""Pages of a log and of a trace, by keyset: the cost does not depend on how deep a page lies.

A query that must look at rows one by one goes in steps of growing size, nearest rows first, and says how
far it got when its time is over: what it found is never thrown away.
"""

from __future__ import annotations

import math
import sqlite3
import time
from functools import partial

import msgspec

from backend.model import LogName, LogRow, Page
from backend.query.language import Filter, Term
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
    compile_walk,
    gathering_statements,
    matching_statement,
    page_statements,
)
from backend.sources.sqlite.conditions import Known
from backend.sources.sqlite.json_text import as_json
from backend.sources.sqlite.pool import Deadline, is_interrupt
from backend.sources.sqlite.rows import read_rows
from backend.sources.sqlite.searching import living_contact, look_up

FIRST_STEP_ROWS = 1_000
MOST_STEP_ROWS = 40_000
"""Rows that one step of a search may look at, all arms together: some 50 ms."""
SMALLER = 8
"""Part of a first step that took too long which is tried next."""
SHORTEST_S = 1e-4

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
    search_s: float = math.inf,
) -> Found:
    """At most `limit` matching rows beyond `start`, nearest first.

    search_s: how long a search may take. It ends between two steps, so it always gets on; only a step that
    half of the deadline is not enough for is given up, and taken smaller where it was the first.
    """
    if not plan.arms:
        return Found([])
    if any(arm.listed for arm in plan.arms):
        return Found(_gathered(connection, plan, start, limit, newest_first=newest_first))
    if not plan.is_picky or not _is_sorted(plan):
        return Found(_nearest(connection, plan, start, limit, newest_first=newest_first))
    found, at = Found([]), start
    step = max(4 * limit, FIRST_STEP_ROWS) // len(plan.arms) + 1
    over_s = time.monotonic() + search_s
    while True:
        began_s = time.monotonic()
        try:
            with deadline.within(deadline.left_s() / 2):
                bound = _bound(connection, plan, at, step, newest_first=newest_first)
                wanted = limit - len(found.places)
                found.places += _nearest(connection, plan, at, wanted, newest_first=newest_first, bound=bound)
        except sqlite3.OperationalError as error:
            if not is_interrupt(error) or deadline.is_over() or step == 1:
                raise
            if at != start:
                return Found(found.places, at)
            step = max(1, step // SMALLER)
            continue
        if bound is None or len(found.places) >= limit:
            return found
        at = bound
        now_s = time.monotonic()
        fitting = step * (over_s - now_s) / max(now_s - began_s, SHORTEST_S)
        if fitting < 1:
            return Found(found.places, at)
        step = int(min(4 * step, MOST_STEP_ROWS // len(plan.arms) + 1, fitting))


def _is_sorted(plan: Plan) -> bool:
    return all(arm.is_sorted for arm in plan.arms)


def _bound(
    connection: sqlite3.Connection, plan: Plan, at: Position, step: int, *, newest_first: bool
) -> Position | None:
    """Where a step ends; None: at the end of the log."""
    ends: list[tuple[int, int]] = []
    for statement in bound_statements(plan, at, step, newest_first=newest_first):
        ends += connection.execute(statement.text, statement.values).fetchall()
    return Position(*(max(ends) if newest_first else min(ends))) if ends else None


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


def _gathered(
    connection: sqlite3.Connection, plan: Plan, start: Position, limit: int, *, newest_first: bool
) -> list[Place]:
    """Rows of many contacts: brought into order by the index alone, then only the nearest are looked at."""
    found: list[Place] = []
    share = 2 * limit
    while True:
        places: list[Place] = []
        for statement in gathering_statements(plan, start, share, newest_first=newest_first):
            places += connection.execute(statement.text, statement.values).fetchall()
        matching = matching_statement(plan, as_json(place[2] for place in places))
        wanted = {handle for (handle,) in connection.execute(matching.text, matching.values)}
        found += [place for place in places if place[2] in wanted]
        if len(found) >= limit or len(places) < share:
            return found[:limit]
        start, share = Position(*places[-1][:2]), 4 * share


def read_page(
    connection: sqlite3.Connection,
    deadline: Deadline,
    query: Filter,
    cursor: str | None,
    direction: Direction,
    limit: int,
    search_s: float,
) -> Page:
    """A page of a log; search_s: how long rows may be looked for. Raises UsageError for a foreign cursor."""
    log = LogName(query.log)
    given = decode_log_cursor(cursor)
    newest_first = direction is Direction.OLDER
    known = look_up(connection, query)
    plan = compile_query(query, known)
    find = partial(
        find_places,
        connection,
        start=_start(given, newest_first=newest_first),
        limit=limit + 1,
        deadline=deadline,
        newest_first=newest_first,
        search_s=search_s,
    )
    try:
        with deadline.within(deadline.left_s() if _is_sorted(plan) else deadline.left_s() / 2):
            found = find(plan=plan)
    except sqlite3.OperationalError as error:
        if not is_interrupt(error) or deadline.is_over():
            raise
        found = find(plan=compile_walk(query, known))  # gathering and sorting took too long
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

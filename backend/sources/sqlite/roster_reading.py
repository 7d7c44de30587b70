"""The contacts inside scenarios: pages by entry, how many match, and how many stand at each step."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

import msgspec

from backend.model import RosterPage, RosterRow, StepCount
from backend.query import Filter, Term
from backend.query_fields import Compare, find_field
from backend.source import Direction
from backend.sources.cursors import (
    HIGHEST,
    LOWEST,
    RosterPlace,
    decode_roster_cursor,
)
from backend.sources.pages import roster_page
from backend.sources.sqlite.conditions import Binder, Known, TextHits, is_in
from backend.sources.sqlite.functions import folded
from backend.sources.sqlite.rows import of_code
from backend.sources.sqlite.schema import STATE_CODE, STATES
from backend.sources.sqlite.searching import FORGOTTEN_NAME, SHOWN_NAME, look_up

ORDER = ("entered_ms", "scenario_id", "contact_id", "run")
COLUMNS = (*ORDER, "identity_id", "step_id", "state", "step_ms", "until_ms")
MOST_ARMS = 100


class RosterArm(msgspec.Struct, frozen=True):
    """One way to roster rows: an index and what its first columns equal."""

    index: str
    seek: tuple[tuple[str, int], ...] = ()


class RosterPlan(msgspec.Struct, frozen=True):
    arms: tuple[RosterArm, ...]
    conditions: tuple[str, ...]
    values: Mapping[str, object]


def compile_roster(query: Filter, known: Known) -> RosterPlan:
    """By which index the contacts that a query asks for are reached, and what is asked of each."""
    binder = Binder()
    wanted: dict[str, list[str]] = {}
    parts: list[str] = []
    for term in query.terms:
        if term.field in ("since", "until"):
            continue
        condition = _condition(term, known, binder)
        if term.negated:
            parts.append(f"NOT ({condition})")
        else:
            wanted.setdefault(term.field or term.value, []).append(condition)
    parts += [f"({' OR '.join(choices)})" for choices in wanted.values()]
    low = LOWEST if query.start_ms is None else query.start_ms
    high = HIGHEST if query.end_ms is None else query.end_ms - 1
    parts.append(f"+r.entered_ms BETWEEN {binder.bind(low)} AND {binder.bind(high)}")
    return RosterPlan(_arms(query, known), tuple(parts), binder.values)


def _arms(query: Filter, known: Known) -> tuple[RosterArm, ...]:
    for field, index in (("contact", "roster_contact"), ("scenario", "roster_scenario")):
        terms = [term for term in query.terms if term.field == field and not term.negated]
        if terms and all(term.value for term in terms):
            handles = sorted(frozenset[int]().union(*(known.ids[term] for term in terms)))
            if len(handles) <= MOST_ARMS:
                return tuple(RosterArm(index, ((f"{field}_id", handle),)) for handle in handles)
    return (RosterArm("roster_entered"),)


def _condition(term: Term, known: Known, binder: Binder) -> str:
    if not term.field:
        return _text_condition(known.texts[term], binder)
    field = find_field("roster", term.field)
    assert field is not None, "a Filter has only fields of its log"
    if field.compare is Compare.CHOICE:
        return f"r.state = {STATE_CODE[STATES[[str(state) for state in STATES].index(term.value)]]}"
    if term.field == "run":
        return f"{folded('r.run')} = {binder.bind(term.value.casefold())}"
    if not term.value:
        return f"coalesce(r.{term.field}_id, 0) = 0"
    return is_in(f"r.{term.field}_id", known.ids[term], binder)


def _text_condition(hits: TextHits, binder: Binder) -> str:
    shown = "(SELECT i.shown FROM identity AS i WHERE i.id = r.identity_id)"
    parts = [is_in(f"r.{column}", ids, binder) for column, ids in sorted(hits.columns.items()) if ids]
    if hits.identities is None:
        parts.append(f"instr({folded(shown)}, {binder.bind(hits.text)})")
    elif hits.identities:
        parts.append(is_in("r.identity_id", hits.identities, binder))
    return " OR ".join(parts) or "0"


def roster_statement(
    plan: RosterPlan, start: RosterPlace | None, limit: int, *, newest_first: bool
) -> tuple[str, Mapping[str, object]]:
    """Roster rows beyond `start`, nearest first."""
    binder = Binder()
    binder.values.update(plan.values)
    beyond = "1"
    if start is not None:
        sign = "<" if newest_first else ">"
        places = ", ".join(binder.bind(part) for part in start)
        beyond = f"r.entered_ms {sign}= {binder.bind(start[0])}"
        beyond += f" AND ({', '.join(f'r.{name}' for name in ORDER)}) {sign} ({places})"
    order = ", ".join(f"{name} DESC" if newest_first else name for name in ORDER)
    most = binder.bind(limit)
    columns = ", ".join(f"r.{name}" for name in COLUMNS)
    arms = [
        f"SELECT {columns} FROM {_where(plan, arm, binder)} AND {beyond} ORDER BY {order} LIMIT {most}"
        for arm in plan.arms
    ]
    if len(arms) == 1:
        return arms[0], binder.values
    union = " UNION ALL ".join(f"SELECT * FROM ({arm})" for arm in arms)
    return f"SELECT * FROM ({union}) ORDER BY {order} LIMIT {most}", binder.values


def roster_count_statement(plan: RosterPlan) -> tuple[str, Mapping[str, object]]:
    """How many match, one row for each arm."""
    binder = Binder()
    binder.values.update(plan.values)
    arms = [f"SELECT count(*) FROM {_where(plan, arm, binder)}" for arm in plan.arms]
    return " UNION ALL ".join(arms), binder.values


def _where(plan: RosterPlan, arm: RosterArm, binder: Binder) -> str:
    seek = [f"r.{column} = {binder.bind(handle)}" for column, handle in arm.seek]
    return f"roster AS r INDEXED BY {arm.index} WHERE {' AND '.join([*seek, *plan.conditions])}"


def read_roster(
    connection: sqlite3.Connection, query: Filter, cursor: str | None, direction: Direction, limit: int
) -> RosterPage:
    """A page of contacts inside, oldest entry first. Raises UsageError for a foreign cursor."""
    start = decode_roster_cursor(cursor)
    plan = compile_roster(query, look_up(connection, query))
    if not plan.arms:
        return RosterPage(rows=(), older=None, newer=None, total=0)
    newest_first = direction is Direction.OLDER
    text, values = roster_statement(plan, start, limit + 1, newest_first=newest_first)
    found = [dict(zip(COLUMNS, row, strict=True)) for row in connection.execute(text, values)]
    has_more = len(found) > limit
    rows = found[:limit]
    if newest_first:
        rows.reverse()
    total = sum(n for (n,) in connection.execute(*roster_count_statement(plan)))
    return roster_page(
        [(_roster_row(connection, row), _place(row)) for row in rows],
        start,
        direction,
        has_more=has_more,
        total=total,
    )


def _place(row: Mapping[str, Any]) -> RosterPlace:
    return (row["entered_ms"], row["scenario_id"], row["contact_id"], row["run"])


def _roster_row(connection: sqlite3.Connection, row: Mapping[str, Any]) -> RosterRow:
    return RosterRow(
        contact_id=row["contact_id"],
        contact=_text(connection, "SELECT shown FROM identity WHERE id = ?", row["identity_id"])
        or FORGOTTEN_NAME,
        scenario_id=row["scenario_id"],
        scenario=_text(connection, f"SELECT {SHOWN_NAME} FROM scenario WHERE id = ?", row["scenario_id"])
        or "",
        run=row["run"],
        step_id=row["step_id"],
        step=_text(connection, f"SELECT {SHOWN_NAME} FROM step WHERE id = ?", row["step_id"]),
        state=of_code(STATES, row["state"]),
        entered_ms=row["entered_ms"],
        step_ms=row["step_ms"],
        until_ms=row["until_ms"],
    )


def _text(connection: sqlite3.Connection, sql: str, handle: int | None) -> str | None:
    found = connection.execute(sql, (handle,)).fetchone() if handle else None
    return found[0] if found else None


def read_steps_inside(connection: sqlite3.Connection, scenario_id: int | None) -> tuple[StepCount, ...]:
    """Contacts inside by scenario and step, in the scenario's order of steps; unknown steps last."""
    counts: dict[tuple[int, int], dict[int, int]] = {}
    sql = "SELECT scenario_id, step_id, state, n FROM inside WHERE n > 0"
    values: tuple[int, ...] = ()
    if scenario_id is not None:
        sql, values = f"{sql} AND scenario_id = ?", (scenario_id,)
    for scenario, step, state, n in connection.execute(sql, values):
        counts.setdefault((scenario, step), {})[state] = n
    rows = []
    for (scenario, step), by_state in counts.items():
        place = connection.execute("SELECT position FROM step WHERE id = ?", (step,)).fetchone()
        name = _text(connection, f"SELECT {SHOWN_NAME} FROM scenario WHERE id = ?", scenario) or ""
        position = place[0] if place and place[0] is not None else HIGHEST
        count = StepCount(
            scenario_id=scenario,
            scenario=name,
            step_id=step or None,
            step=_text(connection, f"SELECT {SHOWN_NAME} FROM step WHERE id = ?", step),
            active=by_state.get(STATE_CODE[STATES[0]], 0),
            waiting=by_state.get(STATE_CODE[STATES[1]], 0),
        )
        rows.append(((name, scenario, step == 0, position, step), count))
    return tuple(count for _, count in sorted(rows, key=lambda row: row[0]))

"""The contacts inside scenarios: pages in any order, how many match, and how many stand at each step."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from backend.model import RosterOrder, RosterPage, RosterRow, StepCount
from backend.query.language import Filter
from backend.source import Direction
from backend.sources.cursors import HIGHEST
from backend.sources.pages import roster_page
from backend.sources.roster_places import RosterPlace, decode_roster_cursor, place_of
from backend.sources.sqlite.codes import of_code
from backend.sources.sqlite.json_text import as_json
from backend.sources.sqlite.roster_plan import (
    COLUMNS,
    RosterPlan,
    compile_roster,
    count_statement,
    page_statement,
)
from backend.sources.sqlite.schema import STATE_CODE, STATES
from backend.sources.sqlite.searching import FORGOTTEN_NAME, SHOWN_NAME, look_up

AtStep = tuple[int, int]
"""scenario, step (0: not told)"""
Row = Mapping[str, Any]


def read_roster(
    connection: sqlite3.Connection,
    query: Filter,
    cursor: str | None,
    direction: Direction,
    limit: int,
    *,
    now_ms: int,
    order: RosterOrder = RosterOrder.ENTERED,
) -> RosterPage:
    """A page of contacts inside. Raises UsageError for a foreign cursor."""
    start = decode_roster_cursor(cursor, order)
    plan = compile_roster(query, look_up(connection, query), order)
    if not plan.arms:
        return RosterPage(rows=(), older=None, newer=None, total=0)
    newest_first = direction is Direction.OLDER
    if order is RosterOrder.STEP:
        found = _by_step(connection, plan, start, limit + 1, newest_first=newest_first)
    else:
        found = _rows(connection, *page_statement(plan, start, limit + 1, newest_first=newest_first))
    has_more = len(found) > limit
    rows = found[:limit]
    if newest_first:
        rows.reverse()
    total = sum(n for (n,) in connection.execute(*count_statement(plan)))
    shown = named_rows(connection, rows, now_ms)
    places = [place_of(row, order, kept["name"]) for row, kept in zip(shown, rows, strict=True)]
    return roster_page(
        list(zip(shown, places, strict=True)), start, direction, order, has_more=has_more, total=total
    )


def _rows(connection: sqlite3.Connection, sql: str, values: Mapping[str, object]) -> list[Row]:
    return [dict(zip(COLUMNS, row, strict=True)) for row in connection.execute(sql, values)]


def _by_step(
    connection: sqlite3.Connection,
    plan: RosterPlan,
    start: RosterPlace | None,
    limit: int,
    *,
    newest_first: bool,
) -> list[Row]:
    """Rows beyond `start` from step to step, in the order in which the steps are listed."""
    held = {(scenario, step) for scenario, step in _held_steps(connection, plan.scenarios)}
    here: AtStep | None = None
    if start is not None:
        here = (int(start[0]), int(start[1]))
        held.add(here)
    listed = in_order(connection, held)
    if newest_first:
        listed.reverse()
    found: list[Row] = []
    for at in listed[listed.index(here) if here is not None else 0 :]:
        beyond = start[2:] if start is not None and at == here else None
        found += _rows(
            connection,
            *page_statement(plan, beyond, limit - len(found), newest_first=newest_first, at=at),
        )
        if len(found) == limit:
            break
    return found


def _held_steps(connection: sqlite3.Connection, scenarios: frozenset[int] | None) -> list[AtStep]:
    """Where anybody is inside."""
    sql = "SELECT DISTINCT scenario_id, step_id FROM inside WHERE n > 0"
    if scenarios is None:
        return connection.execute(sql).fetchall()
    sql += " AND scenario_id IN (SELECT value FROM json_each(?))"
    return connection.execute(sql, (as_json(scenarios),)).fetchall()


def in_order(connection: sqlite3.Connection, steps: Iterable[AtStep]) -> list[AtStep]:
    """Steps by the name of their scenario, then in its order of steps; the step that is not told is last."""
    wanted = list(steps)
    names = _shown(connection, "scenario", {scenario for scenario, _ in wanted})
    found = connection.execute(
        "SELECT id, position FROM step WHERE id IN (SELECT value FROM json_each(?))",
        (as_json({step for _, step in wanted}),),
    )
    positions = {step: position for step, position in found if position is not None}

    def rank(at: AtStep) -> tuple[str, int, bool, int, int]:
        scenario, step = at
        return names.get(scenario, ""), scenario, step == 0, positions.get(step, HIGHEST), step

    return sorted(wanted, key=rank)


def named_rows(connection: sqlite3.Connection, rows: Sequence[Row], now_ms: int) -> list[RosterRow]:
    """Rows of the roster with names for their handles, one statement for each dictionary."""
    shown = _texts(connection, "SELECT id, shown FROM identity", {row["identity_id"] or 0 for row in rows})
    scenarios = _shown(connection, "scenario", {row["scenario_id"] for row in rows})
    steps = _shown(connection, "step", {row["step_id"] or 0 for row in rows})
    usual = usual_stays(connection, {(row["scenario_id"], row["step_id"] or 0) for row in rows}, now_ms)
    own_ids = dict(
        connection.execute(
            "SELECT contact_id, min(shown) FROM identity INDEXED BY identity_contact WHERE namespace = 'id' "
            "AND shown <> '' AND contact_id IN (SELECT value FROM json_each(?)) GROUP BY contact_id",
            (as_json({row["contact_id"] for row in rows}),),
        ).fetchall()
    )
    return [
        RosterRow(
            contact_id=row["contact_id"],
            contact=shown.get(row["identity_id"]) or FORGOTTEN_NAME,
            product_id=own_ids.get(row["contact_id"]),
            scenario_id=row["scenario_id"],
            scenario=scenarios.get(row["scenario_id"], ""),
            run=row["run"],
            step_id=row["step_id"],
            step=steps.get(row["step_id"]),
            state=of_code(STATES, row["state"]),
            entered_ms=row["entered_ms"],
            step_ms=row["step_ms"],
            until_ms=row["until_ms"],
            usual_ms=usual.get((row["scenario_id"], row["step_id"] or 0)),
        )
        for row in rows
    ]


def _shown(connection: sqlite3.Connection, table: str, handles: Iterable[int]) -> dict[int | None, str]:
    return _texts(connection, f"SELECT id, {SHOWN_NAME} FROM {table}", handles)


def _texts(connection: sqlite3.Connection, select: str, handles: Iterable[int]) -> dict[int | None, str]:
    found = connection.execute(f"{select} WHERE id IN (SELECT value FROM json_each(?))", (as_json(handles),))
    return dict(found.fetchall())


def usual_stays(connection: sqlite3.Connection, steps: Iterable[AtStep], now_ms: int) -> dict[AtStep, int]:
    """The median of how long those at a step have been there, for steps where two or more are."""
    counts = _counts(connection, steps)
    stays = {}
    for (scenario, step), by_state in counts.items():
        people = sum(by_state.values())
        if people > 1:
            # The n // 2 longest stays lie before it in the index: stepping over them reads nothing else.
            (since,) = connection.execute(
                "SELECT step_ms FROM roster INDEXED BY roster_stay WHERE scenario_id = ? AND step_id IS ? "
                "ORDER BY step_ms LIMIT 1 OFFSET ?",
                (scenario, step or None, (people - 1) // 2),
            ).fetchone()
            stays[scenario, step] = max(0, now_ms - since)
    return stays


def _counts(
    connection: sqlite3.Connection, steps: Iterable[AtStep] | None, scenario_id: int | None = None
) -> dict[AtStep, dict[int, int]]:
    """How many are inside at each of these steps (None: at all, or of a scenario), by code of the state."""
    sql = "SELECT scenario_id, step_id, state, n FROM inside WHERE n > 0"
    wanted = None if steps is None else set(steps)
    scenarios = {scenario_id} if scenario_id is not None else {at[0] for at in wanted or ()}
    values: tuple[str, ...] = ()
    if wanted is not None or scenario_id is not None:
        sql, values = f"{sql} AND scenario_id IN (SELECT value FROM json_each(?))", (as_json(scenarios),)
    counts: dict[AtStep, dict[int, int]] = {}
    for scenario, step, state, n in connection.execute(sql, values):
        if wanted is None or (scenario, step) in wanted:
            counts.setdefault((scenario, step), {})[state] = n
    return counts


def read_steps_inside(
    connection: sqlite3.Connection, scenario_id: int | None, now_ms: int
) -> tuple[StepCount, ...]:
    """Contacts inside by scenario and step, in the scenario's order of steps; unknown steps last."""
    counts = _counts(connection, None, scenario_id)
    scenarios = _shown(connection, "scenario", {scenario for scenario, _ in counts})
    steps = _shown(connection, "step", {step for _, step in counts})
    usual = usual_stays(connection, counts, now_ms)
    return tuple(
        StepCount(
            scenario_id=scenario,
            scenario=scenarios.get(scenario, ""),
            step_id=step or None,
            step=steps.get(step),
            active=counts[scenario, step].get(STATE_CODE[STATES[0]], 0),
            waiting=counts[scenario, step].get(STATE_CODE[STATES[1]], 0),
            usual_ms=usual.get((scenario, step)),
        )
        for scenario, step in in_order(connection, counts)
    )

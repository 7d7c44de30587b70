"""`parcours doctor`: is the file sound, and do the kept counts equal a recount of what is stored?"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from backend.sources.sqlite.entities import Entities
from backend.sources.sqlite.event_columns import KEPT_COLUMNS, stored_event
from backend.sources.sqlite.newest import newest_findings
from backend.sources.sqlite.pruned import pruned_before_ms
from backend.sources.sqlite.rollups import COLUMNS, RollupChanges
from backend.sources.sqlite.rosters import Rosters
from backend.sources.sqlite.schema import Grain
from backend.sources.sqlite.step_writing import KEPT_COLUMNS as STEP_COLUMNS
from backend.sources.sqlite.step_writing import stored_step

HOUR_MS = 3_600_000
SHOWN = 5
"""Differences named one by one; the rest are counted."""


def check_store(db: sqlite3.Connection, *, deep: bool) -> list[str]:
    """Findings, a sentence each; none means sound."""
    findings = _sound(db, deep=deep)
    if deep and not findings:
        findings += _rollup_findings(db)
        findings += newest_findings(db)
        findings += _roster_findings(db)
    return findings


def _sound(db: sqlite3.Connection, *, deep: bool) -> list[str]:
    pragma = "integrity_check" if deep else "quick_check"
    lines = [line for (line,) in db.execute(f"PRAGMA {pragma}({SHOWN})")]
    return [] if lines == ["ok"] else [f"the file is damaged: {line}" for line in lines]


def _rollup_findings(db: sqlite3.Connection) -> list[str]:
    recount = RollupChanges()
    entities = Entities(db)
    first_ms = pruned_before_ms(db)
    for columns in db.execute(f"SELECT {KEPT_COLUMNS} FROM event_log WHERE ts >= ?", (first_ms,)):
        recount.event(stored_event(columns, entities), 1)
    for columns in db.execute(f"SELECT {STEP_COLUMNS} FROM scenario_log WHERE ts >= ?", (first_ms,)):
        recount.step(stored_step(columns), 1)
    expected = {row[:-1]: row[-1] for row in recount.rows()}
    wrong = []
    for place, kept in _kept_rollups(db):
        if expected.pop(place, 0) != kept:
            wrong.append(place)
    wrong += list(expected)
    names = COLUMNS.split(", ")
    findings = [
        "a rollup differs from a recount: " + ", ".join(f"{n}={v}" for n, v in zip(names, place, strict=True))
        for place in wrong[:SHOWN]
    ]
    if len(wrong) > SHOWN:
        findings.append(f"{len(wrong) - SHOWN} further rollups differ from a recount")
    return findings


def _kept_rollups(db: sqlite3.Connection) -> Iterator[tuple[tuple[int, ...], int]]:
    """Rollups whose rows are all still stored: from the first whole day that was not pruned."""
    first_hour = pruned_before_ms(db) // HOUR_MS
    for *place, n in db.execute(f"SELECT {COLUMNS}, n FROM rollup"):
        hour = place[4] if place[3] == Grain.HOUR else place[4] * 24
        if hour >= first_hour:
            yield tuple(place), n


def _roster_findings(db: sqlite3.Connection) -> list[str]:
    counted = {
        tuple(row[:3]): row[3]
        for row in db.execute(
            "SELECT scenario_id, coalesce(step_id, 0), state, count(*) FROM roster GROUP BY 1, 2, 3"
        )
    }
    kept = {tuple(row[:3]): row[3] for row in db.execute("SELECT scenario_id, step_id, state, n FROM inside")}
    findings = [] if counted == kept else ["the counts of contacts inside differ from the roster"]
    rosters = Rosters(db, Entities(db))
    pairs = db.execute(
        "SELECT scenario_id, contact_id FROM scenario_log WHERE contact_id IS NOT NULL UNION "
        "SELECT scenario_id, contact_id FROM roster_line UNION SELECT scenario_id, contact_id FROM roster"
    ).fetchall()
    wrong = sum(not rosters.is_current(scenario, contact) for scenario, contact in pairs)
    return [*findings, f"{wrong} places in the roster differ from the log"] if wrong else findings

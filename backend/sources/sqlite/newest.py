"""The own time of each subject's newest counted row: kept by every writer in the transaction of its rows.

A catalogue then reads some hundred short rows that lie together. To seek the newest row of each kind of each
subject takes thousands of places in the logs, which a large store has on disk only.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

from backend.facts import REPEAT, SKEW
from backend.sources.sqlite.schema import EVENT_CODE, STEP_CODE, SubjectCode

UNCOUNTED = REPEAT | SKEW
OF_EVENTS, OF_STEPS = 0, 1
"""`log` in newest: the event log, the scenario log."""
EVENT_SUBJECTS = (int(SubjectCode.SCENARIO), int(SubjectCode.CAMPAIGN), int(SubjectCode.DELIVERY))
NEVER = -(1 << 62)

Place = tuple[int, int, int]
"""subject, subject_id, log"""
Handles = tuple[int | None, int | None, int | None]
"""scenario, campaign, delivery of an event row"""


def _newest(table: str, index: str, column: str, kinds: Iterable[int]) -> str:
    """SQL: own time of the newest counted row of the subject `?1`, one seek for each kind."""
    return (
        f"SELECT max((SELECT t.ts FROM {table} AS t INDEXED BY {index} WHERE t.{column} = ?1 "
        f"AND t.kind = k.value AND NOT t.flags & {UNCOUNTED} ORDER BY t.ts DESC, t.h DESC LIMIT 1)) "
        f"FROM json_each('{sorted(kinds)}') AS k"
    )


SOUGHT: Mapping[tuple[int, int], str] = {
    (SubjectCode.SCENARIO, OF_EVENTS): _newest(
        "event_log", "event_scenario", "scenario_id", EVENT_CODE.values()
    ),
    (SubjectCode.CAMPAIGN, OF_EVENTS): _newest(
        "event_log", "event_campaign", "campaign_id", EVENT_CODE.values()
    ),
    (SubjectCode.DELIVERY, OF_EVENTS): _newest(
        "event_log", "event_delivery", "delivery_id", EVENT_CODE.values()
    ),
    (SubjectCode.SCENARIO, OF_STEPS): _newest(
        "scenario_log", "scenario_scenario", "scenario_id", STEP_CODE.values()
    ),
}
"""From the rows themselves, by subject and log."""
RAISE = (
    "INSERT INTO newest(subject, subject_id, log, ts) VALUES(?,?,?,?) "
    "ON CONFLICT DO UPDATE SET ts = excluded.ts WHERE excluded.ts > ts"
)


class NewestChanges:
    """The newest rows that one transaction adds and takes away, by what they belong to."""

    def __init__(self) -> None:
        self._events: tuple[dict[Handles, int], dict[Handles, int]] = ({}, {})
        """Added, taken away."""
        self._steps: tuple[dict[int, int], dict[int, int]] = ({}, {})

    def event(self, ts: int, handles: Handles, sign: int) -> None:
        """An event row counts (+1), or counts there no more (-1)."""
        times = self._events[sign < 0]
        if ts > times.get(handles, NEVER):
            times[handles] = ts

    def step(self, ts: int, scenario: int, sign: int) -> None:
        """The same for a row of the scenario log."""
        times = self._steps[sign < 0]
        if ts > times.get(scenario, NEVER):
            times[scenario] = ts

    def flush(self, db: sqlite3.Connection) -> None:
        """Brings the table up to date with the rows as they are stored now."""
        added, taken = (self._by_place(side) for side in (0, 1))
        db.executemany(
            RAISE, sorted((*place, ts) for place, ts in added.items() if ts >= taken.get(place, NEVER))
        )
        for place, ts in taken.items():
            if ts > added.get(place, NEVER) and ts >= _kept(db, place):
                seek_again(db, place)
        for times in (*self._events, *self._steps):
            times.clear()

    def _by_place(self, side: int) -> dict[Place, int]:
        found: dict[Place, int] = {}
        for handles, ts in self._events[side].items():
            for subject, handle in zip(EVENT_SUBJECTS, handles, strict=True):
                if handle:
                    place = (subject, handle, OF_EVENTS)
                    found[place] = max(ts, found.get(place, NEVER))
        for scenario, ts in self._steps[side].items():
            found[SubjectCode.SCENARIO, scenario, OF_STEPS] = ts
        return found


def _kept(db: sqlite3.Connection, place: Place) -> int:
    sql = "SELECT ts FROM newest WHERE subject = ? AND subject_id = ? AND log = ?"
    row = db.execute(sql, place).fetchone()
    return NEVER if row is None else int(row[0])


def seek_again(db: sqlite3.Connection, place: Place) -> None:
    """Brings one subject's newest time up to date, from its rows."""
    subject, handle, log = place
    (ts,) = db.execute(SOUGHT[subject, log], (handle,)).fetchone()
    db.execute("DELETE FROM newest WHERE subject = ? AND subject_id = ? AND log = ?", place)
    if ts is not None:
        db.execute(RAISE, (*place, ts))


def forget_before(db: sqlite3.Connection, before_ms: int) -> None:
    """What is left to know when all rows before that are gone, but for some of the scenario log."""
    db.execute("DELETE FROM newest WHERE log = ? AND ts < ?", (OF_EVENTS, before_ms))
    sql = "SELECT subject, subject_id, log FROM newest WHERE log = ? AND ts < ?"
    for place in db.execute(sql, (OF_STEPS, before_ms)).fetchall():
        seek_again(db, place)


def newest_findings(db: sqlite3.Connection) -> list[str]:
    """What `parcours doctor --deep` says where a kept time is not that of the newest row."""
    kept = {tuple(place): ts for *place, ts in db.execute("SELECT subject, subject_id, log, ts FROM newest")}
    tables = dict(zip(EVENT_SUBJECTS, ("scenario", "campaign", "delivery"), strict=True))
    wrong = 0
    for (subject, log), sql in SOUGHT.items():
        for (handle,) in db.execute(f"SELECT id FROM {tables[subject]}").fetchall():
            wrong += kept.pop((subject, handle, log), None) != db.execute(sql, (handle,)).fetchone()[0]
    wrong += len(kept)
    return [f"the time of the newest row is wrong for {wrong} of the subjects"] if wrong else []

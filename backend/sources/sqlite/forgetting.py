"""What a store lets go: the rows of old days (prune) and everything that names one person (forget)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import msgspec

from backend.errors import NothingFound
from backend.model import DAY_MS
from backend.sources.sqlite.identities import forget_key, hashed_value
from backend.sources.sqlite.newest import forget_before
from backend.sources.sqlite.pruned import remember_pruned
from backend.sources.sqlite.rawblocks import PLACES, blank_records
from backend.sources.sqlite.schema import Grain

NOT_INSIDE = (
    "NOT EXISTS (SELECT 1 FROM roster WHERE roster.scenario_id = scenario_log.scenario_id "
    "AND roster.contact_id = scenario_log.contact_id)"
)


class Day(msgspec.Struct, frozen=True):
    """One UTC day whose rows go."""

    start_ms: int
    end_ms: int

    def remove(self, db: sqlite3.Connection) -> int:
        """Removes the day's rows inside the caller's transaction; gives their number."""
        span = (self.start_ms, self.end_ms)
        db.execute(
            "UPDATE message SET pruned = max(pruned, ?3) WHERE id IN "
            "(SELECT message_id FROM event_log WHERE ts >= ?1 AND ts < ?2 AND message_id IS NOT NULL)",
            (*span, self.end_ms),
        )
        removed = db.execute("DELETE FROM event_log WHERE ts >= ? AND ts < ?", span).rowcount
        removed += db.execute(
            f"DELETE FROM scenario_log WHERE ts >= ? AND ts < ? AND {NOT_INSIDE}", span
        ).rowcount
        db.execute("DELETE FROM zoneless_key WHERE ts < ?", (self.end_ms - DAY_MS,))
        self._drop_hours(db)
        forget_before(db, self.end_ms)
        remember_pruned(db, self.end_ms)
        return removed

    def _drop_hours(self, db: sqlite3.Connection) -> None:
        subjects = db.execute("SELECT DISTINCT subject, subject_id, facet FROM rollup").fetchall()
        hours = (self.start_ms // 3_600_000, self.end_ms // 3_600_000)
        db.executemany(
            "DELETE FROM rollup WHERE subject = ? AND subject_id = ? AND facet = ? AND grain = ? "
            "AND bucket >= ? AND bucket < ?",
            [(*subject, int(Grain.HOUR), *hours) for subject in subjects],
        )


def drop_unused_raw(db: sqlite3.Connection) -> None:
    """Removes raw blocks that are older than every row that is left."""
    oldest = db.execute(
        "SELECT min(x) FROM (SELECT min(raw) AS x FROM event_log UNION ALL SELECT min(raw) FROM scenario_log)"
    ).fetchone()[0]
    if oldest is not None:
        db.execute("DELETE FROM raw_block WHERE id < ?", (oldest // PLACES,))


def prune_days(db: sqlite3.Connection, before_ms: int) -> Iterator[Day]:
    """The days that have rows and lie wholly before `before_ms`, oldest first."""
    end_ms = before_ms // DAY_MS * DAY_MS
    while True:
        oldest = db.execute(
            "SELECT min(x) FROM (SELECT min(ts) AS x FROM event_log WHERE ts < ?1 UNION ALL "
            f"SELECT min(ts) FROM scenario_log WHERE ts < ?1 AND {NOT_INSIDE})",
            (end_ms,),
        ).fetchone()[0]
        if oldest is None:
            return
        start_ms = oldest // DAY_MS * DAY_MS
        yield Day(start_ms, start_ms + DAY_MS)


def forget_contact(db: sqlite3.Connection, contact_id: int) -> None:
    """Makes a contact nameless inside the caller's transaction. Raises NothingFound."""
    if db.execute("SELECT 1 FROM contact WHERE id = ?", (contact_id,)).fetchone() is None:
        raise NothingFound(f"no contact {contact_id}")
    db.execute("PRAGMA secure_delete = ON")
    try:
        values = _hide_identities(db, contact_id)
        _hide_rows(db, contact_id)
        for value in values:
            db.execute(
                "DELETE FROM rejected WHERE instr(CAST(lower(sample) AS BLOB), CAST(lower(?) AS BLOB))",
                (value,),
            )
            db.execute(
                "UPDATE url SET url = '(forgotten ' || id || ')', label = NULL WHERE instr(url, ?)", (value,)
            )
        db.execute("UPDATE contact SET forgotten = 1, fields = NULL WHERE id = ?", (contact_id,))
    finally:
        db.execute("PRAGMA secure_delete = OFF")


def _hide_identities(db: sqlite3.Connection, contact_id: int) -> list[str]:
    """Replaces identities by keyed hashes, which later rows still find; gives what they were."""
    key = forget_key(db)
    values: list[str] = []
    rows = db.execute("SELECT id, value, shown FROM identity WHERE contact_id = ?", (contact_id,)).fetchall()
    for identity, value, shown in rows:
        db.execute(
            "INSERT INTO identity_fts(identity_fts, rowid, value) VALUES('delete', ?, ?)", (identity, value)
        )
        hashed = hashed_value(key, value)
        db.execute("UPDATE identity SET value = ?, shown = '' WHERE id = ?", (hashed, identity))
        db.execute("INSERT INTO identity_fts(rowid, value) VALUES(?, ?)", (identity, hashed))
        values += [value] if value == shown else [value, shown]
    return values


def _hide_rows(db: sqlite3.Connection, contact_id: int) -> None:
    raws = [
        raw
        for table in ("event_log", "scenario_log")
        for (raw,) in db.execute(
            f"SELECT raw FROM {table} WHERE contact_id = ? AND raw IS NOT NULL", (contact_id,)
        )
    ]
    blank_records(db, raws)
    db.execute(
        "UPDATE event_log SET fields = NULL, data = NULL, raw = NULL, ip = NULL, agent_id = NULL "
        "WHERE contact_id = ?",
        (contact_id,),
    )
    db.execute(
        "UPDATE scenario_log SET fields = NULL, data = NULL, raw = NULL WHERE contact_id = ?", (contact_id,)
    )
    db.execute("UPDATE message SET key = '', message_id = NULL WHERE contact_id = ?", (contact_id,))
    db.execute("UPDATE roster SET name = '' WHERE contact_id = ?", (contact_id,))

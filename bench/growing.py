"""Makes a large store out of a smaller one in minutes: its rows again and again, each copy some days later.

Real ingest of ten million rows takes long, and what reading costs depends on what lies there, not on how
it came. Each copy has keys, messages and runs of its own; as many have contacts of their own as bring a
million people together, and then they come again. Rollups move by whole days: `doctor --deep` finds a grown
store as sound as the one it came from.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Mapping
from pathlib import Path

from backend.model import DAY_MS, HOUR_MS

MOST_CONTACTS = 1_000_000
SPREAD = 0x1F123BB5159A55E5
"""Makes the hash of a copy from that of the original, by exclusive or."""

LOGS = ("event_log", "scenario_log")
PEOPLE = {"contact_id": "contact", "identity_id": "identity", "owner_id": "identity"}
OWN_ID = ("event_log", "scenario_log", "message")
HASHES = ("h", "once")
TIMES = ("ts", "received", "until")
"""Beside those that end in _ms."""


def grow(source: Path, target: Path, copies: int) -> None:
    """Writes a store of `copies` times the rows of `source`."""
    shutil.copy(source, target)
    db = sqlite3.connect(target, isolation_level=None)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-1000000", "temp_store=MEMORY"):
        db.execute(f"PRAGMA {pragma}")
    growing = _Growing(db)
    for number in range(1, copies):
        db.execute("BEGIN")
        growing.add_copy(number)
        db.execute("COMMIT")
    db.execute("UPDATE inside SET n = n * ?", (copies,))
    db.execute("UPDATE feed SET records = records * ?, newest_ms = newest_ms + ?", (copies, growing.moved_ms))
    db.execute("PRAGMA journal_mode=WAL")
    db.close()


class _Growing:
    """A store while it grows. What is original in it is told by its ids."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        tables = (*OWN_ID, "contact", "identity")
        self._top = {table: self._value(f"SELECT max(id) FROM {table}") for table in tables}
        self._rows = {"rollup": self._copied_aside("rollup"), "roster": self._copied_aside("roster")}
        span_ms = self._value("SELECT max(ts) - min(ts) FROM event_log")
        self._span_ms = -(-span_ms // DAY_MS) * DAY_MS
        self._sets = max(1, MOST_CONTACTS // self._top["contact"])
        """How many copies have contacts of their own."""
        self.moved_ms = 0
        """How much later the latest copy is."""

    def add_copy(self, number: int) -> None:
        self.moved_ms = number * self._span_ms
        people = number % self._sets
        if number < self._sets:
            self._add_people(people)
        for table in OWN_ID:
            self._copy(table, number, people, {"id": f"id + {number * self._top[table]}"})
        self._copy("roster", number, people, {})
        self._copy("rollup", number, people, {})

    def _add_people(self, people: int) -> None:
        moved = {"id": f"id + {people * self._top['identity']}", "value": f"'{people}-' || value"}
        moved["shown"] = f"'{people}-' || shown"
        self._copy("contact", 0, people, {"id": f"id + {people * self._top['contact']}"})
        self._copy("identity", 0, people, moved)
        more = people * self._top["identity"]
        self._db.execute(
            f"INSERT INTO identity_link SELECT a + {more}, b + {more} FROM identity_link "
            "WHERE max(a, b) <= ?",
            (self._top["identity"],),
        )
        self._db.execute(
            "INSERT INTO identity_fts(rowid, value) SELECT id, value FROM identity WHERE id > ?", (more,)
        )

    def _copy(self, table: str, number: int, people: int, moved: Mapping[str, str]) -> None:
        """Inserts the table's original rows once more, column by column as a later copy has them."""
        source = self._rows.get(table, table)
        columns = [row[1] for row in self._db.execute(f"PRAGMA table_info({table})")]
        values = ", ".join(moved.get(name) or self._value_of(name, number, people) for name in columns)
        original = f" WHERE id <= {self._top[table]} ORDER BY id" if table in self._top else ""
        again = " WHERE true ON CONFLICT DO UPDATE SET n = n + excluded.n" if table == "rollup" else ""
        self._db.execute(f"INSERT INTO {table} SELECT {values} FROM {source}{original}{again}")

    def _value_of(self, column: str, number: int, people: int) -> str:
        if column in PEOPLE:
            return f"{column} + {people * self._top[PEOPLE[column]]}"
        if column == "message_id":
            return (
                f"CASE typeof(message_id) WHEN 'integer' THEN message_id + {number * self._top['message']} "
                + (f"ELSE message_id || '.{number}' END")
            )
        if column == "bucket":
            days = self.moved_ms // DAY_MS
            return f"bucket + CASE grain WHEN 0 THEN {days * DAY_MS // HOUR_MS} ELSE {days} END"
        if column in HASHES:
            bits = number * SPREAD % (1 << 62)
            return f"({column} | {bits}) - ({column} & {bits})"
        if column in TIMES or column.endswith("_ms"):
            return f"{column} + {self.moved_ms}"
        return f"run || '.{number}'" if column == "run" else column

    def _copied_aside(self, table: str) -> str:
        """A copy of a table without ids, so that what is added is told from what was there."""
        self._db.execute(f"CREATE TEMP TABLE first_{table} AS SELECT * FROM {table}")
        return f"temp.first_{table}"

    def _value(self, sql: str) -> int:
        return int(self._db.execute(sql).fetchone()[0] or 0)

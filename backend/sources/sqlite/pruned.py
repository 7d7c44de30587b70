"""From when on a store keeps rows."""

from __future__ import annotations

import sqlite3


def remember_pruned(db: sqlite3.Connection, before_ms: int) -> None:
    """Notes that rows older than this are no longer kept, and not taken again."""
    db.execute(
        "INSERT INTO meta(key, value) VALUES('pruned_before_ms', ?1) ON CONFLICT DO UPDATE SET "
        "value = ?1 WHERE CAST(value AS INT) < ?1",
        (before_ms,),
    )


def pruned_before_ms(db: sqlite3.Connection) -> int:
    """Own time before which rows are no longer kept; far in the past where nothing was pruned."""
    row = db.execute("SELECT value FROM meta WHERE key = 'pruned_before_ms'").fetchone()
    return int(row[0]) if row else -(1 << 62)

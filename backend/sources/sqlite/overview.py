"""What a store holds: its scenarios, campaigns and deliveries, its feeds, its sizes, what was set aside.

Nothing here walks through a log: writers keep the times of newest rows, counts of large tables are estimates
that say so.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from backend.model import (
    FeedStatus,
    Health,
    RejectedCount,
    RejectedRow,
    Subject,
    SubjectKind,
)
from backend.source import Direction
from backend.sources.sqlite.codes import of_code
from backend.sources.sqlite.newest import OF_EVENTS, OF_STEPS
from backend.sources.sqlite.schema import (
    CHANNELS,
    SCHEMA_VERSION,
    RowFlag,
    SubjectCode,
)
from backend.sources.tallies import by_activity

LARGEST_ID = (1 << 63) - 1
COUNTED_EXACTLY = 2_000_000
"""Rows up to which a table is counted row by row: some 10 ms."""


def newest_sql(subject: SubjectCode, log: int) -> str:
    """SQL: own time of the newest counted row of the subject `s` in a log."""
    return (
        f"(SELECT n.ts FROM newest AS n WHERE n.subject = {int(subject)} AND n.subject_id = s.id "
        f"AND n.log = {log})"
    )


CATALOG_SQL = {
    SubjectKind.SCENARIO: (
        "SELECT s.id, s.key, s.name, a.product, a.account, NULL, NULL, "
        f"{newest_sql(SubjectCode.SCENARIO, OF_EVENTS)}, {newest_sql(SubjectCode.SCENARIO, OF_STEPS)}, "
        "(SELECT coalesce(sum(i.n), 0) FROM inside AS i WHERE i.scenario_id = s.id) "
        "FROM scenario AS s CROSS JOIN account AS a ON a.id = s.account_id WHERE s.alias_of IS NULL"
    ),
    SubjectKind.CAMPAIGN: (
        "SELECT s.id, s.key, s.name, a.product, a.account, NULL, NULL, "
        f"{newest_sql(SubjectCode.CAMPAIGN, OF_EVENTS)}, NULL, NULL "
        "FROM campaign AS s CROSS JOIN account AS a ON a.id = s.account_id"
    ),
    SubjectKind.DELIVERY: (
        "SELECT s.id, s.key, s.name, a.product, a.account, s.channel, s.tracking, "
        f"{newest_sql(SubjectCode.DELIVERY, OF_EVENTS)}, NULL, NULL "
        "FROM delivery AS s CROSS JOIN account AS a ON a.id = s.account_id"
    ),
}
FEED_SQL = (
    "SELECT a.product, a.account, w.text, f.records, f.rejected, f.newest_ms, f.last_received_ms "
    "FROM feed AS f CROSS JOIN account AS a ON a.id = f.account_id CROSS JOIN word AS w ON w.id = f.format_id"
)
REJECTED_COUNT_SQL = (
    "SELECT w.text, r.reason, count(*) FROM rejected AS r INDEXED BY rejected_reason "
    "CROSS JOIN word AS w ON w.id = r.format_id GROUP BY r.format_id, r.reason"
)
REJECTED_SQL = (
    "SELECT r.id, r.at_ms, (SELECT w.text FROM word AS w WHERE w.id = r.format_id), r.reason, r.place, "
    "r.size, r.sha256, r.sample FROM rejected AS r WHERE r.id "
)
REJECTED_FROM = {
    Direction.NEWER: "> ? ORDER BY r.id LIMIT ?",
    Direction.OLDER: "< ? ORDER BY r.id DESC LIMIT ?",
}


def read_catalog(connection: sqlite3.Connection, kind: SubjectKind) -> tuple[Subject, ...]:
    """All subjects of a kind: the newest activity first, then by name."""
    rows = connection.execute(CATALOG_SQL[kind]).fetchall()
    return by_activity([_subject(kind, row) for row in rows])


def _subject(kind: SubjectKind, row: Sequence[Any]) -> Subject:
    handle, key, name, product, account, channel, tracking, newest, newest_step, inside = row
    known = [at_ms for at_ms in (newest, newest_step) if at_ms is not None]
    return Subject(
        kind=kind,
        id=handle,
        key=key,
        name=name or key,
        product=product,
        account=account,
        channel=of_code(CHANNELS, channel) if channel else None,
        newest_ms=max(known) if known else None,
        inside=inside,
        tracking=None if tracking is None else bool(tracking),
    )


def read_health(connection: sqlite3.Connection, path: Path, notes: Sequence[str]) -> Health:
    """What the status screen tells."""
    said = list(notes)
    keys = "('pruned_before_ms', 'position:demo')"
    meta = dict(connection.execute(f"SELECT key, value FROM meta WHERE key IN {keys}"))
    sizes = {
        table: _size(connection, table, said) for table in ("event_log", "scenario_log", "contact", "message")
    }
    merged = connection.execute("SELECT count(*) FROM contact WHERE merged_into IS NOT NULL").fetchone()[0]
    feeds = [
        FeedStatus(**dict(zip(FeedStatus.__struct_fields__, row, strict=True)))
        for row in connection.execute(FEED_SQL)
    ]
    return Health(
        source=str(path),
        kind="sqlite",
        schema_version=SCHEMA_VERSION,
        size_bytes=_bytes(path),
        events=sizes["event_log"],
        scenario_rows=sizes["scenario_log"],
        contacts=sizes["contact"] - merged,
        messages=sizes["message"],
        newest_ms=_newest_ms(connection),
        pruned_before_ms=int(meta["pruned_before_ms"]) if "pruned_before_ms" in meta else None,
        skewed=_skewed(connection),
        feeds=tuple(sorted(feeds, key=lambda feed: (feed.product, feed.account, feed.format))),
        rejected=read_rejected_counts(connection),
        notes=tuple(said),
        demo="position:demo" in meta,
    )


def read_rejected_counts(connection: sqlite3.Connection) -> tuple[RejectedCount, ...]:
    """Records set aside by format and reason, most first."""
    counts = [RejectedCount(*row) for row in connection.execute(REJECTED_COUNT_SQL)]
    return tuple(sorted(counts, key=lambda row: (-row.count, row.format, row.reason)))


def read_rejected(
    connection: sqlite3.Connection, after: int, direction: Direction, limit: int
) -> tuple[RejectedRow, ...]:
    """Records set aside, from that id on in a direction; OLDER and 0: from the newest on."""
    fields = RejectedRow.__struct_fields__
    start = after if after or direction is Direction.NEWER else LARGEST_ID
    return tuple(
        RejectedRow(**dict(zip(fields, row, strict=True)))
        for row in connection.execute(REJECTED_SQL + REJECTED_FROM[direction], (start, limit))
    )


def _size(connection: sqlite3.Connection, table: str, notes: list[str]) -> int:
    """Rows of a table; of a large one the span of its ids, which prune and merges make a little too large."""
    low, high = connection.execute(
        f"SELECT (SELECT min(id) FROM {table}), (SELECT max(id) FROM {table})"
    ).fetchone()
    if low is None:
        return 0
    if high - low < COUNTED_EXACTLY:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
    notes.append(f"rows of {table} are about right: too many to count one by one")
    return int(high - low + 1)


def _bytes(path: Path) -> int | None:
    total = 0
    for file in (path, Path(f"{path}-wal")):
        try:
            total += file.stat().st_size
        except OSError:
            continue
    return total or None


def _newest_ms(connection: sqlite3.Connection) -> int | None:
    """Own time of the newest row of both logs that is not ahead of its time."""
    bit = int(RowFlag.SKEW)
    times = [
        row[0]
        for table in ("event_log", "scenario_log")
        for row in connection.execute(
            f"SELECT ts FROM {table} INDEXED BY sqlite_autoindex_{table}_1 WHERE NOT flags & {bit} "
            "ORDER BY ts DESC, h DESC LIMIT 1"
        )
    ]
    return max(times, default=None)


def _skewed(connection: sqlite3.Connection) -> int:
    bit = int(RowFlag.SKEW)
    return sum(
        connection.execute(
            f"SELECT count(*) FROM {prefix}_log INDEXED BY {prefix}_skew WHERE flags & {bit}"
        ).fetchone()[0]
        for prefix in ("event", "scenario")
    )

"""A writer beside what is measured: `python -m bench.flood STORE RATE SECONDS` adds rows to the event log.

They are the newest row again, with a time of now and keys of their own, twenty transactions a second. The
program's own writer would be slower than the fastest rate asked for.
"""

from __future__ import annotations

import sqlite3
import sys
import time

STEP_S = 0.05


def main() -> None:
    path, rate, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    db = sqlite3.connect(path, isolation_level=None, timeout=10)
    columns = [row[1] for row in db.execute("PRAGMA table_info(event_log)") if row[1] != "id"]
    newest = list(
        db.execute(f"SELECT {', '.join(columns)} FROM event_log ORDER BY ts DESC LIMIT 1").fetchone()
    )
    ts, h = columns.index("ts"), columns.index("h")
    newest[ts] = max(newest[ts], time.time_ns() // 1_000_000 - int(seconds * 1000))
    sql = f"INSERT INTO event_log({', '.join(columns)}) VALUES({', '.join('?' * len(columns))})"
    share = max(1, int(rate * STEP_S))
    started_s = time.monotonic()
    for step in range(int(seconds * rate / share)):
        time.sleep(max(0.0, started_s + step * share / rate - time.monotonic()))
        rows = []
        for _ in range(share):
            newest[ts] += step % 2  # no faster than the clock: rows ahead of their time would not be counted
            newest[h] += 1
            rows.append(tuple(newest))
        db.execute("BEGIN IMMEDIATE")
        db.executemany(sql, rows)
        db.execute("COMMIT")


if __name__ == "__main__":
    main()

"""Adobe Campaign's delivery log through the store: each status is one more row, none counts twice."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from backend.ingest.feed_reading import Options
from backend.ingest.ingest import Ingest
from backend.record import Added
from backend.sources.sqlite.writing import Store

NOW_MS = 1_774_000_000_000
HEADER = "Primary key,Status,Last modified,Address,Delivery-id,Delivery,Reason\n"
MORNING = "1,Sent,2026-03-10 08:00:00,a@x.org,77,Sale,\n2,Pending,2026-03-10 08:00:00,b@x.org,77,Sale,\n"
EVENING = "1,Failed,2026-03-13 20:00:00,a@x.org,77,Sale,5\n2,Sent,2026-03-10 08:05:00,b@x.org,77,Sale,\n"


def ingest(store: Store, folder: Path, name: str, rows: str) -> Added:
    path = folder / name
    path.write_text(HEADER + rows)
    return Ingest(store, Options(format="campaign-broadlog")).read([str(path)]).added


def test_another_status_of_a_known_key_is_a_state_and_no_duplicate(tmp_path: Path) -> None:
    database = tmp_path / "my.db"
    with Store(database, create=True, now_ms=lambda: NOW_MS) as store:
        first = ingest(store, tmp_path, "morning.csv", MORNING)
        assert (first.new, first.states, first.known) == (2, 0, 0)
        second = ingest(store, tmp_path, "evening.csv", EVENING)
        assert (second.new, second.states, second.repeats, second.known) == (2, 2, 0, 0)
        again = ingest(store, tmp_path, "again.csv", MORNING + EVENING)
        assert (again.new, again.states, again.known) == (0, 0, 4)
        touched = ingest(store, tmp_path, "touched.csv", "2,Sent,2026-03-11 09:00:00,b@x.org,77,Sale,\n")
        assert (touched.new, touched.states, touched.repeats) == (1, 1, 1)
        assert store.check(deep=True) == []
    db = sqlite3.connect(database)
    try:
        outcomes = db.execute("SELECT key, outcome, class FROM message ORDER BY key").fetchall()
    finally:
        db.close()
    assert outcomes == [("1", 5, 2), ("2", 4, None)]


def test_two_statuses_of_one_key_in_one_file_are_a_state_too(tmp_path: Path) -> None:
    with Store(tmp_path / "my.db", create=True, now_ms=lambda: NOW_MS) as store:
        added = ingest(store, tmp_path, "all.csv", MORNING + EVENING)
    assert (added.new, added.states) == (4, 2)

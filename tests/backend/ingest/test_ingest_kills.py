"""kill -9 of an ingest at any moment, and running it again: exactly the counts of one clean run."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from backend.sources.sqlite.writing import Store

SHORT_KILLS, LONG_KILLS = 5, 10
SEEDS = 100
RECORDS = 6_000
INGEST = """
import sys
import backend.ingest.ingest
backend.ingest.ingest.CHUNK_BYTES, backend.ingest.ingest.BATCH_RECORDS = 20_000, 100
from tui.cli import main
main()
"""


Contents = list[list[tuple[object, ...]]]
"""The rows of each question of `contents`."""


def write_feed(path: Path) -> None:
    """Messages with opens, repeats, a scenario and some junk, one record a line."""
    with path.open("w") as file:
        for n in range(RECORDS // 4):
            who, at = f'"email":"c{n % 400}@example.com"', f"2026-03-{1 + n % 28:02}T{n % 24:02}:{n % 60:02}"
            message = f'"message_id":"m{n}","delivery":"Mail {n % 7}","channel":"email"'
            event = f'{{"v":1,"record":"event",{who},{message}'
            file.write(f'{event},"kind":"sent","created_at":"{at}:00Z"}}\n')
            file.write(f'{event},"kind":"delivered","created_at":"{at}:02Z"}}\n')
            file.write(f'{event},"kind":"opened","created_at":"{at}:{3 + n % 50:02}Z"}}\n')
            file.write(
                f'{{"v":1,"record":"scenario_log",{who},"kind":"{"entered" if n % 3 else "exited"}",'
                f'"date":"{at}:01Z","scenario_name":"Welcome {n % 3}"}}\n'
            )
            if n % 100 == 7:
                file.write("torn line\n")


def ingest(feed: Path, database: Path) -> subprocess.Popen[bytes]:
    arguments = [sys.executable, "-c", INGEST, "ingest", str(feed), "--db", str(database)]
    return subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def rows(database: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=60)) as db:
        return db.execute(sql).fetchall()


def kill_at(process: subprocess.Popen[bytes], database: Path, count: int, chance: random.Random) -> bool:
    """Kill it once so many rows are stored. Answers whether it was killed before it ended by itself."""
    while process.poll() is None:
        try:
            if rows(database, "SELECT count(*) FROM event_log")[0][0] >= count:  # type: ignore[operator]
                time.sleep(chance.random() * 0.02)
                break
        except sqlite3.Error:  # not there yet
            pass
        time.sleep(0.002)
    process.kill()
    return process.wait() == -9


def contents(database: Path) -> Contents:
    """Everything that counts, without the times of receipt."""
    return [
        rows(database, sql)
        for sql in (
            "SELECT ts, h, kind, flags, message_id IS NULL FROM event_log ORDER BY ts, h",
            "SELECT ts, h, kind, flags FROM scenario_log ORDER BY ts, h",
            "SELECT subject, facet, grain, bucket, kind, flags, sum(n) FROM rollup GROUP BY 1, 2, 3, 4, 5, 6",
            "SELECT scenario_id, count(*), sum(entered_ms) FROM roster GROUP BY 1",
            "SELECT h, outcome, sent_ms, open_ms FROM message ORDER BY h",
            "SELECT reason, place, sha256 FROM rejected ORDER BY 2",
            "SELECT records, rejected, newest_ms FROM feed ORDER BY 1",
        )
    ]


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Contents]:
    folder = tmp_path_factory.mktemp("clean")
    write_feed(folder / "feed.ndjson")
    assert ingest(folder / "feed.ndjson", folder / "clean.db").wait() == 0
    return folder / "feed.ndjson", contents(folder / "clean.db")


def check_kills(feed: Path, expected: Contents, database: Path, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    stored = hits = 0
    for left in range(kills, 0, -1):
        stored += chance.randrange(1, max(2, 2 * (RECORDS * 3 // 4 - stored) // (left + 1)))
        hits += kill_at(ingest(feed, database), database, stored, chance)
        if database.exists():
            stored = rows(database, "SELECT count(*) FROM event_log")[0][0]  # type: ignore[assignment]
    assert hits >= kills // 2
    assert ingest(feed, database).wait() == 0
    assert contents(database) == expected
    with Store(database) as store:
        assert store.check(deep=True) == []


def test_killed_and_run_again_counts_like_one_clean_run(clean: tuple[Path, Contents], tmp_path: Path) -> None:
    feed, expected = clean
    check_kills(feed, expected, tmp_path / "killed.db", SHORT_KILLS, seed=1)


@pytest.mark.torture
@pytest.mark.skipif("PARCOURS_TORTURE" not in os.environ, reason="make torture runs it")
@pytest.mark.parametrize("seed", range(SEEDS))
def test_killed_many_times_counts_like_one_clean_run(
    clean: tuple[Path, Contents], tmp_path: Path, seed: int
) -> None:
    """G14: a thousand kills"""
    feed, expected = clean
    check_kills(feed, expected, tmp_path / "killed.db", LONG_KILLS, seed)

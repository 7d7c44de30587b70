"""`parcours tracking` as a person runs it."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from backend.sources.sqlite.writing import Store
from tui.cli.tracking_runs import run_by_schedule

Run = Callable[..., Any]
AGENT = "Mozilla/5.0 (X11; Linux x86_64) Firefox/120.0"


def line(message: int, url: int, second: int, status: int = 302) -> str:
    at = f"20/Nov/2026:10:{second // 60 % 60:02}:{second % 60:02} +0000"
    return f'192.0.2.7 - - [{at}] "GET /r/?id=h{message:x},2aa,{url:x} HTTP/1.1" {status} 0 "-" "{AGENT}"\n'


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.write_text(line(16, 1, 0) + line(16, 2, 9) + line(17, 2, 30) + line(17, 2, 31, status=500))
    return path


@pytest.fixture
def database(run: Run, log: Path, tmp_path: Path) -> str:
    path = str(tmp_path / "my.db")
    assert run("tracking", "run", "--db", path, "--from", str(log)).code == 0
    return path


def test_a_run_tells_what_it_did_and_goes_on_where_it_was(run: Run, log: Path, tmp_path: Path) -> None:
    path = str(tmp_path / "my.db")
    ran = run("tracking", "run", "--db", path, "--from", str(log))
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.splitlines()[0] == (
        "hits read 3, rows written 3, known 0, of links that no list knows, taken for clicks 2, rejected 1"
    )
    assert "1 x the web server answered with an error" in ran.err
    with log.open("a") as file:
        file.write(line(18, 2, 60))
    assert run("tracking", "run", "--db", path, str(log)).err.startswith(
        "hits read 1, rows written 1, known 0"
    )


def test_a_log_that_is_not_there_leaves_no_database(run: Run, tmp_path: Path) -> None:
    ran = run("tracking", "run", "--db", str(tmp_path / "my.db"), "--from", str(tmp_path / "none.log"))
    assert (ran.code, ran.err) == (66, f"parcours: no such file: {tmp_path / 'none.log'}\n")
    assert not (tmp_path / "my.db").exists()
    assert run("tracking", "run", "--db", str(tmp_path / "my.db")).code == 2


def test_runs_are_listed_in_every_format(run: Run, database: str) -> None:
    assert "done" in run(database, "tracking", "runs").out
    told = json.loads(run(database, "tracking", "runs", "--format", "json").out)
    assert (told["workflow"], told["status"], told["read"], told["written"]) == ("tracking", "done", 3, 3)
    head, row = run(database, "tracking", "runs", "--format", "csv").out.splitlines()
    assert head.startswith("started,ended,workflow")
    assert ",done,3,3,1," in row
    assert "access.log: bytes 0 to" in row and "3 hits" in row


def test_a_deliverys_tracking_is_printed_in_every_format(run: Run, database: str) -> None:
    text = run(database, "tracking", "indicators", "--delivery", "682").out
    assert "Recipient clicks" in text
    rows = [
        json.loads(one)
        for one in run(
            database, "tracking", "indicators", "--delivery", "682", "--format", "json"
        ).out.splitlines()
    ]
    told = {"Value": 2, "Of success": None, "Formula": "rows of URL type 1"}
    assert told in [row.get("cells") for row in rows]
    assert "link 2,2,2,1" in run(database, "tracking", "urls", "--delivery", "682", "--format", "csv").out
    assert "ingest" in run(database, "tracking", "clicks", "--delivery", "682").out
    missing = run(database, "tracking", "report", "--delivery", "682", "--tab", "missing").out
    assert "Tracking is enabled in the delivery: passed" in missing
    assert run(database, "tracking", "report", "--delivery", "nobody").code == 1
    assert run(database, "tracking", "report", "--delivery", "682", "--tab", "x").code == 2


def test_the_daemon_runs_at_whole_multiples_and_outlives_a_failed_run(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    waits: list[float] = []
    path = tmp_path / "my.db"

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 1:
            log.rename(tmp_path / "away")
        if len(waits) == 2:
            (tmp_path / "away").rename(log)
        if len(waits) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_by_schedule(
            path, (str(log),), "default", 0, 3_600_000, clock_ms=lambda: 3_600_000 * 7 + 600_000, sleep=sleep
        )
    assert waits == [3000.0] * 3
    with closing(Store(path)) as store:
        assert [one.status for one in store.workflow_runs()][::-1] == ["done", "done"]


def test_runs_that_are_killed_at_any_moment_end_like_one_that_was_not(
    start: Callable[..., Any], run: Run, tmp_path: Path
) -> None:
    log = tmp_path / "access.log"
    log.write_text("".join(line(16 + n % 5_000, 1 + n % 3, n // 30) for n in range(8_000)))
    killed = 0

    def written() -> int:
        return sum(path.stat().st_size for path in tmp_path.glob("my.db*") if path.exists())

    for _ in range(3):
        before = written()
        process = start("tracking", "run", "--db", str(tmp_path / "my.db"), "--from", str(log))
        while process.poll() is None and written() < before + 200_000:
            time.sleep(0.01)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            killed += 1
        process.communicate(timeout=60)
    assert run("tracking", "run", "--db", str(tmp_path / "my.db"), "--from", str(log)).code == 0
    assert run("tracking", "run", "--db", str(tmp_path / "clean.db"), "--from", str(log)).code == 0
    with closing(Store(tmp_path / "my.db")) as mine, closing(Store(tmp_path / "clean.db")) as clean:
        question = "SELECT ts, h, kind, flags FROM event_log ORDER BY ts, h"
        assert mine._db.execute(question).fetchall() == clean._db.execute(question).fetchall()
        runs = [one.status for one in mine.workflow_runs()]
    assert runs.count("failed") <= killed
    assert runs[0] == "done"

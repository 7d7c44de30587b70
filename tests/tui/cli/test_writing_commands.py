"""The commands that write: ingest, prune, forget; what they say and what they leave behind."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FEED = Path(__file__).parent / "feed.ndjson"
Run = Callable[..., Any]
"""Answers code, out and err."""
Start = Callable[..., "subprocess.Popen[bytes]"]


def test_ingest_tells_what_it_did_on_stderr_only(run: Run, tmp_path: Path) -> None:
    ran = run("ingest", str(FEED), "--db", str(tmp_path / "my.db"))
    assert (ran.code, ran.out) == (0, "")
    first, counts, reason, hint = ran.err.splitlines()
    assert first == f"{FEED}: parcours"
    assert counts == "read 9, new 8, repeated 0, known 1, set aside 1"
    assert reason == "  1 x not a JSON object"
    assert hint == f"see them with: parcours rejected --db {tmp_path / 'my.db'}"


def test_ingest_reads_standard_input(start: Start, run: Run, tmp_path: Path) -> None:
    with FEED.open("rb") as feed:
        process = start("ingest", "-", "--db", str(tmp_path / "my.db"), stdin=feed.fileno())
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert b"standard input: parcours" in err
    assert len(run(str(tmp_path / "my.db"), "logs", "event").out.splitlines()) == 5


def test_list_formats_names_them_all(run: Run) -> None:
    from backend.feeds import MODULES

    ran = run("ingest", "--list-formats")
    assert ran.code == 0
    assert [name for name in MODULES if f"{name} " not in ran.out] == []


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (None, 66, "no such file"),
        (b"", 65, "is an empty file"),
        (b"hello world\n", 65, "not a feed"),
        (b"SQLite format 3\0" + b"\0" * 99, 65, "is a database, not a feed"),
    ],
)
def test_what_is_no_feed_leaves_no_database(
    run: Run, tmp_path: Path, content: bytes | None, code: int, said: str
) -> None:
    path = tmp_path / "feed.json"
    if content is not None:
        path.write_bytes(content)
    ran = run("ingest", str(path), "--db", str(tmp_path / "my.db"))
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert not (tmp_path / "my.db").exists()


def test_one_bad_file_among_several_is_told_and_the_rest_is_read(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_bytes(b"hello\n")
    ran = run("ingest", str(tmp_path / "bad.json"), str(FEED), "--db", str(tmp_path / "my.db"))
    assert ran.code == 65
    assert "bad.json: not a feed" in ran.err
    assert "read 9, new 8" in ran.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "name at least one FEED"),
        ([str(FEED)], 2, "no SOURCE given"),
        ([str(FEED), "--db", "./x.db", "--tz", "Mars/Base"], 2, 'no time zone "Mars/Base"'),
        ([str(FEED), "--db", "./x.db", "--format", "fax"], 2, 'no feed format is called "fax"'),
        ([str(FEED), "--db", "./x.db", "--raw", "some"], 2, "'some'"),
        ([str(FEED), "--db", "./x.db", "--columns", "./absent.toml"], 66, "no such file"),
        ([str(FEED), "--db", "https://example.org/"], 2, "needs a database file"),
        ([str(FEED), "--db", "./absent/x.db"], 73, ""),
        ([str(FEED), "--db", "./folder.d"], 66, ""),
    ],
)
def test_a_wrong_line_writes_nothing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.d").mkdir()
    before = sorted(tmp_path.rglob("*"))
    ran = run("ingest", *arguments)
    assert (ran.code, ran.out) == (code, ""), ran.err
    assert said in ran.err
    assert "Traceback" not in ran.err
    assert sorted(tmp_path.rglob("*")) == before


def test_columns_rename_what_a_csv_calls_otherwise(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "Art;Was;Wann;Adresse\nevent;sent;2026-03-10T12:00:00Z;ada@example.com\n", encoding="utf-8"
    )
    (tmp_path / "columns.toml").write_text(
        'Art = "record"\nWas = "kind"\nWann = "created_at"\nAdresse = "email"\n'
    )
    ran = run(
        *("ingest", str(tmp_path / "a.csv"), "--db", str(tmp_path / "my.db")),
        *("--format", "parcours-csv", "--columns", str(tmp_path / "columns.toml")),
    )
    assert ran.code == 0
    assert "new 1" in ran.err


def test_tz_says_what_a_time_without_a_zone_means(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_text(
        '{"v":1,"record":"event","kind":"sent","created_at":"2026-03-10T12:00:00","email":"a@example.com"}\n'
    )
    db = str(tmp_path / "my.db")
    assert run("ingest", str(tmp_path / "a.ndjson"), "--db", db, "--tz", "Europe/Paris").code == 0
    ran = run(db, "logs", "event", "--format", "json")
    assert json.loads(ran.out)["created_at"] == "2026-03-10T11:00:00.000Z"


def test_raw_none_keeps_no_record(run: Run, tmp_path: Path) -> None:
    db = str(tmp_path / "my.db")
    run("ingest", str(FEED), "--db", db, "--raw", "none")
    ran = run(db, "logs", "event", "--format", "raw")
    assert ran.out == ""
    assert "its record was not kept" in ran.err


def test_follow_brings_rows_as_they_are_written(start: Start, tmp_path: Path) -> None:
    feed, db = tmp_path / "live.ndjson", tmp_path / "my.db"
    shutil.copy(FEED, feed)
    ingest = start("ingest", str(feed), "--follow", "--db", str(db))
    while not db.exists():
        assert ingest.poll() is None
    tail = start(str(db), "logs", "event", "--follow", "--format", "json")
    assert tail.stdout is not None
    for _ in range(5):
        tail.stdout.readline()
    with feed.open("ab") as file:
        file.write(
            b'{"v":1,"record":"event","kind":"opened","created_at":"2026-03-10T12:05:00Z",'
            b'"email":"ada@example.com","message_id":"m1"}\n'
        )
    assert json.loads(tail.stdout.readline())["kind"] == "opened"
    for process, code in ((tail, 143), (ingest, 143)):
        process.terminate()
        _, err = process.communicate(timeout=60)
        assert process.returncode == code, err


def test_a_pipe_gets_every_row_of_a_flood(start: Start, tmp_path: Path) -> None:
    db, many = tmp_path / "my.db", tmp_path / "many.ndjson"
    start("ingest", str(FEED), "--db", str(db)).communicate(timeout=60)
    tail = start(
        str(db), "logs", "event", "--follow", "--filter", "kind:sent", "--limit", "1", "--format", "json"
    )
    row = (
        '{"record":"event","kind":"sent","created_at":"2026-03-11T12:00:%02d.%03dZ","email":"a@b.example"}\n'
    )
    known = row.replace("sent", "clicked") % (1, 1)
    many.write_text(known + "".join(row % divmod(number, 1_000) for number in range(2_500)) + known)
    assert tail.stdout is not None
    before = json.loads(tail.stdout.readline())  # it follows from here on
    start("ingest", str(many), "--db", str(db)).communicate(timeout=60)
    times = [json.loads(tail.stdout.readline())["created_at"] for _ in range(2_500)]
    assert len(set(times)) == 2_500 and before["created_at"] not in times
    tail.terminate()
    assert (tail.communicate(timeout=60)[1], tail.returncode) == (b"", 143)


def test_prune_removes_whole_days(run: Run, tmp_path: Path) -> None:
    db = str(tmp_path / "my.db")
    run("ingest", str(FEED), "--db", db)
    ran = run("prune", "--keep", "30d", "--db", db)
    assert ran.code == 0
    assert ran.err.startswith("removed 7 rows from before ")  # the entry of who is inside stays
    assert run(db, "logs", "event").code == 1
    for wrong in ("1h", "soon", "2026-03-10"):
        assert run("prune", "--keep", wrong, "--db", db).code == 2
    assert run("prune", "--keep", "30d", "--db", str(tmp_path / "absent.db")).code == 66


def test_forget_asks_and_then_leaves_no_name(run: Run, tmp_path: Path) -> None:
    db = str(tmp_path / "my.db")
    run("ingest", str(FEED), "--db", db)
    refused = run("forget", "ada@example.com", "--db", db)
    assert refused.code == 1
    assert "nothing was removed" in refused.err
    assert run("forget", "ada@example.com", "--db", db, "--yes").code == 0
    assert run("trace", "ada@example.com", "-s", db).code == 1
    assert "ada@example.com" not in run(db, "logs", "event").out
    assert run("forget", "nobody@example.com", "--db", db, "--yes").code == 1


def test_doctor_deep_finds_nothing_wrong_after_all_that(run: Run, tmp_path: Path) -> None:
    db = str(tmp_path / "my.db")
    run("ingest", str(FEED), "--db", db)
    ran = run("doctor", "--deep", "-s", db)
    assert "critical" not in ran.out
    assert ran.code == 1

"""The store through its public door: what it keeps, refuses, forgets and survives."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from backend.errors import (
    CannotWrite,
    NoSuchSource,
    NothingFound,
    SchemaMismatch,
    SourceUnavailable,
    WriteFailed,
)
from backend.model import DAY_MS, HOUR_MS, Channel, EventKind, LogName, StepKind
from backend.query.language import parse
from backend.record import Decoded, DeliveryRecord, Event, Identity, Record, Ref, Rejected, ScenarioRow
from backend.sources.sqlite.rawblocks import read_raw
from backend.sources.sqlite.reading import SqliteSource
from backend.sources.sqlite.schema import MIGRATIONS, SCHEMA_VERSION
from backend.sources.sqlite.writing import Store

NOW_MS = 1_760_000_000_000 // DAY_MS * DAY_MS + 12 * HOUR_MS


def event(
    key: str, at_ms: int = NOW_MS - HOUR_MS, kind: EventKind = EventKind.DELIVERED, **more: object
) -> Event:
    made = Event(
        product="brevo",
        account="main",
        key=(key,),
        at_ms=at_ms,
        kind=kind,
        type=str(kind),
        channel=Channel.EMAIL,
        identities=(Identity("email", "ana@shop.example"),),
        message="m-" + key,
        delivery=Ref("7"),
    )
    return msgspec.structs.replace(made, **more)


def pieces(*records: Record) -> list[Decoded]:
    return [
        Decoded(format="brevo-webhook", raw=repr(i).encode(), records=(r,)) for i, r in enumerate(records)
    ]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "my.db"


def ask(path: Path, sql: str, *values: object) -> list[tuple[object, ...]]:
    db = sqlite3.connect(path)
    try:
        return db.execute(sql, values).fetchall()
    finally:
        db.close()


def counted(path: Path, kind: EventKind) -> int:
    code = list(EventKind).index(kind) + 1
    sql = "SELECT coalesce(sum(n), 0) FROM rollup WHERE subject = 0 AND facet = 0 AND grain = 0 AND kind = ?"
    found = ask(path, sql, code)[0][0]
    assert isinstance(found, int)
    return found


def test_the_same_batch_again_changes_nothing(path: Path) -> None:
    """R10"""
    with Store(path, create=True, now_ms=lambda: NOW_MS) as store:
        first = store.add(pieces(event("a"), event("b")))
        again = store.add(pieces(event("a"), event("b"), event("b")))
    assert (first.read, first.new, first.known) == (2, 2, 0)
    assert (again.read, again.new, again.known) == (3, 0, 3)
    assert counted(path, EventKind.DELIVERED) == 2


def test_another_zone_finds_the_same_row_again(path: Path) -> None:
    """R09: time enters a key as its raw text, so a feed read under another --tz changes no count."""
    raw_as_utc = NOW_MS - 5 * HOUR_MS
    with Store(path, create=True, now_ms=lambda: NOW_MS) as store:
        store.add(pieces(event("a", raw_as_utc, key_ms=raw_as_utc)))
        again = store.add(pieces(event("a", raw_as_utc - 2 * HOUR_MS, key_ms=raw_as_utc)))
    assert (again.new, again.known) == (0, 1)


def test_a_row_ahead_of_its_time_is_counted_once_its_time_has_come(path: Path) -> None:
    """R02"""
    ahead = NOW_MS + 6 * 60_000
    with Store(path, create=True, now_ms=lambda: NOW_MS) as store:
        added = store.add(pieces(event("a", ahead), event("b", NOW_MS + 4 * 60_000)))
        assert added.skewed == 1
        assert store.check(deep=True) == []
    assert counted(path, EventKind.DELIVERED) == 1
    with Store(path, now_ms=lambda: ahead) as store:
        store.add([])
        assert store.check(deep=True) == []
    assert counted(path, EventKind.DELIVERED) == 2


def test_rejected_pieces_keep_reason_size_and_a_sample(path: Path) -> None:
    big = b"x" * 100_000
    with Store(path, create=True, now_ms=lambda: NOW_MS) as store:
        pieces_aside = [Rejected(raw=big, reason="not JSON", place="f.json:3")]
        store.add([], pieces_aside, format="brevo-webhook", product="brevo")
        store.add([], pieces_aside, format="brevo-webhook", product="brevo")
    rows = ask(path, "SELECT reason, place, size, length(sample) FROM rejected")
    assert rows == [("not JSON", "f.json:3", 100_000, 65_536)]
    assert ask(path, "SELECT rejected FROM feed") == [(1,)]


def test_raw_records_come_back_unless_they_are_not_to_be_kept(path: Path, tmp_path: Path) -> None:
    with Store(path, create=True, now_ms=lambda: NOW_MS) as store:
        store.add(pieces(event("a"), event("b")))
    db = sqlite3.connect(path)
    raws = [read_raw(db, raw) for (raw,) in db.execute("SELECT raw FROM event_log ORDER BY id")]
    db.close()
    assert raws == [b"0", b"1"]
    other = tmp_path / "other.db"
    with Store(other, create=True, now_ms=lambda: NOW_MS, keep_raw=False) as store:
        store.add(pieces(event("a")))
    assert ask(other, "SELECT raw FROM event_log") == [(None,)]


def test_positions_are_stored_with_the_rows(path: Path) -> None:
    with Store(path, create=True) as store:
        store.add(pieces(event("a")), positions={"feed.json": "120"})
    with Store(path) as store:
        assert store.position("feed.json") == "120"
        assert store.position("other") is None


def test_a_failing_batch_leaves_nothing_behind(path: Path) -> None:
    with Store(path, create=True, now_ms=lambda: NOW_MS) as store:
        store.add(pieces(event("a")))
        broken = event("b", delivery=Ref("8"), fields={"x": object()})
        with pytest.raises(TypeError):
            store.add(pieces(event("c", delivery=Ref("9")), broken))
        store.add(pieces(event("c", delivery=Ref("9"))))
        assert store.check(deep=True) == []
    assert ask(path, "SELECT count(*) FROM event_log") == [(2,)]


# --- keeping and forgetting --------------------------------------------------------------------------------


def test_prune_keeps_day_counts_and_takes_no_old_row_again(path: Path) -> None:
    old, new = NOW_MS - 10 * DAY_MS, NOW_MS - HOUR_MS
    with Store(path, create=True, now_ms=lambda: NOW_MS) as store:
        store.add(pieces(event("old", old), event("new", new)))
        assert store.prune(NOW_MS - 5 * DAY_MS) == 1
        again = store.add(pieces(event("old", old)))
        assert (again.older_than_archive, again.new) == (1, 0)
        assert store.check(deep=True) == []
    assert ask(path, "SELECT count(*) FROM event_log") == [(1,)]
    days = ask(path, "SELECT sum(n) FROM rollup WHERE subject = 0 AND grain = 1 AND kind = 5")
    assert days == [(2,)]


def test_prune_keeps_the_rows_of_contacts_that_are_still_inside(path: Path) -> None:
    entry = ScenarioRow(
        product="brevo",
        account="main",
        key=("e",),
        at_ms=NOW_MS - 30 * DAY_MS,
        kind=StepKind.ENTERED,
        type="start",
        scenario=Ref("Welcome"),
        identities=(Identity("email", "ana@shop.example"),),
    )
    with Store(path, create=True, now_ms=lambda: NOW_MS) as store:
        store.add(pieces(entry))
        assert store.prune(NOW_MS) == 0
    assert ask(path, "SELECT count(*) FROM scenario_log") == [(1,)]


async def test_bars_over_a_time_that_was_pruned_say_so(path: Path) -> None:
    with Store(path, create=True, now_ms=lambda: NOW_MS) as store:
        store.add(pieces(event("old", NOW_MS - 10 * DAY_MS), event("new", NOW_MS - HOUR_MS)))
        store.prune(NOW_MS - 5 * DAY_MS)
    source = await SqliteSource.open(path, now_ms=lambda: NOW_MS)
    whole = await source.histogram(LogName.EVENT, parse("since:20d", now_ms=NOW_MS), 10)
    kept = await source.histogram(LogName.EVENT, parse("since:1d", now_ms=NOW_MS), 10)
    await source.close()
    assert [sum(bar.total for bar in found.bars) for found in (whole, kept)] == [1, 1]
    assert whole.pruned_before_ms == (NOW_MS - 5 * DAY_MS) // DAY_MS * DAY_MS
    assert (kept.pruned_before_ms, whole.counted_from_ms) == (None, None)


def test_a_message_that_lost_rows_does_not_count_their_facts_again(path: Path) -> None:
    """An open after pruning is no first open when the first one was pruned."""
    with Store(path, create=True, now_ms=lambda: NOW_MS) as store:
        opened = {"message": "m", "kind": EventKind.OPENED}
        store.add(pieces(event("first", NOW_MS - 10 * DAY_MS, **opened)))
        store.prune(NOW_MS - 5 * DAY_MS)
        store.add(pieces(event("second", NOW_MS - HOUR_MS, **opened)))
    assert ask(path, "SELECT flags FROM event_log") == [(0,)]
    assert counted(path, EventKind.TARGETED) == 0


def test_a_forgotten_contact_leaves_no_trace_but_counts(path: Path) -> None:
    secret = "ana.secret@shop.example"
    person = (Identity("email", secret), Identity("phone", "+33600000042"))
    made = event("a", identities=person, fields={"to": secret}, url=f"https://x.example/?u={secret}")
    with Store(path, create=True, now_ms=lambda: NOW_MS) as store:
        store.add([Decoded(format="f", raw=secret.encode(), records=(made,))])
        store.add([], [Rejected(raw=b"bad " + secret.encode(), reason="bad")], format="f", product="brevo")
        contact = ask(path, "SELECT contact_id FROM event_log")[0][0]
        assert isinstance(contact, int)
        store.forget(contact)
        again = store.add(pieces(event("b", identities=person)))
        assert again.new == 1
        assert store.check(deep=True) == []
        with pytest.raises(NothingFound):
            store.forget(999)
    assert ask(path, "SELECT DISTINCT contact_id FROM event_log") == [(contact,)]
    assert counted(path, EventKind.DELIVERED) == 2
    everything = b"".join(p.read_bytes() for p in path.parent.iterdir())
    assert secret.encode() not in everything
    assert b"33600000042" not in everything


# --- opening -----------------------------------------------------------------------------------------------


def test_a_missing_store_is_not_made_by_accident(path: Path) -> None:
    with pytest.raises(NoSuchSource, match="no such file"):
        Store(path)
    assert not path.exists()


def test_a_new_store_is_readable_by_its_owner_only(path: Path) -> None:
    Store(path, create=True).close()
    assert path.stat().st_mode & 0o777 == 0o600


def make_foreign(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE t(x)")
    db.close()


@pytest.mark.parametrize(
    ("prepare", "error", "says"),
    [
        (lambda p: p.mkdir(), NoSuchSource, "is not a file"),
        (lambda p: p.write_text("hello, this is text"), SchemaMismatch, "not a SQLite database"),
        (lambda p: p.write_text("hi"), SchemaMismatch, "not a SQLite database"),
        (lambda p: make_foreign(p), SchemaMismatch, "another program"),
    ],
)
def test_what_is_no_store_is_refused_and_left_alone(
    path: Path, prepare: Callable[[Path], object], error: type[Exception], says: str
) -> None:
    prepare(path)
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(error, match=says):
        Store(path, create=True)
    assert (path.read_bytes() if path.is_file() else b"") == before


def test_a_newer_schema_is_refused(path: Path) -> None:
    Store(path, create=True).close()
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    db.close()
    with pytest.raises(SchemaMismatch, match="upgrade parcours"):
        Store(path)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CannotWrite, match="no such folder"):
        Store(tmp_path / "no" / "my.db", create=True)


def test_a_full_disk_is_said_and_stores_nothing(path: Path) -> None:
    with Store(path, create=True, now_ms=lambda: NOW_MS) as store:
        store.add(pieces(event("a")))
        pages = store._db.execute("PRAGMA page_count").fetchone()[0]
        store._db.execute(f"PRAGMA max_page_count = {pages}")
        many = [event(str(n), fields={"x": "y" * 500}) for n in range(3000)]
        with pytest.raises(WriteFailed, match="disk is full"):
            store.add(pieces(*many))
    assert ask(path, "SELECT count(*) FROM event_log") == [(1,)]


def test_a_locked_store_says_busy(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.sources.sqlite.migrating.BUSY_TIMEOUT_S", 0.05)
    Store(path, create=True).close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with Store(path) as store, pytest.raises(SourceUnavailable, match="busy"):
        store.add(pieces(event("a")))
    other.close()


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_store import NOW_MS, event, pieces
from backend.sources.sqlite.writing import Store
store = Store(Path(sys.argv[1]), create=True, now_ms=lambda: NOW_MS)
for n in range(100000):
    store.add(pieces(event(f"k{n}"), event(f"l{n}", NOW_MS - n)))
    print(n, flush=True)
"""


@pytest.mark.parametrize("acknowledged", [1, 7, 20])
def test_an_acknowledged_batch_survives_kill_9(path: Path, acknowledged: int) -> None:
    here = str(Path(__file__).parent)
    child = subprocess.Popen([sys.executable, "-c", WRITER, str(path), here], stdout=subprocess.PIPE)
    assert child.stdout is not None
    for _ in range(acknowledged):
        child.stdout.readline()
    os.kill(child.pid, signal.SIGKILL)
    done = len(child.stdout.read().splitlines()) + acknowledged
    child.wait()
    child.stdout.close()
    with Store(path, now_ms=lambda: NOW_MS) as store:
        assert store.check(deep=True) == []
    rows = ask(path, "SELECT count(*) FROM event_log")[0][0]
    assert rows in (2 * done, 2 * done + 2)


def test_an_older_schema_is_brought_forward_by_a_writer_after_a_backup(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store(path, create=True, now_ms=lambda: NOW_MS) as store:
        store.add(pieces(event("a")))
    migrating = "backend.sources.sqlite.migrating"
    monkeypatch.setattr(f"{migrating}.SCHEMA_VERSION", SCHEMA_VERSION + 1)
    monkeypatch.setattr(f"{migrating}.MIGRATIONS", (*MIGRATIONS, "CREATE TABLE later(x INT) STRICT;"))
    Store(path).close()
    assert ask(path, "PRAGMA user_version") == [(SCHEMA_VERSION + 1,)]
    assert ask(path, "SELECT count(*) FROM later") == [(0,)]
    backup = path.with_name(f"my.db.schema-{SCHEMA_VERSION}.backup")
    assert ask(backup, "SELECT count(*) FROM event_log") == [(1,)]
    assert backup.stat().st_mode & 0o777 == 0o600
    assert not path.with_name("my.db.lock").exists()


def step(kind: StepKind, contact: str, at_ms: int) -> ScenarioRow:
    return ScenarioRow(
        product="own",
        account="main",
        key=(kind, contact, str(at_ms)),
        at_ms=at_ms,
        kind=kind,
        type=str(kind),
        identities=(Identity("email", f"{contact}@shop.example"),),
        scenario=Ref("5"),
    )


def test_a_store_of_version_1_counts_the_same_as_one_of_version_2(path: Path) -> None:
    with Store(path, create=True, now_ms=lambda: NOW_MS) as store:
        store.add(pieces(event("a"), event("b", NOW_MS - HOUR_MS), event("c", NOW_MS + DAY_MS)))
        store.add(pieces(step(StepKind.ENTERED, "a", NOW_MS - 5), step(StepKind.EXITED, "a", NOW_MS - 2)))
    kept = ask(path, "SELECT * FROM newest")
    assert {place[2] for place in kept} == {0, 1}
    with sqlite3.connect(path) as old:
        old.execute("DROP TABLE newest")
        old.execute("PRAGMA user_version = 1")
    old.close()
    with Store(path, now_ms=lambda: NOW_MS) as store:
        assert store.check(deep=True) == []
    assert ask(path, "SELECT * FROM newest") == kept
    assert ask(path.with_name("my.db.schema-1.backup"), "PRAGMA user_version") == [(1,)]


def test_the_newest_row_of_a_subject_is_known_when_rows_go(path: Path) -> None:
    old_ms = NOW_MS - 3 * DAY_MS
    with Store(path, create=True, now_ms=lambda: NOW_MS) as store:
        store.add(pieces(event("a", old_ms), event("b", NOW_MS)))
        store.add(pieces(step(StepKind.ENTERED, "gone", old_ms), step(StepKind.EXITED, "gone", old_ms + 1)))
        store.add(pieces(step(StepKind.ENTERED, "inside", old_ms)))
        assert ask(path, "SELECT ts FROM newest ORDER BY log") == [(NOW_MS,), (old_ms + 1,)]
        store.prune(NOW_MS - DAY_MS)
        assert store.check(deep=True) == []
        assert ask(path, "SELECT ts FROM newest ORDER BY log") == [(NOW_MS,), (old_ms,)]
        store.prune(NOW_MS + 2 * DAY_MS)
        assert store.check(deep=True) == []
        assert ask(path, "SELECT ts FROM newest") == [(old_ms,)]


def test_a_deep_check_tells_of_a_newest_time_that_is_not(path: Path) -> None:
    with Store(path, create=True, now_ms=lambda: NOW_MS) as store:
        store.add(pieces(event("a")))
    with sqlite3.connect(path) as db:
        db.execute("UPDATE newest SET ts = ts + 1")
    db.close()
    with Store(path, now_ms=lambda: NOW_MS) as store:
        assert store.check(deep=True) == ["the time of the newest row is wrong for 1 of the subjects"]


def test_a_migration_that_fails_leaves_the_store_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Store(path, create=True).close()
    migrating = "backend.sources.sqlite.migrating"
    monkeypatch.setattr(f"{migrating}.SCHEMA_VERSION", SCHEMA_VERSION + 1)
    broken = "CREATE TABLE later(x INT) STRICT; CREATE TABLE later(x INT) STRICT;"
    monkeypatch.setattr(f"{migrating}.MIGRATIONS", (*MIGRATIONS, broken))
    with pytest.raises(sqlite3.OperationalError):
        Store(path)
    assert ask(path, "PRAGMA user_version") == [(SCHEMA_VERSION,)]
    assert ask(path, "SELECT count(*) FROM sqlite_schema WHERE name = 'later'") == [(0,)]


def test_two_writers_share_one_file(path: Path) -> None:
    """Each batch sees what the other has stored: a message of two writers is settled as one."""
    with (
        Store(path, create=True, now_ms=lambda: NOW_MS) as one,
        Store(path, now_ms=lambda: NOW_MS) as two,
    ):
        opened = {"kind": EventKind.OPENED, "message": "m"}
        one.add(pieces(event("a", NOW_MS - 2000, **opened)))
        two.add(pieces(event("b", NOW_MS - 9000, delivery=Ref("8"), **opened)))
        one.add(pieces(event("c", NOW_MS - 5000, delivery=Ref("8"), **opened)))
        assert one.check(deep=True) == []
    firsts = ask(path, "SELECT count(*) FROM event_log WHERE flags & 32")
    assert firsts == [(1,)]


def test_a_writer_notices_what_another_writer_defined(path: Path) -> None:
    join = DeliveryRecord(product="brevo", account="main", delivery=Ref("8"), campaign=Ref("sale"))
    with (
        Store(path, create=True, now_ms=lambda: NOW_MS) as one,
        Store(path, now_ms=lambda: NOW_MS) as two,
    ):
        one.add(pieces(event("a", delivery=Ref("8"))))
        two.add(pieces(join))
        one.add(pieces(event("b", delivery=Ref("8"))))
        assert one.check(deep=True) == []
    assert ask(path, "SELECT count(*) FROM event_log WHERE campaign_id IS NULL") == [(0,)]

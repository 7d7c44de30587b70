"""Opening a file that may be anything: a clear error of ours, the file untouched, nothing created."""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from backend.errors import (
    NoSuchSource,
    QueryTimedOut,
    SchemaMismatch,
    SourceDamaged,
    SourceError,
    SourceUnavailable,
    UsageError,
)
from backend.model import EventKind, LogName, SubjectKind
from backend.open import open_source, resolve_name
from backend.query.language import ROSTER, parse
from backend.record import Decoded, Event, Identity, Ref
from backend.sources.sqlite.opening import open_reader
from backend.sources.sqlite.pool import Readers
from backend.sources.sqlite.reading import SqliteSource
from backend.sources.sqlite.writing import Store

NOW_MS = 1_773_144_000_000


def build(path: Path, count: int = 200, who: str = "ann") -> Path:
    records = [
        Event(
            product="brevo",
            account="main",
            key=(str(number),),
            at_ms=NOW_MS - number * 1_000,
            kind=EventKind.DELIVERED,
            type="delivered",
            identities=(Identity("email", f"{who}{number % 7}@example.com"),),
            delivery=Ref("7", name="Mail"),
            reason=f"reason {number}",
        )
        for number in range(count)
    ]
    with Store(path, create=True, now_ms=lambda: NOW_MS) as store:
        store.add([Decoded(format="made", raw=b"raw", records=(record,)) for record in records])
    return path


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return build(tmp_path_factory.mktemp("sound") / "my.db").read_bytes()


@pytest.fixture
def path(tmp_path: Path, sound: bytes) -> Path:
    file = tmp_path / "my.db"
    file.write_bytes(sound)
    return file


def rewrite(path: Path, *statements: str) -> None:
    with sqlite3.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def fake_view(path: Path) -> None:
    rewrite(
        path,
        "PRAGMA writable_schema=1",
        "DROP TABLE url",
        "CREATE VIEW url AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c",
    )


SPOILT: list[tuple[str, Callable[[Path], object], type[SourceError], str]] = [
    ("missing", Path.unlink, NoSuchSource, "no such file"),
    ("folder", lambda path: (path.unlink(), path.mkdir()), NoSuchSource, "folder"),
    ("pipe", lambda path: (path.unlink(), os.mkfifo(path)), NoSuchSource, "regular"),
    ("empty", lambda path: path.write_bytes(b""), SchemaMismatch, "empty file"),
    ("text", lambda path: path.write_text("Hello, this is not a database\n" * 99), SchemaMismatch, "SQLite"),
    ("random", lambda path: path.write_bytes(random.Random(1).randbytes(9_000)), SchemaMismatch, "SQLite"),
    ("short", lambda path: path.write_bytes(b"SQLite format 3\0"), SchemaMismatch, "SQLite"),
    ("no store", lambda path: (path.unlink(), rewrite(path, "CREATE TABLE t(x)")), SchemaMismatch, "another"),
    ("newer", lambda path: rewrite(path, "PRAGMA user_version=99"), SchemaMismatch, "upgrade parcours"),
    ("older", lambda path: rewrite(path, "PRAGMA user_version=0"), SchemaMismatch, "older schema"),
    ("table gone", lambda path: rewrite(path, "DROP TABLE feed"), SchemaMismatch, "feed"),
    ("a view", fake_view, SchemaMismatch, "url"),
]


@pytest.mark.parametrize(
    ("spoil", "error", "said"), [case[1:] for case in SPOILT], ids=[c[0] for c in SPOILT]
)
async def test_what_is_no_store_is_refused_in_one_line(
    path: Path, spoil: Callable[[Path], object], error: type[SourceError], said: str
) -> None:
    spoil(path)
    before = sorted(path.parent.iterdir())
    with pytest.raises(error, match=said) as caught:
        await SqliteSource.open(path)
    assert "\n" not in str(caught.value)
    left = sorted(file for file in path.parent.iterdir() if not file.name.endswith(("-wal", "-shm")))
    assert left == before, "a reader creates no file but SQLite's own beside a database"


async def test_odd_names_open_that_file_and_no_other(tmp_path: Path, sound: bytes) -> None:
    for name in ("a?mode=rwc", "100%41.db", "#x", "ü ñ.db", "file:x"):
        file = tmp_path / name
        with pytest.raises(NoSuchSource):
            await SqliteSource.open(file)
        file.write_bytes(sound)
        source = await SqliteSource.open(file)
        assert (await source.health()).events == 200
        await source.close()
    assert {file.name.removesuffix("-shm").removesuffix("-wal") for file in tmp_path.iterdir()} == {
        *("a?mode=rwc", "100%41.db", "#x", "ü ñ.db", "file:x")
    }


async def ask_everything(source: SqliteSource) -> None:
    for log in LogName:
        query = parse("", now_ms=NOW_MS, log=log)
        await source.log(log, query)
        await source.histogram(log, query, 9)
        await source.top_values(log, query, "contact")
        await source.log(log, parse("reason", now_ms=NOW_MS, log=log))
    for kind in SubjectKind:
        await source.catalog(kind)
    await source.roster(parse("", now_ms=NOW_MS, log=ROSTER))
    await source.find_contacts("ann")
    await source.trace(1)
    await source.rejected()
    await source.raw(LogName.EVENT, 1)
    await source.health()


@pytest.mark.parametrize("seed", range(40))
async def test_a_damaged_file_never_ends_in_anything_but_an_error_of_ours(path: Path, seed: int) -> None:
    chance = random.Random(seed)
    content = bytearray(path.read_bytes())
    if seed % 4 == 0:
        del content[chance.randrange(100, len(content)) :]
    elif seed % 4 == 1:
        page = chance.randrange(1, len(content) // 8_192)
        content[page * 8_192 : (page + 1) * 8_192] = bytes(8_192)
    else:
        for _ in range(chance.choice((1, 50))):
            content[chance.randrange(100, len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    try:
        source = await SqliteSource.open(path, now_ms=lambda: NOW_MS)
    except SourceError:
        return
    try:
        await ask_everything(source)
    except SourceError as error:
        assert "\n" not in str(error)
    finally:
        await source.close()
    assert hashlib.sha256(path.read_bytes()).hexdigest() == digest


async def test_zeroed_pages_are_told_by_the_background_check(path: Path) -> None:
    connection = sqlite3.connect(path)
    (page,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'event_kind'").fetchone()
    connection.close()
    content = bytearray(path.read_bytes())
    content[(page - 1) * 8_192 : page * 8_192] = bytes(8_192)
    path.write_bytes(content)
    source = await SqliteSource.open(path)
    await source.health()
    for _ in range(6_000):
        notes = (await source.health()).notes
        if notes:
            break
        await asyncio.sleep(0.01)
    assert any("damaged" in note for note in notes)
    await source.close()


async def test_a_large_file_is_not_looked_through_while_it_is_open(
    path: Path, source: SqliteSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite cannot be interrupted in it, and whoever closes the source would wait."""
    checked: list[sqlite3.Connection] = []

    def check(connection: sqlite3.Connection) -> tuple[str, ...]:
        checked.append(connection)
        return ()

    monkeypatch.setattr("backend.sources.sqlite.reading.quick_check", check)
    await source.health()
    await source.close()
    assert len(checked) == 1
    monkeypatch.setattr("backend.sources.sqlite.reading.CHECKED_BYTES", 8_192)
    larger = await SqliteSource.open(path)
    await larger.health()
    await larger.close()
    assert len(checked) == 1


def test_a_reader_connection_can_only_read(path: Path) -> None:
    connection = open_reader(path)
    before = path.read_bytes()
    for statement in (
        "DELETE FROM event_log",
        "CREATE TEMP TABLE t(x)",
        f"ATTACH '{path.parent / 'other.db'}' AS other",
        f"VACUUM INTO '{path.parent / 'copy.db'}'",
        "PRAGMA user_version=4",
        "PRAGMA query_only=0",
        "PRAGMA writable_schema=1",
        "SELECT load_extension('x')",
    ):
        with pytest.raises(sqlite3.DatabaseError):
            connection.execute(statement)
    assert connection.execute("SELECT count(*) FROM event_log").fetchone() == (200,)
    connection.close()
    assert path.read_bytes() == before
    assert not list(path.parent.glob("other.db")) and not list(path.parent.glob("copy.db"))


async def test_text_that_is_not_utf8_and_columns_that_are_not_json_are_shown_as_they_can_be(
    path: Path,
) -> None:
    rewrite(
        path,
        "UPDATE word SET text = CAST(x'66ff6f' AS TEXT) WHERE text = 'reason 0'",
        "UPDATE event_log SET data = '{broken', fields = '[1]'",
    )
    source = await SqliteSource.open(path)
    (row,) = (await source.log(LogName.EVENT, parse("", now_ms=NOW_MS), limit=1)).rows
    assert (row.reason, row.data, row.fields) == ("f\ufffdo", {}, {})
    assert (await source.log(LogName.EVENT, parse("data.x:1", now_ms=NOW_MS))).rows == ()
    await source.close()


async def test_a_value_of_absurd_size_is_refused(path: Path) -> None:
    rewrite(path, "UPDATE event_log SET data = CAST(zeroblob(9000000) AS TEXT) WHERE id = 1")
    source = await SqliteSource.open(path)
    with pytest.raises(SourceDamaged, match="larger than"):
        await source.log(LogName.EVENT, parse("", now_ms=NOW_MS), limit=1)
    await source.close()


# --- a file that changes under the reader ----------------------------------------------------------------


@pytest.fixture
async def source(path: Path) -> AsyncIterator[SqliteSource]:
    opened = await SqliteSource.open(path, now_ms=lambda: NOW_MS)
    yield opened
    await opened.close()


async def contacts(source: SqliteSource) -> set[str]:
    page = await source.log(LogName.EVENT, parse("", now_ms=NOW_MS))
    return {(row.contact or "")[:3] for row in page.rows}


async def test_a_replaced_file_is_noticed_and_opened_again(source: SqliteSource, path: Path) -> None:
    assert await contacts(source) == {"ann"}
    other = build(path.with_name("other.db"), who="bob")
    other.replace(path)
    for leftover in path.parent.glob("my.db-*"):
        leftover.unlink()
    assert await contacts(source) == {"bob"}
    assert any("replaced" in note for note in (await source.health()).notes)


async def test_a_reader_that_knew_no_file_notices_that_another_one_took_its_place(path: Path) -> None:
    readers, let_go, is_held = Readers(path), threading.Event(), threading.Event()

    def hold(*_: object) -> None:
        is_held.set()
        let_go.wait(60)

    held = readers.start(hold, 60)
    is_held.wait(60)  # one thread knows the file; the next question wakes another
    build(path.with_name("other.db"), who="bob").replace(path)
    await readers.ask(lambda *_: None, 60)
    assert readers.replaced == 1
    let_go.set()
    held.result(60)
    await readers.close()


async def test_a_deleted_file_is_told_and_found_again(source: SqliteSource, path: Path, sound: bytes) -> None:
    assert await contacts(source) == {"ann"}
    path.unlink()
    with pytest.raises(NoSuchSource):
        await contacts(source)
    path.write_bytes(sound)
    assert await contacts(source) == {"ann"}


async def test_a_schema_that_changes_under_the_search_index_is_read_anew(
    source: SqliteSource, path: Path
) -> None:
    assert len(await source.find_contacts("ann")) == 7
    rewrite(path, "CREATE INDEX something ON feed(records)")
    assert len(await source.find_contacts("ann")) == 7


async def test_a_writer_that_locks_the_file_makes_it_unavailable(path: Path) -> None:
    rewrite(path, "PRAGMA journal_mode=DELETE")
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(SourceUnavailable, match="busy"):
            await SqliteSource.open(path)
    finally:
        writer.close()


async def test_readers_go_on_while_a_writer_writes(source: SqliteSource, path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        with Store(path, now_ms=lambda: NOW_MS) as store:
            for number in range(10_000):
                if stop.is_set():
                    return
                record = Event(
                    product="brevo",
                    account="main",
                    key=("more", str(number)),
                    at_ms=NOW_MS,
                    kind=EventKind.OPENED,
                    type="opened",
                )
                store.add([Decoded(format="made", raw=b"", records=(record,))])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        counts = []
        for _ in range(30):
            found = await source.histogram(LogName.EVENT, parse("since:1h", now_ms=NOW_MS + 1), 1)
            (bar,) = found.bars
            rows = await source.log(LogName.EVENT, parse("kind:opened", now_ms=NOW_MS), limit=1_000)
            counts.append(bar.total)
            assert len(rows.rows) + 200 >= bar.total
        assert counts == sorted(counts)
    finally:
        stop.set()
        writer.join()


# --- deadlines -------------------------------------------------------------------------------------------


async def test_a_search_that_runs_out_of_time_says_how_far_it_got(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.sources.sqlite.paging.FIRST_STEP_ROWS", 20)
    monkeypatch.setattr("backend.sources.sqlite.paging.MOST_STEP_ROWS", 20)
    source = SqliteSource(path, page_s=0.0)
    query = parse('reason:"reason 150"', now_ms=NOW_MS)
    page = await source.log(LogName.EVENT, query, limit=1)
    assert (page.rows, page.has_newer) == ((), False)
    assert page.searched_to_ms is not None and page.searched_to_ms < NOW_MS
    for _ in range(50):
        if page.rows:
            break
        assert page.older is not None
        page = await source.log(LogName.EVENT, query, page.older, limit=1)
        assert not page.has_newer, "nothing newer was found"
    assert [row.reason for row in page.rows] == ["reason 150"]
    assert not page.has_newer
    await source.close()


async def test_a_question_ends_at_its_deadline_and_when_its_task_is_cancelled(source: SqliteSource) -> None:
    endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c"
    with pytest.raises(QueryTimedOut):
        await source._readers.ask(lambda connection, deadline: connection.execute(endless).fetchone(), 0.05)
    task = asyncio.create_task(
        source._readers.ask(lambda connection, deadline: connection.execute(endless).fetchone(), 60.0)
    )
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    before = time.monotonic()
    await source.close()
    assert time.monotonic() - before < 50, "the thread ended with its task"
    with pytest.raises(SourceUnavailable):
        await source.health()


# --- names -----------------------------------------------------------------------------------------------


async def test_source_texts_are_files_names_or_addresses(path: Path) -> None:
    assert resolve_name("prod", {"prod": "/data/my.db"}) == "/data/my.db"
    with pytest.raises(NoSuchSource, match='did you mean "prod"'):
        resolve_name("prdo", {"prod": "/data/my.db"})
    with pytest.raises(NoSuchSource, match=r"\./prod"):
        resolve_name("prod")
    with pytest.raises(UsageError, match="not encrypted"):
        await open_source("http://reports.example")
    source = await open_source("prod", {"prod": str(path)})
    assert source.name == "prod"
    await source.close()

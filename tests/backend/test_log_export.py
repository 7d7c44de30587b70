"""Logs as files: exactly the rows of the query, new files only, nothing left after a cancel."""

from __future__ import annotations

import asyncio
import csv
import json
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from backend.errors import CannotWrite
from backend.log_export import row_pages, write_rows
from backend.model import Channel, EventKind, LogName, LogRow
from backend.query.language import parse
from backend.record import Decoded, Event, Identity
from backend.sources.sqlite.reading import SqliteSource
from backend.sources.sqlite.writing import Store

NOW_MS = 1_773_144_000_000
ROWS = 2_500


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "log.db"
    store = Store(path, create=True, now_ms=lambda: NOW_MS)
    events = [
        Event(
            product="brevo",
            account="default",
            key=(f"e{n}",),
            has_id=True,
            at_ms=NOW_MS - n * 1_000,
            kind=EventKind.OPENED if n % 5 else EventKind.SENT,
            type='=cmd|"x"',
            channel=Channel.EMAIL,
            identities=(Identity("email", f"n{n}@example.org"),),
            message=f"m{n}",
        )
        for n in range(ROWS)
    ]
    store.add([Decoded(format="t", raw=b'{"n": %d}' % n, records=(e,)) for n, e in enumerate(events)])
    store.close()
    return path


@pytest.mark.parametrize("form", ["csv", "json", "raw"])
async def test_a_file_holds_exactly_the_rows_of_the_query(database: Path, tmp_path: Path, form: str) -> None:
    source = await SqliteSource.open(database, now_ms=lambda: NOW_MS)
    query = parse("kind:opened", now_ms=NOW_MS)
    path = tmp_path / "out"
    told: list[int] = []
    written = await write_rows(source, row_pages(source, LogName.EVENT, query), form, path, told.append)  # type: ignore[arg-type]
    await source.close()
    lines = path.read_text().splitlines()
    rows = lines[1:] if form == "csv" else lines
    assert written.rows == len(rows) == ROWS * 4 // 5 == told[-1]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    if form == "csv":
        first = next(csv.DictReader(lines))
        assert first["kind"] == "opened" and first["type"] == '\'=cmd|"x"'
    elif form == "json":
        assert json.loads(rows[-1])["kind"] == "opened"
    else:
        assert rows[-1] == '{"n": 1}'


async def test_a_file_that_is_there_stays_as_it_is(database: Path, tmp_path: Path) -> None:
    source = await SqliteSource.open(database, now_ms=lambda: NOW_MS)
    path = tmp_path / "out"
    path.write_text("mine")
    told: list[int] = []
    with pytest.raises(CannotWrite, match="exists already"):
        await write_rows(
            source, row_pages(source, LogName.EVENT, parse("", now_ms=NOW_MS)), "csv", path, told.append
        )
    await source.close()
    assert path.read_text() == "mine"
    assert told == [], "a taken name is told before a row is read"


async def test_nothing_is_left_of_a_file_that_was_cancelled(database: Path, tmp_path: Path) -> None:
    source = await SqliteSource.open(database, now_ms=lambda: NOW_MS)
    folder = tmp_path / "out"
    folder.mkdir()
    begun = asyncio.Event()

    class Slow:
        """Gives the first page, then no more."""

        async def log(self, *args: object, **how: object) -> object:
            if begun.is_set():
                await asyncio.Event().wait()
            begun.set()
            return await source.log(*args, **how)  # type: ignore[arg-type]

    work = asyncio.ensure_future(
        write_rows(
            Slow(),
            row_pages(Slow(), LogName.EVENT, parse("", now_ms=NOW_MS)),
            "csv",
            folder / "x",
            lambda n: None,
        )  # type: ignore[arg-type]
    )
    await begun.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    for _ in range(3_000):
        if not list(folder.iterdir()):
            break
        await asyncio.sleep(0.02)
    assert not list(folder.iterdir())
    await source.close()


async def test_a_file_that_was_cancelled_ends_however_fast_its_pages_come(
    database: Path, tmp_path: Path
) -> None:
    source = await SqliteSource.open(database, now_ms=lambda: NOW_MS)
    page = await source.log(LogName.EVENT, parse("", now_ms=NOW_MS), limit=1)
    folder = tmp_path / "out"
    folder.mkdir()
    begun = asyncio.Event()
    told: list[int] = []

    async def pages() -> AsyncIterator[tuple[LogRow, ...]]:
        while True:
            yield page.rows

    def tell(rows: int) -> None:
        told.append(rows)
        begun.set()

    work = asyncio.ensure_future(write_rows(source, pages(), "csv", folder / "x", tell))
    await begun.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    heard = len(told)
    async with asyncio.timeout(60):
        while list(folder.iterdir()):
            await asyncio.sleep(0.01)
    assert len(told) == heard
    await source.close()

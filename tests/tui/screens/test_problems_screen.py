"""The problems place by keys: what was set aside, what failed, the way there and back."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from backend.errors import QueryTimedOut
from backend.model import RejectedRow
from backend.record import Rejected
from backend.sources.sqlite.reading import SqliteSource
from backend.sources.sqlite.writing import Store
from tests.tui.conftest import NOW_MS, Console
from tui.screens.problem_lists import PAGE_RECORDS

HOSTILE = (
    b'{"name": "\\u001b]52;c;eA==\\u0007 \\u202egnp.exe [/b] [@click=app.quit]x[/]", "deep": {"a": [1]}}'
)


def set_aside(path: Path, *samples: bytes, reason: str = "no kind") -> None:
    """As a writer beside the console does it."""
    with Store(path, create=False, now_ms=lambda: NOW_MS) as store:
        pieces = [
            Rejected(raw=raw, reason=reason, place=f"in.ndjson:{n}") for n, raw in enumerate(samples, 1)
        ]
        store.add([], pieces, format="parcours", product="brevo")


@pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 50)])
async def test_records_set_aside_open_to_all_that_was_kept_of_them(
    console: Console, database: Path, width: int, height: int
) -> None:
    set_aside(database, HOSTILE)
    async with console(width, height) as person:
        await person.press("exclamation_mark")
        assert "[set aside]  failed queries" in person.lines[1]
        assert person.lines[2].strip() == "2 records, the newest first"
        await person.until("in.ndjson:1")
        assert person.lines[4].startswith(">03-10 12:00:00 parcours")
        await person.press("enter")
        await person.until("sha256")
        await person.until("deep")
        assert not set(person.screen) & set("\x1b\x07\u202e")
        assert person.app.return_code is None
        if width >= 160:
            await person.until("record (2)")
        await person.press("enter", "j", "escape")
        assert "[1]Report" in person.lines[0]
        await person.press("exclamation_mark")
        assert person.lines[5].startswith(">")  # the cursor is where it was


async def test_records_are_found_beyond_those_that_were_read_taken_away_and_printed(
    console: Console, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_aside(database, *(b'{"number": %d}' % n for n in range(130)))
    copied: list[str] = []
    async with console() as person:
        monkeypatch.setattr(person.app, "copy_to_clipboard", copied.append)
        await person.press("exclamation_mark")
        assert person.lines[2].strip() == "50 records, older ones below"
        await person.press("ctrl+f")
        await person.type('"number": 5}')
        await person.press("enter")
        assert "in.ndjson:6 " in next(line for line in person.lines if line.startswith(">"))
        await person.press("y", "dollar_sign", "Y")
        await person.type("sha256")
        await person.press("enter")
        record, command, digest = copied
        assert record == '{"number": 5}'
        assert command.endswith("rejected --limit all") and len(digest) == 64
        await person.press("G")
        assert "no time" in next(line for line in person.lines if line.startswith(">"))
        assert person.lines[2].strip() == "131 records, the newest first"
        await person.press("w", "escape", "escape")
        assert "[1]Report" in person.lines[0]


async def test_a_query_that_failed_is_listed_until_it_is_answered_and_after(
    console: Console, source: SqliteSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def too_long(*_: Any, **__: Any) -> Any:
        raise QueryTimedOut("no answer in 2 s")

    async with console() as person:
        session = person.app.session
        with monkeypatch.context() as broken:
            broken.setattr(source, "steps_inside", too_long)
            await person.press("3")
            await person.until("cannot read")
        await person.press("exclamation_mark", "right_square_bracket")
        assert "set aside  [failed queries (1)]" in person.lines[1]
        assert "1 not answered since" in person.lines[2]
        assert "contacts inside" in person.lines[4] and "no answer" in person.lines[4]
        await person.press("enter")
        await person.until("answered since")
        assert session.alerts_now == ""  # it was looked at
        await person.press("5")
        await person.until("failed queries")
        await session.source.steps_inside()
        await person.press("exclamation_mark", "r")
        assert "0 not answered since" in person.lines[2]
        assert " answered " in person.lines[4]


async def test_news_stand_in_the_status_line_until_they_are_looked_at(
    console: Console, database: Path
) -> None:
    async with console(100, 30) as person:
        set_aside(database, b"{}", b"[]")
        person.app._read_set_aside()
        await person.until("! 2 problems (!)")
        await person.press("5")
        await person.until("3 records (! lists them)")
        await person.press("exclamation_mark", "2")
        assert "problems" not in person.lines[0]


async def test_failed_queries_are_there_while_records_are_read_and_have_the_keys_when_there_are_none(
    console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Store(tmp_path / "empty.db", create=True).close()
    empty = await SqliteSource.open(tmp_path / "empty.db", now_ms=lambda: NOW_MS)
    answers = asyncio.Event()

    async def in_time(*_: Any, **__: Any) -> tuple[Any, ...]:
        await answers.wait()
        return ()

    async with console(source=empty) as person:
        monkeypatch.setattr(empty, "rejected", in_time)
        for error in ("no", "never"):
            person.app.session.failed.failed("empty.db", "contacts inside", error, 1)
        await person.pilot.press("exclamation_mark")
        await person.until("[set aside]  failed queries (2)")
        await person.when(lambda: person.app.screen.focused is not None)
        assert person.app.screen._lists[1].shown_count == 2
        answers.set()
        await person.until("set aside  [failed queries (2)]")
        await person.press("j")
        assert person.lines[5].startswith(">")
    await empty.close()


async def test_news_of_each_list_stand_until_it_is_read_and_on_screen(
    console: Console, database: Path
) -> None:
    set_aside(database, *(b'{"number": %d}' % n for n in range(70)))
    async with console(100, 30) as person:
        await person.press("exclamation_mark", "ctrl+f")
        await person.type('"number": 5}')
        await person.press("enter")
        assert "71 records, the newest first" in person.lines[2]
        set_aside(database, b'{"late": 1}')
        person.app._read_set_aside()
        await person.until("! 1 problem (!)")
        person.app.screen._start()
        await person.press("k")
        assert "! 1 problem (!)" in person.lines[0] and "late" not in person.screen
        await person.press("right_square_bracket", "r")
        assert "! 1 problem (!)" in person.lines[0]  # its list is not on screen
        await person.press("exclamation_mark")
        await person.when(lambda: "problem (!)" not in person.lines[0])
        assert "[set aside]" in person.lines[1] and "late" in person.lines[4]
        person.app.session.failed.failed("small.db", "contacts inside", "no", 1)
        await person.press("r")
        await person.until("! 1 problem (!)")
        await person.press("right_square_bracket")
        await person.when(lambda: "problem (!)" not in person.lines[0])


@pytest.mark.parametrize("key", ["r", "exclamation_mark", "g"])
async def test_new_records_come_to_who_read_more_than_the_first_page(
    console: Console, database: Path, key: str
) -> None:
    set_aside(database, *(b'{"number": %d}' % n for n in range(70)))
    async with console() as person:
        await person.press("exclamation_mark", "G")
        set_aside(database, b'{"late": 1}')
        await person.press(key)
        person.app.screen._start()  # as it does by itself
        await person.settled()
        await person.press("g")
        await person.until("late")


async def test_each_row_is_copied_into_a_file_of_its_own(
    console: Console, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_aside(database, b'{"a": 1}', b'{"a": 2}')
    names: list[str] = []

    def take_away(text: str, name: str) -> str:
        names.append(name)
        return "kept"

    async with console() as person:
        monkeypatch.setattr(person.app, "take_away", take_away)
        await person.press("exclamation_mark", "y", "j", "Y")
        await person.type("all of it")
        await person.press("enter", "right_square_bracket")
        person.app.session.failed.failed("small.db", "contacts inside", "no", 1)
        await person.press("r", "y")
    assert names == ["parcours-set-aside-3.txt", "parcours-set-aside-2.txt", "parcours-failed-1.txt"]


async def test_a_list_at_rest_reads_one_record_at_a_time(
    console: Console, source: SqliteSource, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    read = source.rejected

    async def counting(after: int = 0, limit: int = 100, **more: Any) -> tuple[RejectedRow, ...]:
        asked.append(limit)
        return await read(after, limit, **more)

    async with console(source=source) as person:
        await person.press("exclamation_mark")
        await person.when(lambda: person.app.screen._has_chosen)
        monkeypatch.setattr(source, "rejected", counting)
        person.app.screen._start()
        await person.settled()
        assert 1 in asked and PAGE_RECORDS not in asked
        set_aside(database, b'{"late": 1}')
        person.app.screen._start()
        await person.until("late")


async def test_where_there_is_no_problem_it_says_so(console: Console, tmp_path: Path) -> None:
    Store(tmp_path / "empty.db", create=True).close()
    empty = await SqliteSource.open(tmp_path / "empty.db", now_ms=lambda: NOW_MS)
    async with console(source=empty) as person:
        await person.press("exclamation_mark")
        await person.until("no record was set aside")
        await person.press("y", "o", "Y", "right_square_bracket")
        await person.until("no query failed since the console was opened")
    await empty.close()

"""The logs while things happen: a writer at work, sizes and filters that change during a query, downloads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backend.errors import SourceUnavailable
from backend.model import Away, Follow, LogName, Page
from backend.query.language import Filter, parse
from backend.source import PAGE_LIMIT
from tui.presenters.log_rows import row_key
from tui.screens.logs import LogsScreen

AddRecords = Callable[[list[Any]], None]


class Halting:
    """The source, some questions of which wait until they may be answered."""

    def __init__(self, source: Any, *halted: str) -> None:
        self._source = source
        self._halted = halted
        self.may_answer = asyncio.Event()
        self.asked = 0

    def __getattr__(self, name: str) -> Any:
        answer = getattr(self._source, name)
        if name not in self._halted:
            return answer

        async def wait(*args: Any, **how: Any) -> Any:
            self.asked += 1
            await self.may_answer.wait()
            return await answer(*args, **how)

        return wait


class Leaving:
    """The source, which goes and comes back: who follows is told, who asks is refused meanwhile."""

    def __init__(self, source: Any) -> None:
        self._source = source
        self._is_away = False
        self._told: asyncio.Queue[Follow] = asyncio.Queue()

    def go(self) -> None:
        self._is_away = True
        self._told.put_nowait(Away(rows=(), after=0, reason="nothing listens there"))

    def come_back(self) -> None:
        self._is_away = False
        self._told.put_nowait(Follow(rows=(), after=0))

    async def follow(self, *args: Any, **how: Any) -> AsyncIterator[Follow]:
        while True:
            yield await self._told.get()

    def __getattr__(self, name: str) -> Any:
        if self._is_away and name not in ("name", "close"):
            raise SourceUnavailable("nothing listens there")
        return getattr(self._source, name)


@pytest.mark.parametrize("key", ["end", "up"])
async def test_a_followed_source_that_goes_is_told_at_once_and_so_is_its_return(
    console: Any, source: Any, key: str
) -> None:
    """Also to who went up in the log: nothing else is read there."""
    leaving = Leaving(source)
    async with console(source=leaving) as person:
        await person.press("2", key)
        leaving.go()
        await person.until("! cannot read")
        assert "! nothing listens there" in person.screen and "ada came in" in person.screen
        leaving.come_back()
        while "cannot read" in person.screen:
            await person.pilot.pause()


async def test_paging_through_the_screen_shows_what_one_reading_does(
    console: Any, source: Any, add: AddRecords, make_event: Any
) -> None:
    add([make_event(100 + n, f"n{n:03}@example.org") for n in range(430)])
    page = await source.log(LogName.EVENT, parse("", now_ms=0, log=LogName.EVENT), limit=PAGE_LIMIT)
    wanted = [row_key(row) for row in page.rows]
    async with console(80, 24) as person:
        await person.press("2", "right_square_bracket")
        view = person.app.screen.view
        seen: dict[str, None] = {}
        for key in ("pageup", "pagedown"):
            seen.clear()
            for _ in range(26):
                rows = [row.key for row in view.list.rows]
                places = [wanted.index(row) for row in rows]
                assert places == list(range(places[0], places[0] + len(rows)))  # nothing left out or doubled
                seen.update(dict.fromkeys(rows))
                await person.press(key)
            assert sorted(seen) == sorted(wanted)


async def test_following_beside_a_writer_misses_no_row(
    console: Any, add: AddRecords, make_event: Any
) -> None:
    async with console(80, 24) as person:
        await person.press("2", "right_square_bracket")

        def write() -> None:
            for batch in range(12):
                add([make_event(1_000 + 10 * batch + n, f"w{batch}-{n}@example.org") for n in range(10)])

        writer = threading.Thread(target=write)
        writer.start()
        while writer.is_alive():
            await person.pilot.pause(0.02)
        await person.until("128 rows; following")
        keys = [row.key for row in person.app.screen.view.list.rows]
        assert len(keys) == len(set(keys)) == 128
        assert "w11-" in person.screen


async def test_a_flood_is_passed_over_with_a_count_and_leaves_no_gap(
    console: Any, add: AddRecords, make_event: Any, source: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.sources.sqlite.following.SHOWN_ROWS", 5)
    async with console(100, 20) as person:
        await person.press("2", "right_square_bracket")
        await person.until("following")
        add([make_event(1_000 + n, f"w{n}@example.org") for n in range(300)])
        page = await source.log(LogName.EVENT, parse("", now_ms=0), limit=100)
        newest = [row_key(row) for row in page.rows]

        def shown() -> list[str]:
            return [row.key for row in person.app.screen.view.list.rows]

        await person.when(
            lambda: "295 passed over" in person.screen and shown() == newest[-len(shown()) :],
            "the newest page without a gap",
        )
        assert person.app.screen.view.has_older
        after = make_event(2_000, "after@example.org")
        add([msgspec.structs.replace(after, at_ms=after.at_ms + 1_000)])
        await person.when(
            lambda: "after@example.org" in person.screen and "passed over" not in person.screen,
            "the row after the flood, which is over",
        )


async def test_size_and_filter_may_change_while_a_query_runs(console: Any, source: Any) -> None:
    slow = Halting(source, "log")
    slow.may_answer.set()
    async with console(100, 30, source=slow) as person:
        await person.press("2", "right_square_bracket")
        slow.may_answer.clear()
        await person.pilot.press("slash", *"kind:sent", "enter")
        await person.when(lambda: slow.asked > 1, "a question")
        for width, height in ((19, 4), (160, 50)):
            await person.pilot.resize_terminal(width, height)
        await person.pilot.press("slash", *["backspace"] * 4, *"opened", "enter")
        await person.pilot.resize_terminal(80, 24)
        slow.may_answer.set()
        await person.settled()
        assert "1 row, 7 hidden; following   /kind:opened" in person.lines[1]
        assert sum("opened" in line for line in person.lines[2:-1]) == 1


class Searching:
    """The source; what a filter asks for is found on the third page only."""

    def __init__(self, source: Any) -> None:
        self._source = source
        self.asked: list[str | None] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    async def log(self, name: LogName, query: Filter, cursor: str | None = None, **how: Any) -> Page:
        if not query.terms:
            return await self._source.log(name, query, cursor, **how)
        self.asked.append(cursor)
        if len(self.asked) < 3:
            place = len(self.asked)
            return Page(rows=(), older=f"{place}", newer=None, has_newer=False, searched_to_ms=place * 60_000)
        return await self._source.log(name, query, **how)


async def test_a_search_that_ran_out_of_time_goes_on_by_a_key(console: Any, source: Any) -> None:
    slow = Searching(source)
    async with console(120, 30, source=slow) as person:
        await person.press("2", "right_square_bracket", "slash")
        await person.type("kind:opened")
        await person.press("enter")
        assert "no row found back to 1970-01-01 00:01 so far: up looks further, esc clears" in person.screen
        assert "0 rows; searched to 1970-01-01 00:01, up goes on" in person.lines[1]
        await person.press("k")
        assert "no row found back to 1970-01-01 00:02 so far" in person.screen
        await person.press("k")
        assert sum("opened" in line for line in person.lines[3:-1]) == 1
        assert "goes on" not in person.screen and "looks further" not in person.screen
    assert slow.asked == [None, "1", "2"]


async def test_a_download_is_cancelled_and_leaves_nothing(
    console: Any, source: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "downloads"
    folder.mkdir()
    monkeypatch.chdir(folder)
    slow = Halting(source, "log")
    slow.may_answer.set()
    async with console(100, 30, source=slow) as person:
        await person.press("2", "right_square_bracket", "S")
        slow.may_answer.clear()
        await person.pilot.press("enter")
        await person.until("download: 0 rows, esc cancels")
        assert isinstance(person.app.screen, LogsScreen)
        await person.press("escape")
        await person.until("download cancelled")
        assert "esc cancels" not in person.lines[1]
        await person.when(lambda: not list(folder.iterdir()), "an empty folder")


async def test_enter_waits_for_what_was_typed_to_be_looked_up(console: Any, source: Any) -> None:
    slow = Halting(source, "top_values")
    async with console(100, 30, source=slow) as person:
        await person.press("2", "right_square_bracket")
        await person.pilot.press("v", *"contact", "enter")
        slow.may_answer.set()
        await person.settled()
        await person.until("Top values of contact")

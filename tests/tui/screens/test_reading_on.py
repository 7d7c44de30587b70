"""Keys that read on, over a source that takes its time, fails, or has more rows than a list holds."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from backend.errors import SourceUnavailable
from backend.source import Direction
from tui.presenters.log_rows import row_key


class SlowPages:
    """Pages of a story of three rows; those after the first one wait for the gate."""

    def __init__(self, source: Any) -> None:
        self._trace = source.trace
        self.gate = asyncio.Event()
        self.asked = 0
        self.is_away = False

    async def trace(self, contact_id: int, cursor: str | None = None, **how: Any) -> Any:
        if cursor is not None:
            self.asked += 1
            await self.gate.wait()
        if self.is_away:
            raise SourceUnavailable("the server is away")
        return await self._trace(contact_id, cursor, **(how | {"limit": 3}))


@pytest.fixture
def pages(source: Any, monkeypatch: pytest.MonkeyPatch) -> SlowPages:
    slow = SlowPages(source)
    monkeypatch.setattr(source, "trace", slow.trace)
    return slow


async def test_a_search_that_is_asked_for_again_or_ended_while_it_reads_ends_no_console(
    console: Any, pages: SlowPages
) -> None:
    async with console() as person:
        await person.press("3", "d", "ctrl+f")
        await person.pilot.press(*"zzz", "enter")
        await person.when(lambda: pages.asked == 1, "the first page")
        for asked, key in enumerate(("N", "E", "E", "N", "k"), 2):
            await person.pilot.press(key)
            await person.when(lambda asked=asked: pages.asked == asked, f"the page that {key} reads")
        await person.pilot.press("N", "escape")
        pages.gate.set()
        await person.settled()
        await person.press("ctrl+f")
        await person.type("ada came")
        await person.press("enter")
        assert "entered" in next(line for line in person.lines if line.startswith(">"))


@pytest.mark.parametrize("key", ["N", "E"])
async def test_a_page_that_fails_is_said_and_read_again_by_the_next_key(
    console: Any, pages: SlowPages, key: str
) -> None:
    pages.gate.set()
    async with console() as person:
        await person.press("3", "d")
        pages.is_away = True
        person.app.screen._wanted = "ada came"
        await person.press(key, key)
        assert pages.asked == 2
        assert told(person) == ["the server is away"] * 2
        pages.is_away = False
        await person.press(key)
        assert person.app.screen.view.error is None and pages.asked > 2


async def test_where_nothing_is_filtered_a_mark_that_is_gone_is_not_hidden_by_a_filter(
    console: Any, pages: SlowPages
) -> None:
    pages.gate.set()
    async with console() as person:
        await person.press("3", "d")
        feed = person.app.screen.view
        feed.bookmarks["gone"] = msgspec.structs.replace(feed.chosen, at_ms=0)
        await person.press("quotation_mark")
        assert told(person) == ["1 mark not there any more in this direction"]


async def test_the_way_to_a_mark_ends_by_escape_and_pauses_among_very_many_rows(
    console: Any, pages: SlowPages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.screens.paged_list.MOST_WALKED", 3)
    async with console() as person:
        await person.press("3", "d")
        screen = person.app.screen
        first = (await screen.session.source.trace(screen.view.contact_id, direction=Direction.NEWER)).rows[0]
        screen.view.bookmarks[row_key(first)] = first
        await person.pilot.press("quotation_mark")
        await person.when(lambda: pages.asked == 1, "the page")
        await person.pilot.press("escape")
        pages.gate.set()
        await person.settled()
        assert person.app.screen is screen and pages.asked == 1
        await person.press("quotation_mark")
        assert told(person)[-1].startswith("not among the next") and screen.view.chosen != first
        await person.press("quotation_mark", "quotation_mark")
        assert screen.view.chosen == first


async def test_the_record_of_a_row_is_kept_while_it_is_open_only(console: Any) -> None:
    async with console() as person:
        await person.press("3", "d", "enter")
        feed = person.app.screen.view
        assert list(feed._records) == list(feed.list.opened)
        await person.press("enter")
        assert not feed._records and not feed.list.opened


def told(person: Any) -> list[str]:
    return [str(said.message) for said in person.app._notifications]

"""The keys on rows mean the same in the trace, and in what a number opens to, as in the logs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, cast

import msgspec
import pytest
from textual.app import App

from backend.source import Direction
from tui.presenters.log_rows import ABSENT
from tui.screens.paged_list import MOST_WALKED, Batch, PagedList, Walk
from tui.session import Session
from widgets.columns import Row
from widgets.pane_page import PanePage


async def to_trace(person: Any) -> None:
    await person.press("3", "d")


async def to_drill(person: Any) -> None:
    """Two messages that were sent, as a number of the report counts them."""
    await person.press("right_square_bracket")
    person.app.screen.query_one(PanePage).focus_pane("email_metrics")
    await person.settled()
    await person.press("enter", "enter")


def here(person: Any) -> str:
    return next(line for line in person.lines if line.startswith(">"))


async def test_rows_of_a_story_are_marked_found_wrapped_and_taken_away(
    console: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []
    pages: list[str] = []
    monkeypatch.setattr("tui.screens.row_taking.read_text", lambda screen, text: pages.append(text))
    async with console() as person:
        monkeypatch.setattr(person.app, "copy_to_clipboard", copied.append)
        await to_trace(person)
        await person.press("g", "m", "j", "j", "m", "G")
        assert "2 marked" in person.screen
        await person.press("quotation_mark")
        assert here(person).startswith(">*") and " sent " in here(person)
        await person.press("quotation_mark", "quotation_mark", "apostrophe", "Y", "down", "down", "down")
        await person.press("enter")
        types = [msgspec.json.decode(line)["type"] for line in copied[0].splitlines()]
        assert types[0] == "entered" and len(types) == 2
        await person.press("y", "o", "U")
        assert msgspec.json.decode(copied[1])["event_id"] in pages[0]
        assert "marked" not in person.lines[2]
        await person.press("ctrl+f")
        await person.type("click")
        await person.press("enter")
        assert "clicked" in here(person)
        await person.press("N", "W", "full_stop")
        assert ABSENT in person.screen
        await person.press("escape", "escape")
        assert "[3]Contacts" in person.lines[0]  # the first step ended the search


async def test_what_a_number_opens_to_has_the_keys_of_rows(
    console: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []
    pages: list[str] = []
    monkeypatch.setattr("tui.screens.row_taking.read_text", lambda screen, text: pages.append(text))
    async with console(120, 40) as person:
        monkeypatch.setattr(person.app, "copy_to_clipboard", copied.append)
        await to_drill(person)
        drill = person.app.screen
        first = drill.feed.list.rows[0].key
        await person.press("g", "m", "enter")  # its rows stand below it
        await person.press("j", "m", "G", "quotation_mark")
        assert drill.feed.list.cursor_key.startswith(first + ">")
        await person.press("quotation_mark")
        assert drill.feed.list.cursor_key == first
        await person.press("enter", "apostrophe")  # of a unit that is closed, it is the unit
        assert drill.feed.list.cursor_key == first
        await person.press("u", "ctrl+f")
        await person.type("bob")
        await person.press("enter")
        assert "bob@example.net" in here(person)
        await person.press("o", "Y", "down", "enter", "w", "full_stop")
        assert "bob@example.net" in pages[0]
        assert msgspec.json.decode(copied[0])["email"] == "bob@example.net"
        await person.press("e")
        assert "ERR" in here(person)  # among the rows of the message, which all fields opened
        await person.press("escape")
        assert person.app.screen is drill  # the search ends first
        await person.press("escape")
        assert person.app.screen is not drill


class Endless(PagedList[int]):
    """Rows 0, 1, 2 ..., up to a number of them."""

    def __init__(self, rows: int) -> None:
        super().__init__(cast(Session, None), ())
        self._rows = rows

    async def fetch(self, cursor: str | None, direction: Direction, limit: int) -> Batch[int]:
        if direction is Direction.NEWER:
            start = int(cursor or 0)
            end = min(start + limit, self._rows)
        else:
            end = int(cursor or self._rows)
            start = max(0, end - limit)
        return Batch(tuple(range(start, end)), str(start) if start else None, str(end), end < self._rows)

    def key_of(self, row: int) -> str:
        return str(row)

    def drawn(self, rows: Sequence[int]) -> list[Row]:
        return [Row(str(row), (str(row),)) for row in rows]

    def why_empty(self) -> str:
        return ""


def shows(feed: Endless, key: str) -> bool:
    return feed.list.index_of(key) is not None


@asynccontextmanager
async def endless(rows: int) -> AsyncIterator[Endless]:
    """The list in an application, with its first page."""
    feed = Endless(rows)
    app: App[None] = App()
    async with app.run_test():
        await app.mount(feed)
        await feed.load(direction=Direction.NEWER)
        yield feed


@pytest.mark.parametrize(
    ("rows", "wanted", "walks"),
    [
        (900, "850", [Walk.FOUND]),
        (900, "nowhere", [Walk.END]),
        (MOST_WALKED + 300, str(MOST_WALKED + 250), [Walk.MORE, Walk.FOUND]),
        (MOST_WALKED + 300, "nowhere", [Walk.MORE, Walk.END]),
    ],
)
async def test_a_search_among_very_many_rows_pauses_until_it_is_asked_to_go_on(
    rows: int, wanted: str, walks: list[Walk]
) -> None:
    async with endless(rows) as feed:
        for walk in walks:
            assert await feed.read_until(partial(shows, feed, wanted), 1) is walk


async def test_rows_that_the_list_let_go_of_are_found_again_in_either_direction() -> None:
    last = MOST_WALKED + 299
    async with endless(last + 1) as feed:
        for wanted, step in ((1_999, 1), (last, 1), (0, -1), (last, 1), (0, -1)):
            walk = await feed.read_until(partial(shows, feed, str(wanted)), step)
            assert walk is Walk.FOUND, wanted
            shown = [int(row.key) for row in feed.list.rows]
            assert shown == list(range(shown[0], shown[-1] + 1))  # without a gap
            assert (feed.has_older, feed.has_newer) == (shown[0] > 0, shown[-1] < last)

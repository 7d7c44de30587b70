"""The keys on rows mean the same in the trace, and in what a number opens to, as in the logs."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tui.presenters.log_rows import ABSENT
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


@pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 50)])
async def test_rows_of_a_story_are_marked_found_wrapped_and_taken_away(
    console: Any, width: int, height: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []
    pages: list[str] = []
    monkeypatch.setattr("tui.screens.row_taking.read_text", lambda screen, text: pages.append(text))
    async with console(width, height) as person:
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
        await person.type("clicked")
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

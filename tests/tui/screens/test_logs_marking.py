"""Rows marked to come back to, the level of concern, rows wrapped, and all fields, by their keys."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from backend.query.language import parse
from tui.presenters.logs import next_concern


async def test_marked_rows_are_gone_to_under_any_filter_listed_copied_and_cleared(console: Any) -> None:
    async with console(110, 30) as person:
        await person.press("2", "right_square_bracket", "k", "m", "k", "k", "m", "m", "k", "m")
        assert "2 marked" in person.screen
        assert [line[:3] for line in person.lines if line[1:2] == "*"] == [">*0", " *0"]
        await person.press("apostrophe")
        assert "11:00" in person.lines[marked_line(person)]
        await person.press("apostrophe")
        assert await told(person) == "no further mark below"
        await person.press("quotation_mark")
        assert "clicked" in person.lines[marked_line(person)]

        await person.press("1", "2")  # they survive leaving, and filters
        person.app.screen.apply_filter("kind:clicked")
        await person.settled()
        await person.press("apostrophe")
        assert await told(person) == "the filter hides 1 mark in this direction"
        await person.press("M")
        assert "sent" in person.screen
        await person.press("down", "enter")
        assert "11:00" in person.lines[marked_line(person)] and "c back to /kind:clicked" in person.screen

        copied: list[str] = []
        person.app.copy_to_clipboard = copied.append
        await person.press("Y", "down", "down", "down", "enter")
        assert [msgspec.json.decode(line)["kind"] for line in copied[0].splitlines()] == ["clicked", "sent"]
        await person.press("u")
        assert not any(line[1:2] == "*" for line in person.lines)
        assert await told(person) == "2 marks taken away"


def marked_line(person: Any) -> int:
    """Where the cursor stands on a marked row."""
    return next(number for number, line in enumerate(person.lines) if line.startswith(">*"))


async def told(person: Any) -> str:
    """The latest message."""
    return str(list(person.app._notifications)[-1].message)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "level>=warning"),
        ("kind:bounced since:1h", "kind:bounced since:1h level>=warning"),
        ("level>=warning kind:bounced", "kind:bounced level:error"),
        ("level:error", ""),
        ("-level:info", ""),
        ("level:info level:error", ""),
    ],
)
def test_the_level_of_concern_goes_round_and_leaves_the_rest_of_the_query(before: str, after: str) -> None:
    assert next_concern(parse(before, now_ms=10**12)) == after


async def test_level_wrapped_rows_and_all_fields_by_their_keys(console: Any) -> None:
    async with console(60, 24) as person:
        await person.press("2", "L", "L")
        assert "/level:error" in person.screen and "gateway" in person.screen
        await person.press("w")
        assert "scenario: Welcome" in person.screen  # the column that had no room
        await person.press("enter")
        assert "start_id" not in person.screen
        await person.press("full_stop")
        assert any(line.split()[1:] == ["start_id", "(none)"] for line in person.lines)
        await person.press("full_stop")
        assert "start_id" not in person.screen
    async with console(60, 24) as person:  # remembered
        await person.press("2")
        assert "scenario: Welcome" in person.screen


async def test_a_filter_keeps_the_place_of_a_person_who_does_not_follow(console: Any) -> None:
    async with console(100, 30) as person:
        await person.press("2", "right_square_bracket", "k", "k", "k", "k")
        assert "clicked" in cursor(person)
        person.app.screen.apply_filter("-kind:clicked")
        await person.settled()  # the row is hidden: the one before it stands for it
        assert "opened" in cursor(person) and "following" not in person.screen
        await person.press("escape")
        assert "opened" in cursor(person)


def cursor(person: Any) -> str:
    return next(line for line in person.lines if line.startswith(">"))

"""A contact's story while rows of it arrive."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backend.model import StepKind

AddRecords = Callable[[list[Any]], None]


async def test_rows_of_both_logs_come_into_the_story_by_themselves(
    console: Any, add: AddRecords, make_event: Any, make_step: Any
) -> None:
    async with console(120, 40) as person:
        await person.press("3", "g", "d")
        await person.until("following")
        rows = person.app.screen.view.shown_count
        add([make_event(500, "ada@example.org")])
        await person.when(lambda: person.app.screen.view.shown_count == rows + 1, "an event")
        add([make_event(501, "stranger@example.org"), make_step(502, StepKind.EXITED, message="it is over")])
        await person.until("it is over")
        assert person.app.screen.view.shown_count == rows + 2


async def test_a_person_who_went_up_is_told_of_what_waits_below(
    console: Any, add: AddRecords, make_event: Any
) -> None:
    async with console(120, 40) as person:
        await person.press("3", "g", "d")
        await person.until("following")
        rows = person.app.screen.view.shown_count
        await person.press("k")
        add([make_event(500, "ada@example.org")])
        await person.until("+1 new below, f follows")
        assert person.app.screen.view.shown_count == rows
        await person.press("f")
        await person.when(lambda: person.app.screen.view.shown_count == rows + 1, "the row")
        assert "new below" not in person.screen


async def test_a_paused_story_stands_still_and_then_has_what_came(
    console: Any, add: AddRecords, make_event: Any
) -> None:
    async with console(120, 40) as person:
        await person.press("3", "g", "d")
        await person.until("following")
        rows = person.app.screen.view.shown_count
        await person.press("p")
        assert "paused" in person.lines[2] and "following" not in person.screen
        add([make_event(500, "ada@example.org")])
        await person.press("2", "4")
        assert person.app.screen.view.shown_count == rows
        await person.press("p")
        await person.when(lambda: person.app.screen.view.shown_count == rows + 1, "the row")

"""What a stranger wrote into a log row, in every column, part of a filter, detail and export."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

AddRecords = Callable[[list[Any]], None]
HOSTILE = [
    "[/b] [@click=app.quit]x[/]",
    "\x1b]52;c;eA==\x07",
    "\u202egnp.exe",
    "a\nb\tc",
    '"quoted" -x:y',
    "=1+1",
]


@pytest.mark.parametrize("text", HOSTILE)
async def test_a_hostile_value_is_shown_kept_and_dropped_as_text(
    console: Any, add: AddRecords, make_event: Any, text: str
) -> None:
    row = make_event(
        900, "eve@example.org", type=text, name=text, reason=text, url=text, user_agent=text, data={"k": text}
    )
    add([row])
    async with console(200, 50) as person:
        await person.press("2", "right_square_bracket", "enter", "i", "s", "s")
        shown = person.screen
        assert "\x1b" not in shown and "\u202e" not in shown and "\x07" not in shown
        await person.press("plus")
        await person.type("user_agent")
        await person.press("enter")
        assert "1 row" in person.lines[1]
        await person.press("backspace", "minus")
        await person.type("user_agent")
        await person.press("enter")
        assert "8 rows" in person.lines[1]
        await person.press("v")
        await person.type("user_agent")
        await person.press("enter", "escape", "C", "escape", "Y", "escape", "asterisk", "escape")
        assert person.app.return_code is None

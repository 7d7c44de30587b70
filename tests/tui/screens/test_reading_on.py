"""Keys that read on, over a source that takes its time, fails, or has more rows than a list holds."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest


class SlowPages:
    """Pages of a story of three rows; those after the first one wait for the gate."""

    def __init__(self, source: Any) -> None:
        self._trace = source.trace
        self.gate = asyncio.Event()
        self.asked = 0

    async def trace(self, contact_id: int, cursor: str | None = None, **how: Any) -> Any:
        if cursor is not None:
            self.asked += 1
            await self.gate.wait()
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

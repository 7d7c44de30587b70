"""Rows of several lines: opened, wrapped, and every key that moves among them."""

from __future__ import annotations

from typing import Any

from textual.app import App, ComposeResult

from widgets.columns import Column, Row
from widgets.log_list import LogList

COLUMNS = (
    Column("time", "time", least=5),
    Column("level", "lvl", least=3, look="level"),
    Column("message", "message", least=10, grow=1),
)


class ListApp(App[None]):
    """A log list alone."""

    def __init__(self, **how: Any) -> None:
        super().__init__()
        self.list = LogList(COLUMNS, **how)

    def compose(self) -> ComposeResult:
        yield self.list

    def on_mount(self) -> None:
        self.animation_level = "none"
        self.list.focus()

    @property
    def screen_lines(self) -> list[str]:
        return [self.list.render_line(y).text.rstrip() for y in range(self.list.size.height)]


async def test_page_keys_lead_through_a_row_that_is_higher_than_the_page_and_skip_no_line() -> None:
    """A page ended where it began: what lay below the first page of an opened row was out of reach."""
    app = ListApp()
    fields = tuple((f"f{number}", f"value-{number}") for number in range(40))
    async with app.run_test(size=(40, 9)) as pilot:
        app.list.set_rows([Row(str(n), (f"{n:05}", "", "x"), detail=fields) for n in range(12)], at="start")
        app.list.toggle_detail("2")
        await pilot.pause()
        every = {f"value-{number}" for number in range(40)} | {f"{number:05}" for number in range(12)}
        for key, end in (("pagedown", "11"), ("pageup", "0"), ("ctrl+d", "11"), ("ctrl+u", "0")):
            seen: set[str] = set()
            for _ in range(60):
                seen |= {word.lstrip(">") for line in app.screen_lines for word in line.split()}
                if app.list.cursor_key == end:
                    break
                await pilot.press(key)
                await pilot.pause()
            assert every <= seen, (key, sorted(every - seen))

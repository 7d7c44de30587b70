"""A small table: measured columns, a cursor that stays, columns that move into view."""

from __future__ import annotations

from typing import Any

from textual.app import App, ComposeResult

from widgets.columns import Column, Row
from widgets.table_pane import TablePane

COLUMNS = (
    Column("email", "Email", grow=1, least=8),
    *(Column(name.lower(), name, align="right") for name in ("Sent", "Delivered", "Bounces", "Errors")),
)
ROWS = [
    Row("1", ("Welcome [/b]", "48 210", "47 000", "1 210", "0")),
    Row("2", ("Reminder\x1b[2J", "9", "9", "0", "312"), level="error"),
]


class TableApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.table = TablePane(empty="no emails in this window")
        self.said: list[tuple[str, str | None]] = []

    def compose(self) -> ComposeResult:
        yield self.table

    def on_mount(self) -> None:
        self.table.focus()

    def on_row_view_moved(self, message: TablePane.Moved) -> None:
        self.said.append(("moved", message.row and message.row.key))

    def on_row_view_chosen(self, message: TablePane.Chosen) -> None:
        self.said.append(("chosen", message.row.key))

    @property
    def screen_lines(self) -> list[str]:
        return [self.table.render_line(y).text.rstrip() for y in range(self.table.size.height)]


async def keys(pilot: Any, pressed: str) -> None:
    await pilot.press(*pressed.split())
    await pilot.pause()


async def test_columns_are_as_wide_as_what_they_hold() -> None:
    app = TableApp()
    async with app.run_test(size=(80, 6)) as pilot:
        app.table.set_table(COLUMNS, ROWS)
        await pilot.pause()
        assert app.screen_lines[:3] == [
            " Email          Sent Delivered Bounces Errors",
            ">Welcome [/b] 48 210    47 000   1 210      0",
            " Reminder␛[2J      9         9       0    312",
        ]


async def test_the_cursor_stays_on_its_row_when_the_table_is_read_again() -> None:
    app = TableApp()
    async with app.run_test(size=(80, 6)) as pilot:
        app.table.set_table(COLUMNS, ROWS)
        await keys(pilot, "j")
        app.table.set_table(COLUMNS, [Row("0", ("New", "1", "1", "0", "0")), *ROWS])
        await keys(pilot, "enter")
        assert app.said == [("moved", "1"), ("moved", "2"), ("chosen", "2")]
        app.table.set_table(COLUMNS, [])
        await pilot.pause()
        assert app.said[-1] == ("moved", None)
        assert app.screen_lines[0] == " no emails in this window"  # no titles of nothing


async def test_columns_that_do_not_fit_can_be_moved_into_view() -> None:
    app = TableApp()
    async with app.run_test(size=(30, 6)) as pilot:
        app.table.set_table(COLUMNS, ROWS)
        await pilot.pause()
        assert app.screen_lines[0].endswith("›")
        assert "Errors" not in app.screen_lines[0]
        await keys(pilot, "l l l l l l")
        assert app.screen_lines[0].startswith("‹Email") and app.screen_lines[0].endswith("Errors")
        await keys(pilot, "h h h h h h")
        assert app.screen_lines[0].startswith(" Email") and "Sent" in app.screen_lines[0]


async def test_the_mark_of_more_columns_covers_no_title() -> None:
    app = TableApp()
    async with app.run_test(size=(34, 6)) as pilot:
        app.table.set_table(COLUMNS, ROWS)
        await pilot.pause()
        assert app.screen_lines[0] == " Email          Sent Delivered  ›"


async def test_a_column_of_bars_takes_the_room_that_is_left_and_has_no_title_to_miss() -> None:
    columns = (*COLUMNS[:2], Column("bar", "", least=8, most=12, grow=1, look="bar", drop=9))
    rows = [
        Row("1", ("Mail A", "10", "1.0")),
        Row("2", ("Mail B", "5", "0.5")),
        Row("3", ("C", "no feed", "")),
    ]
    app = TableApp()
    async with app.run_test(size=(34, 6)) as pilot:
        app.table.set_table(columns, rows)
        await pilot.pause()
        assert app.screen_lines[1:4] == [
            ">Mail A      10 ████████████",
            " Mail B       5 ██████",
            " C      no feed",
        ]
        await pilot.resize_terminal(20, 6)
        await pilot.pause()
        assert app.screen_lines[0] == " Email     Sent"


async def test_a_long_table_says_that_it_is_cut() -> None:
    app = TableApp()
    async with app.run_test(size=(80, 6)) as pilot:
        app.table.set_table(COLUMNS, [Row(str(n), (str(n), "", "", "", "")) for n in range(600)])
        await keys(pilot, "G")
        assert app.table.cursor_key == "499"
        assert app.screen_lines[-1] == " first 500 rows"

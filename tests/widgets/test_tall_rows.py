"""Rows of several lines: opened, wrapped, and every key that moves among them."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from widgets.columns import Column, Row
from widgets.log_list import LogList
from widgets.shown import text

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
    fields = tuple((f"f{number}", f"value-{number}") for number in range(14))
    async with app.run_test(size=(40, 7)) as pilot:
        app.list.set_rows([Row(str(n), (f"{n:05}", "", "x"), detail=fields) for n in range(5)], at="start")
        app.list.toggle_detail("2")
        await pilot.pause()
        every = {f"value-{number}" for number in range(14)} | {f"{number:05}" for number in range(5)}
        for key, end in (("pagedown", "4"), ("pageup", "0"), ("ctrl+d", "4"), ("ctrl+u", "0")):
            seen: set[str] = set()
            for _ in range(30):
                seen |= {word.lstrip(">") for line in app.screen_lines for word in line.split()}
                if app.list.cursor_key == end:
                    break
                await pilot.press(key)
                await pilot.pause()
            assert every <= seen, (key, sorted(every - seen))


LONG = "gateway said 503 at the third try of five, the next one is in sixty seconds"


async def test_wrapped_the_message_goes_on_across_the_width_and_cells_in_their_columns() -> None:
    columns = (
        Column("time", "time", least=5),
        Column("contact", "contact", least=8),
        Column("message", "message", least=10, grow=1),
        Column("reason", "reason", least=30, drop=1),
    )
    app = ListApp()
    app.list.set_columns(columns)
    async with app.run_test(size=(45, 9)) as pilot:
        app.list.set_rows([Row("1", ("10:00", "ana@example.org", LONG, "http 503")), Row("2", ("10:01",))])
        await pilot.pause()
        assert app.screen_lines[1] == " 10:00 ana@exa… gateway said 503 at the thi…"
        app.list.set_wrap(True)
        await pilot.pause()
        assert app.screen_lines[1:6] == [
            " 10:00 ana@exam gateway said 503 at the",
            "       ple.org  third try of five, the next",
            "       one is in sixty seconds   reason:",
            "       http 503",
            ">10:01",
        ]
        app.list.set_wrap(False)
        await pilot.pause()
        assert app.screen_lines[2] == ">10:01"


async def test_a_bookmark_is_a_sign_beside_the_cursor_and_takes_room_only_where_there_is_one() -> None:
    app = ListApp()
    async with app.run_test(size=(40, 6)) as pilot:
        app.list.set_rows([Row(str(n), (f"{n:05}", "", "x")) for n in range(3)], at="start")
        await pilot.pause()
        assert app.screen_lines[1:3] == [">00000     x", " 00001     x"]
        app.list.set_bookmarks({"0", "2"})
        await pilot.pause()
        assert app.screen_lines[:4] == [
            "  time  lvl message",
            ">*00000     x",
            "  00001     x",
            " *00002     x",
        ]
        app.list.set_bookmarks(())
        await pilot.pause()
        assert app.screen_lines[1] == ">00000     x"


async def test_wrapping_keeps_the_end_in_sight_while_following_and_the_cursors_line_else() -> None:
    app = ListApp(can_follow=True)
    async with app.run_test(size=(40, 12)) as pilot:
        app.list.set_rows([Row(str(n), (f"{n:05}", "", LONG)) for n in range(100)])
        app.list.follow(True)
        app.list.set_wrap(True)
        await pilot.pause()
        assert app.list.following and app.screen_lines[-1].endswith(LONG[-9:])
        app.list.append([Row("100", ("00100", "", LONG))])
        await pilot.pause()
        assert app.list.following and app.list.cursor_key == "100"
        await pilot.press("pageup", "pageup")
        line = next(n for n, text in enumerate(app.screen_lines) if text.startswith(">"))
        key = app.list.cursor_key
        app.list.set_wrap(False)
        await pilot.pause()
        assert app.screen_lines[line].startswith(">") and app.list.cursor_key == key


class Ruled(LogList):
    """A list of a width that a test says."""

    wide = 80

    @property
    def row_width(self) -> int:
        return self.wide


TEXTS = st.text(st.sampled_from("ab é漢字\x1b[/\u202e\n👩" + "x" * 6), max_size=120)


WORLDS = {
    "cells": st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=12),
    "width": st.integers(1, 90),
    "opened": st.sets(st.integers(0, 11), max_size=4),
    "wraps": st.booleans(),
}


async def test_every_line_belongs_to_the_row_that_draws_it() -> None:
    """Heights, lines and rows agree at any width, whatever stands in the cells, whichever rows are open."""
    app = ListApp()
    app.list = view = Ruled(COLUMNS)

    @settings(max_examples=60, deadline=None)
    @given(**WORLDS)
    def check(cells: list[tuple[str, str, str]], width: int, opened: set[int], wraps: bool) -> None:
        view.collapse_all()
        view.set_wrap(wraps)
        view.wide = width
        rows = [Row(str(n), each, detail=(("name", each[0] * 3),)) for n, each in enumerate(cells)]
        view.set_rows(rows, at="start")
        for number in opened:
            view.toggle_detail(str(number))
        line = 0
        for number, row in enumerate(rows):
            strips = view.draw(row, width, False)
            assert len(strips) == view.height_of(row) >= 1
            assert view.tops[number] == line
            line += len(strips)
        assert view.tops[-1] == line

    async with app.run_test(size=(90, 20)):
        check()


async def test_wrapped_no_character_of_a_message_is_lost() -> None:
    app = ListApp()
    app.list = view = Ruled(COLUMNS)

    @settings(max_examples=60, deadline=None)
    @given(message=TEXTS, width=st.integers(30, 100))
    def check(message: str, width: int) -> None:
        view.wide = width
        strips = view.draw(Row("1", ("10:00", "ERR", message)), width, False)
        first = strips[0].text.removeprefix(" 10:00 ERR ")
        told = first + "".join(strip.text for strip in strips[1:])
        assert "".join(told.split()) == "".join(text(message).split())

    async with app.run_test(size=(90, 20)):
        view.set_wrap(True)
        check()


async def test_a_match_is_underlined_on_both_lines_that_it_goes_across_and_where_it_was_cut_off() -> None:
    columns = (Column("contact", "contact", least=8), Column("message", "message", least=10, grow=1))
    app = ListApp()
    app.list.set_columns(columns)

    def underlined() -> list[str]:
        lines = [app.list.render_line(y) for y in range(1, 6)]
        parts = [part for line in lines for part in line if part.style is not None and part.style.underline]
        return [part.text for part in parts]

    async with app.run_test(size=(40, 9)) as pilot:
        fields = (("reason", "sixty minutes"), ("sixth", "x"))
        app.list.set_rows([Row("1", ("ana@example.org", LONG), detail=fields)])
        assert app.list.holds(app.list.rows[0], "the next")
        for wanted, cut, wrapped in (
            ("AMPLE", ["a…"], ["am", "ple"]),
            ("five, the next one is", ["…"], ["five, the next one is"]),
            ("third try", ["thir…"], ["third", "try"]),
        ):
            app.list.set_wrap(False)
            app.list.set_highlight(wanted)
            await pilot.pause()
            assert underlined() == cut, wanted
            app.list.set_wrap(True)
            await pilot.pause()
            assert underlined() == wrapped, wanted
        assert not app.list.holds(app.list.rows[0], "minutes")
        app.list.set_wrap(False)
        app.list.toggle_detail("1")
        app.list.set_highlight("six")
        await pilot.pause()
        assert underlined() == ["…", "six", "six"]
        assert app.list.holds(app.list.rows[0], "minutes") and app.list.holds(app.list.rows[0], "sixth")


async def test_a_remark_between_wrapped_rows_keeps_to_its_line() -> None:
    app = ListApp()
    rows = [Row("1", ("12:00", "", "a" * 50)), Row("2", ("  2 rows, oldest first",), inert=True)]
    async with app.run_test(size=(40, 9)) as pilot:
        app.list.set_wrap(True)
        app.list.set_rows(rows, at="start")
        await pilot.pause()
        remark = [line for line in app.screen_lines if "oldest first" in line]
        assert remark == ["   2 rows, oldest first"]

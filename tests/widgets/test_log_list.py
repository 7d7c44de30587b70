"""The log list as a person meets it: keys in, what is on the screen out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from textual.app import App, ComposeResult

from widgets.columns import Column, Row
from widgets.log_list import LogList

COLUMNS = (
    Column("time", "time", least=5),
    Column("level", "lvl", least=3, look="level"),
    Column("message", "message", least=10, grow=1),
)


def rows(first: int, end: int, **more: Any) -> list[Row]:
    return [Row(str(n), (f"{n:05}", "", f"message {n}"), **more) for n in range(first, end)]


class ListApp(App[None]):
    """A log list alone, with what it said."""

    def __init__(self, **how: Any) -> None:
        super().__init__()
        self.list = LogList(COLUMNS, **how)
        self.said: list[Any] = []

    def compose(self) -> ComposeResult:
        yield self.list

    def on_mount(self) -> None:
        self.animation_level = "none"
        self.list.focus()

    def on_log_list_need_older(self, message: LogList.NeedOlder) -> None:
        self.said.append(("older", message.key))

    def on_log_list_need_newer(self, message: LogList.NeedNewer) -> None:
        self.said.append(("newer", message.key))

    def on_log_list_need_start(self, message: LogList.NeedStart) -> None:
        self.said.append(("start", message.key))

    def on_log_list_need_end(self, message: LogList.NeedEnd) -> None:
        self.said.append(("end", message.key))

    def on_log_list_follow_changed(self, message: LogList.FollowChanged) -> None:
        self.said.append(("follow", message.following, message.new_below))

    def on_row_view_chosen(self, message: LogList.Chosen) -> None:
        self.said.append(("chosen", message.row.key))

    @property
    def screen_lines(self) -> list[str]:
        return [self.list.render_line(y).text.rstrip() for y in range(self.list.size.height)]


def shown_rows(app: ListApp) -> list[int]:
    return [int(line[1:6]) for line in app.screen_lines[1:] if line[1:6].isdigit()]


async def press(pilot: Any, keys: str) -> None:
    await pilot.press(*keys.split())
    await pilot.pause()


async def test_it_opens_at_the_end_with_header_cursor_and_columns() -> None:
    app = ListApp()
    async with app.run_test(size=(40, 6)) as pilot:
        app.list.set_rows(rows(0, 100))
        await pilot.pause()
        lines = app.screen_lines
        assert lines[0].split() == ["time", "lvl", "message"]
        assert lines[-1] == ">00099     message 99"
        assert shown_rows(app) == [95, 96, 97, 98, 99]


async def test_the_cursor_moves_inside_the_page_and_jumps_half_a_page_at_its_edge() -> None:
    app = ListApp()
    async with app.run_test(size=(40, 11)) as pilot:
        app.list.set_rows(rows(0, 100), at="start")
        await press(pilot, " ".join("j" * 9))
        assert (app.list.cursor_key, app.list.scroll_offset.y) == ("9", 0)
        await press(pilot, "j")
        assert (app.list.cursor_key, app.list.scroll_offset.y) == ("10", 5)
        await press(pilot, "k")
        assert (app.list.cursor_key, app.list.scroll_offset.y) == ("9", 5)


async def test_page_and_end_keys() -> None:
    app = ListApp()
    async with app.run_test(size=(40, 11)) as pilot:
        app.list.set_rows(rows(0, 100), at="start")
        await press(pilot, "pagedown")
        assert shown_rows(app)[0] == 10 and app.list.cursor_key == "10"
        await press(pilot, "ctrl+d")
        assert shown_rows(app)[0] == 15
        await press(pilot, "G")
        assert shown_rows(app)[-1] == 99 and app.list.cursor_key == "99"
        await press(pilot, "pageup")
        assert shown_rows(app)[0] == 80 and app.list.cursor_key == "89"
        await press(pilot, "g")
        assert shown_rows(app)[0] == 0 and app.list.cursor_key == "0"


async def test_near_an_edge_it_asks_once_and_older_rows_do_not_move_what_is_seen() -> None:
    app = ListApp()
    async with app.run_test(size=(40, 11)) as pilot:
        app.list.set_rows(rows(100, 130), has_older=True)
        await press(pilot, "pageup pageup")
        before = shown_rows(app)
        await press(pilot, "k j k")
        assert app.said.count(("older", "100")) == 1
        app.list.add_older(rows(50, 100), has_older=False)
        await pilot.pause()
        assert shown_rows(app) == before
        await press(pilot, "g")
        assert shown_rows(app)[0] == 50
        assert ("older", "50") not in app.said


async def test_beyond_its_capacity_the_far_end_is_dropped_and_can_be_asked_for_again() -> None:
    app = ListApp(capacity=60)
    async with app.run_test(size=(40, 11)) as pilot:
        app.list.set_rows(rows(100, 150), has_older=True)
        await press(pilot, "g")
        assert app.said[-1] == ("older", "100") or ("start", "100") in app.said
        app.list.add_older(rows(50, 100), has_older=True)
        assert len(app.list.rows) == 60 and app.list.rows[0].key == "50"
        app.said.clear()
        await press(pilot, "G")
        assert ("end", "109") in app.said


async def test_a_failed_answer_lets_it_ask_again() -> None:
    app = ListApp()
    async with app.run_test(size=(40, 11)) as pilot:
        app.list.set_rows(rows(0, 30), at="start", has_newer=True)
        await press(pilot, "pagedown pagedown")
        assert app.said == [("newer", "29")]
        app.list.failed()
        await press(pilot, "k")
        assert app.said == [("newer", "29"), ("newer", "29")]


async def test_an_edge_that_still_waits_for_its_answer_does_not_ask_again() -> None:
    app = ListApp()
    async with app.run_test(size=(40, 11)) as pilot:
        app.list.set_rows(rows(0, 30), at="start", has_newer=True)
        await press(pilot, "pagedown pagedown")
        app.list.failed(newer=False)
        await press(pilot, "k")
        assert app.said == [("newer", "29")]


async def test_following_stays_at_the_newest_row_and_going_up_stops_it() -> None:
    app = ListApp(can_follow=True)
    async with app.run_test(size=(40, 11)) as pilot:
        app.list.set_rows(rows(0, 50))
        app.list.follow(True)
        app.list.append(rows(50, 53))
        await pilot.pause()
        assert app.list.following and shown_rows(app)[-1] == 52 and app.list.cursor_key == "52"
        await press(pilot, "k")
        assert not app.list.following
        app.list.append(rows(53, 60))
        await pilot.pause()
        assert app.list.new_below == 7 and shown_rows(app)[-1] == 52 and app.list.cursor_key == "51"
        assert app.said[-1] == ("follow", False, 7)
        await press(pilot, "G")
        assert app.list.following and app.list.new_below == 0 and app.list.cursor_key == "59"


async def test_the_wheel_stops_following_too() -> None:
    app = ListApp(can_follow=True)
    async with app.run_test(size=(40, 11)) as pilot:
        app.list.set_rows(rows(0, 50))
        app.list.follow(True)
        await pilot.pause()
        app.list.scroll_up(animate=False)
        await pilot.pause()
        assert not app.list.following


async def test_following_drops_the_oldest_rows_and_shrinks_and_grows_at_the_end() -> None:
    app = ListApp(can_follow=True, capacity=40)
    async with app.run_test(size=(40, 11)) as pilot:
        app.list.follow(True)
        for first in range(0, 200, 20):
            app.list.append(rows(first, first + 20))
        await pilot.pause()
        assert len(app.list.rows) == 40 and shown_rows(app) == list(range(190, 200))
        await pilot.resize_terminal(40, 6)
        await pilot.pause()
        assert app.list.following and shown_rows(app)[-1] == 199


async def test_a_full_list_that_does_not_follow_counts_and_keeps_what_is_seen() -> None:
    app = ListApp(can_follow=True, capacity=30)
    async with app.run_test(size=(40, 11)) as pilot:
        app.list.set_rows(rows(0, 30), at="start")
        app.list.append(rows(30, 35), skipped=100)
        await pilot.pause()
        assert app.list.new_below == 105 and shown_rows(app)[0] == 0 and len(app.list.rows) == 30
        await press(pilot, "G")
        assert ("end", "29") in app.said


async def test_details_open_in_place_for_several_rows_and_wrap() -> None:
    app = ListApp()
    async with app.run_test(size=(41, 12)) as pilot:
        detail = (("reason", "x" * 50), ("ip", "10.0.0.1"))
        app.list.set_rows(rows(0, 5, detail=detail), at="start")
        app.list.toggle_detail()
        app.list.toggle_detail("2")
        await pilot.pause()
        lines = app.screen_lines
        assert lines[1].startswith(">00000") and lines[2] == "    │ reason  " + "x" * 26
        assert lines[3] == "    │         " + "x" * 24 and lines[4] == "    │ ip      10.0.0.1"
        assert lines[5].startswith(" 00001") and lines[6].startswith(" 00002")
        await press(pilot, "j j j")
        assert app.list.cursor_key == "3"
        app.list.collapse_all()
        await pilot.pause()
        assert shown_rows(app) == [0, 1, 2, 3, 4]


async def test_enter_and_a_second_click_choose() -> None:
    app = ListApp()
    async with app.run_test(size=(40, 11)) as pilot:
        app.list.set_rows(rows(0, 5), at="start")
        await press(pilot, "j enter")
        await pilot.click(LogList, offset=(5, 4))
        await pilot.click(LogList, offset=(5, 4))
        await pilot.pause()
        assert app.said == [("chosen", "1"), ("chosen", "3")]


async def test_the_cursor_passes_over_inert_rows() -> None:
    app = ListApp()
    async with app.run_test(size=(40, 11)) as pilot:
        gap = Row("gap", ("", "", "+1 h"), inert=True)
        app.list.set_rows([*rows(0, 2), gap, *rows(2, 4), gap._replace(key="last")])
        await pilot.pause()
        assert app.list.cursor_key == "3"
        await press(pilot, "k k")
        assert app.list.cursor_key == "1"
        await press(pilot, "j")
        assert app.list.cursor_key == "2"


async def test_find_and_next_error_go_to_rows_and_back() -> None:
    app = ListApp()
    async with app.run_test(size=(40, 11)) as pilot:
        listed = rows(0, 50)
        listed[20] = listed[20]._replace(level="error", cells=("00020", "ERR", "Mailbox FULL"))
        listed[40] = listed[40]._replace(level="error", cells=("00040", "ERR", "mailbox full"))
        app.list.set_rows(listed, at="start")
        await pilot.pause()
        assert app.list.find("mailbox full") and app.list.cursor_key == "20"
        assert app.list.find("mailbox full") and app.list.cursor_key == "40"
        assert not app.list.find("mailbox full")
        assert app.list.next_level({"error"}, -1) and app.list.cursor_key == "20"
        assert not app.list.find("no such text") and app.list.cursor_key == "20"


async def test_marks_stand_before_their_rows() -> None:
    app = ListApp()
    async with app.run_test(size=(40, 11)) as pilot:
        app.list.set_rows(rows(0, 3), at="start")
        app.list.set_marks({"0": "x", "2": "-"})
        await pilot.pause()
        assert [line[:5] for line in app.screen_lines[1:4]] == [">[x] ", " [ ] ", " [-] "]


async def test_an_empty_list_says_why() -> None:
    app = ListApp(empty="0 of 18 330 rows: filter level>=error")
    async with app.run_test(size=(60, 5)) as pilot:
        await press(pilot, "j k G g enter pagedown")
        assert app.screen_lines[1] == " 0 of 18 330 rows: filter level>=error"
        assert app.said == []
        app.list.set_empty("no row matches; without domain:gmail.com 12 rows (backspace takes it out)")
        await pilot.pause()
        assert app.screen_lines[1:3] == [
            " no row matches; without domain:gmail.com 12 rows",
            " (backspace takes it out)",
        ]


async def test_selected_text_can_be_copied() -> None:
    app = ListApp()
    async with app.run_test(size=(40, 11)) as pilot:
        app.list.set_rows(rows(0, 3), at="start")
        await pilot.pause()
        app.list.text_select_all()
        assert [line.split() for line in (app.screen.get_selected_text() or "").splitlines()] == [
            [">00000", "message", "0"],
            ["00001", "message", "1"],
            ["00002", "message", "2"],
        ]


async def test_panning_shows_the_rest_of_a_long_message() -> None:
    app = ListApp()
    async with app.run_test(size=(40, 11)) as pilot:
        app.list.set_rows([Row("1", ("", "", "".join(f"{n:03}" for n in range(40))))])
        await press(pilot, "l")
        assert "‹005006" in app.screen_lines[1].replace("‹4", "‹") or "‹" in app.screen_lines[1]
        await press(pilot, "h")
        assert "000001" in app.screen_lines[1]


@pytest.mark.parametrize("size", [(1, 1), (5, 2), (20, 3), (300, 100)])
async def test_any_size_is_survived(size: tuple[int, int]) -> None:
    app = ListApp(can_follow=True)
    async with app.run_test(size=size) as pilot:
        app.list.set_rows(rows(0, 300, detail=(("a", "b" * 99),)), has_older=True, has_newer=True)
        app.list.toggle_detail()
        await press(pilot, "k pageup g G j ctrl+u ctrl+d l h f enter")
        await pilot.resize_terminal(80, 24)
        await pilot.resize_terminal(1, 1)
        await pilot.pause()


async def test_moving_the_cursor_draws_two_rows_only() -> None:
    drawn: list[str] = []

    class Counting(LogList):
        def draw(self, row: Row, width: int, selected: bool) -> Sequence[Any]:  # type: ignore[override]
            drawn.append(row.key)
            return super().draw(row, width, selected)

    app = ListApp()
    app.list = Counting(COLUMNS)
    async with app.run_test(size=(40, 30)) as pilot:
        app.list.set_rows(rows(0, 100), at="start")
        await pilot.pause()
        drawn.clear()
        await press(pilot, "j")
        assert sorted(drawn) == ["0", "1"]


async def test_the_very_top_is_asked_for_once_and_no_page_before_the_first_row() -> None:
    """A page that is wanted at the same time would take the place of the very first rows."""
    app = ListApp()
    async with app.run_test(size=(40, 6)) as pilot:
        app.list.set_rows(rows(50, 100), has_older=True)
        await press(pilot, "g")
        assert [said for said in app.said if said[0] in ("start", "older")] == [("start", "50")]

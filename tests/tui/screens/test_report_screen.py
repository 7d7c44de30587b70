"""The live report as a person uses it, at the two sizes that terminals have."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from widgets.composing import LineCompositor
from widgets.pane_page import PanePage

SIZES = [(80, 24), (200, 50)]


@pytest.mark.parametrize(("width", "height"), SIZES)
async def test_the_console_opens_on_the_scenario_with_the_newest_row(
    console: Any, width: int, height: int
) -> None:
    async with console(width, height) as person:
        assert "[1]Report" in person.lines[0]
        assert "Welcome   scenario 1 of 2   [Journey]  Email  Push  SMS" in person.lines[1]
        assert "live, last 24 h to now, UTC; newest row 09:42:00 (2 h ago)" in person.lines[2]
        assert "Journey performance" in person.screen
        assert "? help" in person.lines[-1]
        await person.press("J")
        assert "Spring offer   campaign 2 of 2   [Campaign]  Email  Push" in person.lines[1]
        assert "Campaign statistics" in person.screen


@pytest.mark.parametrize(("width", "height"), SIZES)
async def test_every_tab_of_a_scenario_shows_its_panes(console: Any, width: int, height: int) -> None:
    async with console(width, height) as person:
        assert "Welcome   scenario 1 of 2   [Journey]" in person.screen
        assert "Journey performance" in person.screen
        assert any(numbers_behind("Send mail A", line)[:3] == ["1", "1", "0"] for line in person.lines)
        await person.press("right_square_bracket")
        assert "[Email]" in person.screen and "Email sending statistics" in person.screen
        assert "50.0 %" in person.screen
        await person.press("right_square_bracket", "right_square_bracket")
        assert "[SMS]" in person.screen and "SMS sending statistics" in person.screen
        await person.press("right_square_bracket")
        assert "[Journey]" in person.screen
        await person.press("left_square_bracket", "left_square_bracket")
        assert "[Push]" in person.screen and "Push notification sending performance" in person.screen


def numbers_behind(step: str, line: str) -> list[str]:
    """What stands behind a step and its bar."""
    return [word for word in line.partition(step)[2].split() if word[0].isdigit()]


async def test_the_numbers_that_no_feed_tells_are_no_zeros(console: Any) -> None:
    async with console(200, 50) as person:
        await person.press("right_square_bracket")
        ignored = next(line for line in person.lines if "Ignored" in line and "no feed" in line)
        assert "0.0 %" not in ignored.split("Ignored")[1]


async def test_a_subject_is_chosen_by_typing_part_of_its_name(console: Any) -> None:
    async with console() as person:
        await person.press("b")
        assert "Scenario or campaign" in person.screen
        await person.until("Welcome       scenario")
        assert "scenario, 2 inside, newest" in person.screen, person.screen
        await person.type("spr")
        assert "Welcome  " not in person.lines[10]
        await person.press("enter")
        assert "Spring offer   campaign 2 of 2" in person.screen


async def test_going_back_from_the_list_changes_nothing(console: Any) -> None:
    async with console() as person:
        await person.press("b", "escape")
        assert "Welcome   scenario 1 of 2" in person.screen


async def test_another_time_range_is_a_key_away(console: Any) -> None:
    async with console() as person:
        await person.press("t")
        await person.type("1 h")
        await person.press("enter")
        assert "last 1 h to now, UTC" in person.screen
        await person.press("right_square_bracket")
        assert "Delivered" in person.screen
        assert "50.0 %" not in person.screen


async def test_test_events_are_let_in_by_a_visible_switch_which_campaigns_have_not(console: Any) -> None:
    async with console() as person:
        await person.press("i")
        assert "with test events" in person.screen
        await person.press("J", "i")
        await person.until("campaigns have no")


async def test_tab_goes_from_pane_to_pane_and_scrolls_to_them(console: Any) -> None:
    async with console() as person:
        assert "Actions executed and errors" not in person.screen
        await person.press("shift+tab")
        assert "Actions executed and errors" in person.screen
        await person.press("tab")
        assert "Journey performance" in person.screen


async def test_a_terminal_that_is_resized_lays_the_panes_out_anew(console: Any) -> None:
    async with console(200, 50) as person:
        await person.press("right_square_bracket")
        side_by_side = [
            line for line in person.lines if "Bounce reasons" in line and "Bounce categories" in line
        ]
        assert side_by_side
        await person.pilot.resize_terminal(70, 60)
        await person.settled()
        assert not [line for line in person.lines if "Bounce reasons" in line and "Bounce categories" in line]


async def test_one_action_only_is_counted_until_all_are_again(console: Any) -> None:
    async with console(120, 40) as person:
        await person.press("right_square_bracket")
        assert "50.0 %" in person.screen
        await person.press("A")
        await person.type("wait")
        await person.press("enter")
        assert "only Wait 2 days" in person.lines[2] and "50.0 %" not in person.screen
        await person.press("A")
        await person.type("send mail")
        await person.press("enter")
        assert "only Send mail A" in person.lines[2] and "50.0 %" in person.screen
        await person.press("A", "enter")
        assert "only " not in person.lines[2]


async def test_help_on_a_pane_of_steps_says_what_it_is_about_and_what_its_numbers_mean(console: Any) -> None:
    async with console(200, 50) as person:
        await person.press("question_mark")
        assert "of those done with the step before the part that was lost" in person.screen
        assert "exited, failed, removed and discarded rows at the step" in person.screen


async def test_what_a_narrow_list_cuts_is_told_whole_below_it(console: Any) -> None:
    async with console(80, 24) as person:
        await person.press("question_mark", "down")
        await person.until("Completed: step, event and action rows of the step: it counts on completion,")
        assert "not on entry; counts each row" in person.lines[-3]
        await person.press("escape", "t")
        assert not person.app.screen.query_one("#chooser-whole").display
        await person.until("on screen now")


async def test_a_very_small_terminal_shows_one_pane_at_a_time_and_then_says_that_it_is_too_small(
    console: Any,
) -> None:
    async with console(58, 20) as person:
        page = person.app.screen.query_one("PanePage")
        assert list(page.panes) == ["journey_performance"]
        await person.press("tab")
        assert list(page.panes) == ["journey_statistics"] and "Entered profiles" in person.screen
        await person.press("shift+tab", "shift+tab")
        assert list(page.panes) == ["actions"] and page.focused_pane.pane_id == "actions"
        await person.pilot.resize_terminal(19, 4)
        await person.when(lambda: person.screen.split() == ["window", "too", "small"])
        await person.pilot.resize_terminal(80, 24)
        await person.when(lambda: len(page.panes) > 1 and "Journey performance" in person.screen)
        await person.press("z", "tab")
        assert len(page.panes) == 1 and "one pane: z shows all" in person.lines[2]


async def test_a_report_that_reads_the_same_again_paints_nothing(
    console: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    painted: list[object] = []
    monkeypatch.setattr(LineCompositor, "update_widgets", lambda self, widgets: painted.extend(widgets))
    async with console(120, 40) as person:
        await person.press("r")
        painted.clear()
        await person.press("r", "r")
        assert painted == []


@pytest.mark.parametrize("key", ["r", "J"])
async def test_a_page_whose_drawing_a_key_cancelled_is_drawn_by_the_next_reading(
    console: Any, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    begun, draw = asyncio.Event(), PanePage.set_panes

    async def never_at_first(page: PanePage, *given: Any) -> None:
        if not begun.is_set():
            begun.set()
            await asyncio.Event().wait()
        await draw(page, *given)

    async with console(200, 50) as person:
        monkeypatch.setattr(PanePage, "set_panes", never_at_first)
        await person.pilot.press("right_square_bracket")
        await person.when(begun.is_set)
        await person.press(key)
        assert "[Email]" in person.lines[1]
        assert "Email sending statistics" in person.screen

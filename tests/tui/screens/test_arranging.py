"""Panes arranged by keys: what changes shows at once, what is saved comes back, what is not is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from tui.layouts import layout_path
from widgets.pane_page import PanePage


def titles(person: Any) -> list[str]:
    """The panes on the page in their order."""
    return list(person.app.screen.query_one(PanePage).panes)


def size(person: Any, pane: str) -> tuple[int, int]:
    """The cells that the pane has on the screen."""
    region = person.app.screen.query_one(PanePage).panes[pane].region
    return region.width, region.height


async def test_a_pane_is_made_wider_higher_and_even_and_undone(console: Any) -> None:
    async with console(200, 50) as person:
        await person.press("tab", "tab")
        wide, high = size(person, "events_last_day")
        await person.press("greater_than_sign", "greater_than_sign")
        wider, alone = size(person, "events_last_day")
        await person.press("plus")
        assert (wider > wide, size(person, "events_last_day")) == (True, (wider, alone + 1))
        assert "layout not saved: s" in person.screen
        await person.press("equals_sign", "u", "u", "u", "u")
        assert size(person, "events_last_day") == (wide, high)
        assert "not saved" not in person.screen


async def test_the_pane_mode_needs_no_held_key_and_ends_with_escape(console: Any) -> None:
    async with console(200, 50) as person:
        first = titles(person)
        await person.press("w")
        assert "h l width" in person.screen
        await person.press("L", "L", "k")
        assert titles(person)[2] == first[0]
        await person.press("escape", "L")
        assert "h l width" not in person.screen and titles(person)[2] == first[0]


async def test_panes_are_removed_to_the_last_one_and_come_back(console: Any) -> None:
    async with console() as person:
        panes = titles(person)
        for _ in panes:
            await person.press("x")
        assert titles(person) == [] and "No pane is left" in person.screen
        await person.press("x", "z", "w", "greater_than_sign", "v")
        await person.press("u")
        assert titles(person) == panes[-1:] and "No pane is left" not in person.screen
        await person.press("a")
        await person.type("journey stat")
        await person.press("enter")
        assert "journey_statistics" in titles(person)
        await person.press("0")
        assert titles(person) == panes


async def test_a_zoomed_pane_has_the_page_and_may_be_removed(console: Any) -> None:
    async with console() as person:
        panes = titles(person)
        await person.press("tab", "z")
        assert titles(person) == ["journey_statistics"] and "one pane" in person.screen
        await person.press("escape")
        assert titles(person) == panes
        await person.press("z", "x")
        assert titles(person) == [pane for pane in panes if pane != "journey_statistics"]


async def test_whatever_goes_away_the_focus_stays_near(console: Any) -> None:
    async with console(80, 24) as person:
        page = person.app.screen.query_one(PanePage)

        async def after(*keys: str) -> str:
            await person.press(*keys)
            return page.focused_pane.pane_id if page.focused_pane is not None else "none"

        assert await after("tab") == "journey_statistics"
        await person.press("z")
        assert "Failed individual journeys" in person.screen  # its figures flow anew in the room they have
        assert await after("x") == "events_last_day"
        assert await after("u") == "events_last_day"
        assert await after("a", "enter") == "entries"
        assert await after("u") == "events"
        assert await after("G", "tab", "0") != "none"


async def test_only_what_is_saved_is_there_next_time(console: Any) -> None:
    async with console() as person:
        before = titles(person)
        await person.press("x")
        assert not layout_path("journey", "journey").exists()
    async with console() as person:
        assert titles(person) == before
        await person.press("x", "s")
        await person.until("layout saved")
    async with console() as person:
        assert titles(person) == before[1:]


async def test_leaving_with_a_changed_layout_asks(console: Any) -> None:
    async with console() as person:
        await person.press("x", "Q")
        assert "Leave without saving the layout?" in person.screen
        assert "Journey live report, Journey" in person.screen
        await person.press("escape")
        assert "Leave without saving" not in person.screen
        await person.press("Q", "enter")  # the first answer is to stay
        assert "Leave without saving" not in person.screen and person.app.return_code is None
        await person.press("s", "Q")
        assert person.app.return_code == 0


@pytest.mark.parametrize(("keys", "is_kept"), [(("tab", "enter"), True), (("tab", "tab", "enter"), False)])
async def test_the_question_on_leaving_saves_or_does_not(
    console: Any, keys: tuple[str, ...], is_kept: bool
) -> None:
    async with console() as person:
        await person.press("x", "Q", *keys)
        assert person.app.return_code == 0
    assert layout_path("journey", "journey").exists() is is_kept


async def test_a_layout_that_cannot_be_saved_is_not_left(console: Any) -> None:
    layout_path("journey", "journey").parent.parent.mkdir(parents=True)
    layout_path("journey", "journey").parent.write_text("no folder")
    async with console() as person:
        await person.press("x", "Q", "tab", "enter")
        assert person.app.return_code is None and person.app.session.unsaved_layouts
        assert "cannot" in person.screen and "Leave without saving" not in person.screen


async def test_a_damaged_layout_is_said_in_one_line(console: Any) -> None:
    path = layout_path("journey", "journey")
    path.parent.mkdir(parents=True)
    path.write_text("{")
    async with console(200, 50) as person:
        await person.until("the default layout is shown")
        assert "journey_performance" in titles(person)


async def test_a_pane_is_drawn_in_one_way_or_in_all(console: Any) -> None:
    async with console(200, 50) as person:
        pane = person.app.screen.query_one(PanePage).panes["actions"]
        await person.press("shift+tab")
        for shown in ((True, False, False), (False, True, False), (False, False, True), (True, True, True)):
            await person.press("v")
            assert (pane.chart.display, pane.figures.display, pane.table.display) == shown


async def test_an_edge_is_dragged_and_the_close_box_clicked(console: Any) -> None:
    async with console(200, 50) as person:
        panes = titles(person)
        page = person.app.screen.query_one(PanePage)
        await person.press("tab")
        region = page.panes["journey_statistics"].region
        corner = (region.right - 1, region.bottom - 1)
        await person.pilot.mouse_down(None, offset=corner)
        await person.pilot.mouse_up(None, offset=(corner[0] - 17, corner[1] + 3))
        await person.settled()
        width, height = size(person, "journey_statistics")
        assert width == 50 and height == region.height + 3
        await person.press("u")
        assert size(person, "journey_statistics") == (region.width, region.height)
        line = person.lines[region.y]
        assert "Journey statistics [x]" in line
        await person.pilot.click(None, offset=(line.index("[x]") + 1, region.y))
        await person.settled()
        assert titles(person) == [pane for pane in panes if pane != "journey_statistics"]

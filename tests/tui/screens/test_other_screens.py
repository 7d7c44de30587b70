"""Contacts, trace, status, prompt, help and the frame around all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual.app import App

from backend.config import Settings
from backend.errors import ConfigError
from tui.app import ParcoursApp
from tui.keymap import load_keymap, shipped_keymap
from tui.session import Session


def cursor_line(person: Any) -> str:
    return next(line for line in person.lines if line.lstrip("┃│").startswith(">"))


@pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 50)])
async def test_the_roster_shows_who_is_inside_where_and_since_when(
    console: Any, width: int, height: int
) -> None:
    async with console(width, height) as person:
        await person.press("3")
        assert "2 inside" in person.lines[1]
        assert cursor_line(person).startswith(">[ ] ada@example.org")
        assert "until 03-12" in cursor_line(person) and "active" in person.screen
        is_wide = width >= 100
        assert ("active waiting" in person.screen) == is_wide


async def test_a_contact_inside_is_found_by_a_text_of_his_line(console: Any) -> None:
    async with console() as person:
        await person.press("3", "ctrl+f")
        await person.type("bob")
        await person.press("enter")
        assert "bob@example.net" in cursor_line(person)
        await person.press("n")
        await person.until('"bob" is not shown by any row below')
        await person.press("escape", "space", "escape")
        assert "1 of 50 marked" not in person.lines[1] and "[3]Contacts" in person.lines[0]


async def test_a_contact_inside_opens_to_all_that_is_known(console: Any) -> None:
    async with console() as person:
        await person.press("3", "enter")
        assert "waits until" in person.screen and "2026-03-12 08:00:00.000" in person.screen


async def test_the_roster_is_filtered_by_the_query_language(console: Any) -> None:
    async with console() as person:
        await person.press("3", "slash")
        await person.type("state:active")
        await person.press("enter")
        assert "/state:active   1 match" in person.lines[1]
        assert "ada@example.org" not in person.screen
        await person.press("q")
        assert "2 inside" in person.lines[1]


async def test_d_leads_from_a_contact_to_the_whole_story_and_back(console: Any) -> None:
    async with console() as person:
        await person.press("3", "d")
        assert "[4]Trace" in person.lines[0]
        assert "ada@example.org" in person.lines[1]
        assert person.lines[2].strip() == "7 rows; following"
        rows = [line for line in person.lines if line.startswith((" 03-10", ">03-10"))]
        assert [row[1:9] for row in rows] == sorted(row[1:9] for row in rows)
        assert rows[1].split()[2:4] == ["30", "min"]
        assert any(" scn " in row for row in rows) and any(" evt " in row for row in rows)
        await person.press("d")
        assert "/contact:ada@exampl" in person.lines[2] and "[event]" in person.lines[1]
        await person.press("escape")
        assert "[4]Trace" in person.lines[0]
        await person.press("q")
        assert "[3]Contacts" in person.lines[0]


async def test_the_trace_without_a_contact_says_how_to_choose_one(console: Any) -> None:
    async with console() as person:
        await person.press("4")
        assert "no contact chosen: press c, or d on any row" in person.screen
        await person.press("c")
        await person.type("bob")
        await person.until("bob@example.net")
        await person.press("enter")
        assert "bob@example.net" in person.lines[1]


async def test_a_row_without_a_contact_leads_nowhere_and_says_so(console: Any) -> None:
    async with console() as person:
        await person.press("2", "slash")
        await person.type("reason:none")
        await person.press("enter", "d")
        await person.until("no contact")


async def test_the_status_tells_of_source_feeds_and_what_was_set_aside(console: Any) -> None:
    async with console(100, 40) as person:
        await person.press("5")
        assert "[5]Status" in person.lines[0]
        assert "event log" in person.screen and "8 rows" in person.screen
        assert "brevo-test" in person.screen
        assert "no time" in person.screen


async def test_the_prompt_goes_to_places_by_name_and_shows_what_a_query_asks_for(console: Any) -> None:
    async with console() as person:
        await person.press("colon")
        await person.type("logs event kind:bounced")
        await person.until("show these rows: event")
        await person.press("enter")
        assert "scenario [event] tracking   1 row, 7 hidden; following   /kind:bounced" in person.lines[1]
        await person.press("colon")
        await person.type("report wel")
        await person.until("scenario, 2 inside")
        await person.press("enter")
        assert "Welcome   scenario 1 of 2" in person.lines[1]


async def test_a_wrong_query_in_the_prompt_says_why_and_does_nothing(console: Any) -> None:
    async with console() as person:
        await person.press("colon")
        await person.type("contacts colour:red")
        await person.until("colour")
        await person.press("enter")
        assert "contacts colour:red" in person.screen  # it stays, to be put right
        await person.press("escape")
        assert "[1]Report" in person.lines[0]


async def test_help_lists_the_keys_of_this_place_and_runs_them(console: Any) -> None:
    async with console() as person:
        await person.press("2", "question_mark")
        assert "Keys of Logs" in person.screen
        await person.until("next log")
        assert "next subject" not in person.screen
        await person.type("next log")
        await person.press("enter")
        assert "[event]" in person.lines[1]


async def test_help_and_footer_show_the_keys_that_the_person_set(console: Any, tmp_path: Any) -> None:
    own = tmp_path / "keymap.toml"
    own.write_text('[logs]\ntab_next = "x"\n[app]\npause = ""\n', encoding="utf-8")
    async with console(keymap=load_keymap(own)) as person:
        await person.press("2")
        assert "x next log" in person.lines[-1]
        await person.press("right_square_bracket")
        assert "[scenario]" in person.lines[1]
        await person.press("x", "p")
        assert "[event]" in person.lines[1] and "paused" not in person.lines[0]


async def test_ctrl_c_says_how_to_quit_and_Q_quits(console: Any) -> None:
    async with console() as person:
        await person.press("ctrl+c")
        await person.until("Q quits")
        await person.press("ctrl+q")
        assert person.app.is_running
        await person.pilot.press("Q")
        await person.pilot.pause()
        assert not person.app.is_running


async def test_q_and_escape_at_the_first_place_do_not_leave(console: Any) -> None:
    async with console() as person:
        await person.press("q", "escape")
        await person.until("Q quits")
        assert person.app.is_running


@pytest.mark.parametrize(("width", "height", "seen"), [(19, 24, "window too"), (80, 4, "window too small")])
async def test_a_window_that_is_too_small_says_so_and_recovers(
    console: Any, width: int, height: int, seen: str
) -> None:
    async with console() as person:
        await person.pilot.resize_terminal(width, height)
        await person.settled()
        assert seen in person.screen and "Report" not in person.screen
        await person.pilot.resize_terminal(80, 24)
        await person.settled()
        assert "[1]Report" in person.lines[0] and "Journey performance" in person.screen


@pytest.mark.parametrize("size", [(1, 1), (20, 5), (40, 10), (59, 14), (300, 100)])
async def test_every_place_can_be_shown_at_any_size(console: Any, size: tuple[int, int]) -> None:
    async with console(*size) as person:
        for key in ("2", "3", "4", "5", "1", "question_mark", "escape", "colon", "escape"):
            await person.press(key)
        assert person.app.is_running


async def test_contact_data_is_text_and_never_markup(
    console: Any, add: Callable[[list[Any]], None], make_event: Any
) -> None:
    hostile = "[@click=app.quit]x[/]\x1b]52;c;eA==\x07\u202e@h.example"
    add([make_event(900, hostile, reason="[/foo]\x9b2J")])
    async with console(200, 50) as person:
        await person.press("2", "right_square_bracket")
        assert "[@click=app.quit]x[/]␛]52;c;eA==␇" in person.screen
        await person.press("G", "enter", "d")
        assert "[@click=app.quit]x[/]␛]52;c;eA==␇" in person.lines[1]
        assert "\x1b" not in person.screen and "\u202e" not in person.screen


async def test_a_theme_that_is_not_there_is_refused_with_those_that_are(console: Any) -> None:
    with pytest.raises(ConfigError, match="parcours-contrast"):
        async with console(settings=Settings(theme="pink")):
            raise AssertionError


@pytest.mark.parametrize("theme", ["parcours-dark", "parcours-light", "parcours-contrast", "ansi-dark"])
async def test_every_theme_draws_every_place(console: Any, theme: str) -> None:
    async with console(settings=Settings(theme=theme)) as person:
        await person.press("2", "3", "4", "5", "question_mark")
        assert "Keys of Status" in person.screen


async def test_the_first_frame_shows_data(source: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is painted before the report is there: no frame says "loading"."""
    monkeypatch.setattr("tui.screens.place.FIRST_FRAME_S", 60.0)
    painted: list[str] = []
    display = App._display

    def watched(self: Any, screen: Any, renderable: Any) -> None:
        if renderable is not None:
            strips = screen._compositor.render_strips()
            painted.append("\n".join("".join(part.text for part in strip) for strip in strips))
        display(self, screen, renderable)

    monkeypatch.setattr(App, "_display", watched)
    async with ParcoursApp(Session(source), Settings(), shipped_keymap()).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
    assert "Welcome" in painted[0] and "Journey performance" in painted[0]
    assert not [frame for frame in painted if "loading" in frame]

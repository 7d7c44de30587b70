"""Two windows of a report side by side in the console: chosen, copied, written, each number opened."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tui.screens.compare import CompareScreen
from widgets.pane_page import PanePage


def cells(person: Any, label: str) -> list[str]:
    """What stands behind a label in its row."""
    line = next(line for line in person.lines if label in line)
    return line.partition(label)[2].strip("│┃ ").split()


async def test_this_window_stands_beside_the_one_before_and_back_leads_to_the_report(console: Any) -> None:
    async with console(120, 40) as person:
        await person.press("right_square_bracket", "C")
        assert isinstance(person.app.screen, CompareScreen)
        assert "24 h from 2026-03-09 12:00 compared with 24 h from 03-08 12:00 UTC" in person.lines[2]
        # nothing is collected before the first row, which is no 0
        assert cells(person, "Delivered")[:2] == ["1", "not"]
        await person.press("escape")
        assert "Welcome   scenario 1 of 2   Journey  [Email]" in person.lines[1]


async def test_two_drawings_at_once_fill_no_pane_that_is_not_there(console: Any) -> None:
    async with console(120, 40) as person:
        await person.press("right_square_bracket", "C")
        screen = person.app.screen
        data = await screen.fetch()
        other = msgspec.structs.replace(data.both, panes=data.both.panes[:1])
        for sides in (data._replace(both=other), data, data._replace(both=other), data):
            screen.call_later(screen.show, sides)
            screen.run_worker(screen.show(sides))
        await person.settled()
        assert cells(person, "Delivered")[:2] == ["1", "not"]


async def test_another_window_is_chosen_and_its_numbers_open(console: Any) -> None:
    async with console(120, 40) as person:
        await person.press("t")
        await person.type("2026-03-10T08:00 .. 2026-03-10T12:00")
        await person.press("enter", "right_square_bracket", "C")
        assert cells(person, "Delivered") == ["0", "1", "-100.0", "%"]  # ada's mail was delivered at 07:36
        await person.press("t")
        await person.type("2026-03-10T09:00..2026-03-10T10:00")
        await person.press("enter")
        assert "4 h from 2026-03-10 08:00 compared with 1 h from 09:00 UTC" in person.lines[2]
        assert cells(person, "Bounces") == ["1", "1", "+0.0", "%"]
        await person.press("j", "enter")
        assert "Bounces, compared" in person.screen
        await person.type("compared")
        await person.press("enter")
        assert "1 line of 1" in person.screen and "bob@example.net" in person.screen
        await person.press("escape")
        assert isinstance(person.app.screen, CompareScreen)


async def test_a_comparison_is_copied_as_its_command_and_written(
    console: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "taken"
    folder.mkdir()
    monkeypatch.chdir(folder)
    async with console(80, 24) as person:
        copied: list[str] = []
        monkeypatch.setattr(person.app, "copy_to_clipboard", copied.append)
        await person.press("C", "y", "S")
    words = shlex.split(copied[0])
    other = words[words.index("--compare") + 1]
    assert other == "2026-03-08T12:00:00.000Z..2026-03-09T12:00:00.000Z"
    (written,) = [path.read_text() for path in folder.iterdir()]
    assert "This window,Compared,Change" in written


async def test_points_of_both_charts_open_and_a_range_of_one_zooms_both(console: Any) -> None:
    async with console(140, 40) as person:
        await person.press("t")
        await person.type("2026-03-10T09:30 .. 2026-03-10T12:00")
        await person.press("enter", "C", "t")
        await person.type("2026-03-10T07:00")
        await person.press("enter")
        assert "2 h 30 from 2026-03-10 09:30 compared with 2 h 30 from 07:00 UTC" in person.lines[2]
        person.app.screen.query_one(PanePage).focus_pane("actions")
        await person.press("c", "g", "enter")  # bob's action failed at 09:30
        assert "Error in actions 03-10 09:30 - 09:45, this window, Welcome" in person.lines[1]
        assert "1 line of 1" in person.screen
        await person.press("escape", "tab", "l", "l", "enter")  # ada's was done at 07:30
        assert "Actions executed 03-10 07:30 - 07:45, compared, Welcome" in person.lines[1]
        await person.press("escape")
        assert "10:00 - 10:15" in person.screen  # the same place of this window is read with it
        await person.press("space", "l", "l", "enter")
        assert "zoomed in: Z goes back; 45 min from 2026-03-10 10:00 compared" in person.lines[2]
        assert "compared with 45 min from 07:30 UTC" in person.lines[2]
        await person.press("Z")
        assert "2 h 30 from 2026-03-10 09:30 compared with 2 h 30 from 07:00 UTC" in person.lines[2]
        await person.press("c", "space", "escape", "escape")
        assert isinstance(person.app.screen, CompareScreen) and "cursor" not in person.lines[2]
        await person.press("escape")
        assert "Welcome   scenario 1 of 2" in person.lines[1]

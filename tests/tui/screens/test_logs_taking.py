"""Taking rows out of the logs: clipboard, pager, files."""

from __future__ import annotations

import json
import shlex
import stat
from pathlib import Path
from typing import Any

import pytest

from tui import copying
from tui.pager import pager_command, read_in_pager
from tui.presenters.row_texts import record_text


@pytest.fixture(autouse=True)
def in_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


async def test_a_row_a_field_and_the_record_are_copied(console: Any) -> None:
    async with console(100, 30) as person:
        await person.press("2", "right_square_bracket", "y")
        assert json.loads(person.app.clipboard)["kind"] == "delivered"
        await person.press("Y")
        await person.type("email_id")
        await person.press("enter")
        assert person.app.clipboard == "cyd@example.com"
        await person.press("Y")
        await person.type("raw record")
        await person.press("enter")
        assert json.loads(person.app.clipboard) == {"piece": 16}
        await person.press("Y")
        await person.type("row as CSV")
        await person.press("enter")
        assert person.app.clipboard.count("\n") == 1


async def test_the_view_is_copied_as_the_command_line_that_prints_it(console: Any) -> None:
    async with console(100, 30) as person:
        await person.press("2", "right_square_bracket", "slash")
        await person.type("kind:sent -contact:bob@example.net")
        await person.press("enter", "Y")
        await person.type("command")
        await person.press("enter")
        words = shlex.split(person.app.clipboard)
    assert words[0] == "parcours" and words[1].endswith("small.db")
    assert words[2:] == ["logs", "event", "--limit", "all", "--filter", "kind:sent -contact:bob@example.net"]


async def test_what_the_clipboard_cannot_carry_goes_into_a_file(
    console: Any, in_own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "fits_clipboard", lambda text: False)
    async with console(100, 30) as person:
        await person.press("2", "right_square_bracket", "y")
        (path,) = in_own_folder.iterdir()
        assert json.loads(path.read_text())["kind"] == "delivered"
        assert person.app.clipboard == ""


def test_the_clipboard_carries_what_terminals_take() -> None:
    most = copying.MOST_ENCODED // 4 * 3
    assert copying.fits_clipboard("x" * most) and not copying.fits_clipboard("x" * (most + 3))


def test_a_record_is_copied_without_what_acts_on_a_terminal() -> None:
    assert record_text(b"a\x1b]52;c;eA==\x07\nrm -rf /\n").isprintable()


async def test_the_filtered_rows_are_downloaded_under_the_name_that_was_typed(
    console: Any, in_own_folder: Path
) -> None:
    async with console(100, 30) as person:
        await person.press("2", "right_square_bracket", "slash")
        await person.type("kind:sent")
        await person.press("enter", "S")
        await person.type("mine")
        await person.press("enter")
        path = in_own_folder / "mine.csv"
        assert len(path.read_text().splitlines()) == 4
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        await person.press("S")
        await person.type("mine")
        await person.press("enter")
        said = person.app._notifications  # on screen it breaks where the folder's name lets it
        await person.when(lambda: any("exists already" in one.message for one in said), "exists already")


async def test_where_there_is_no_terminal_the_pager_is_not_started(console: Any) -> None:
    async with console(100, 30) as person:
        await person.press("2", "right_square_bracket", "o")
        await person.until("not supported")  # a test has no terminal to leave: that is said


def test_the_pager_is_the_persons_own() -> None:
    assert pager_command({"PAGER": "less -S"}) == ["less", "-S"]
    assert pager_command({"PAGER": " "}) == ["less"]


def test_a_pager_that_does_not_start_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER", "/nowhere/pager")
    assert "the pager did not start" in (read_in_pager("x") or "")
    monkeypatch.setenv("PAGER", "true")
    assert read_in_pager("x") is None

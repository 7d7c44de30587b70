"""What leaves the report: files that are new, a picture, and a command line that prints the same."""

from __future__ import annotations

import shlex
from contextlib import nullcontext
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from textual.app import App

from tui.presenters.report import typed_range

NOW_MS = 1_773_144_000_000  # 2026-03-10T12:00:00Z


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "taken"
    folder.mkdir()
    monkeypatch.chdir(folder)


async def test_report_pane_and_picture_are_written_into_new_files(console: Any) -> None:
    async with console(120, 40) as person:
        await person.press("right_square_bracket")
        for typed in ("report as", "pane as", "picture"):
            await person.press("S")
            await person.type(typed)
            await person.press("enter")
    written = {path.name: path.read_text() for path in Path.cwd().iterdir()}
    assert sorted(name.rpartition(".")[2] for name in written) == ["csv", "csv", "svg"]
    report = next(text for name, text in written.items() if "-email-" in name and name.endswith("csv"))
    assert "Email sending statistics" in report and "Bounce reasons" in report
    assert "Targeted, excluded and retries" not in report
    pane = next(text for name, text in written.items() if "email_sending_statistics" in name)
    assert pane.startswith("Email sending statistics") and "Bounce reasons" not in pane
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in Path.cwd().iterdir())


async def test_the_command_line_of_a_view_is_copied(console: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async with console(120, 40) as person:
        copied: list[str] = []
        monkeypatch.setattr(person.app, "copy_to_clipboard", copied.append)
        await person.press("i", "y")
    words = shlex.split(copied[0])
    assert words[0] == "parcours" and words[1].endswith("small.db")
    assert words[2:] == [
        *("report", "--scenario", "brevo/default:1", "--tab", "journey"),
        *("--from", "2026-03-09T12:00:00.000Z", "--until", "2026-03-10T12:00:00.000Z", "--test"),
    ]


async def test_the_numbers_of_a_chart_are_written_and_copied(
    console: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console(120, 40) as person:
        copied: list[str] = []
        monkeypatch.setattr(person.app, "copy_to_clipboard", copied.append)
        await person.press("right_square_bracket", "c")
        for key in ("S", "Y"):
            await person.press(key)
            await person.type("chart as")
            await person.press("enter")
    (written,) = [path.read_text() for path in Path.cwd().iterdir()]
    assert written.startswith("Time,Sent,Delivered") and "2026-03-10T07:00:00.000Z,1,1,0" in written
    assert copied == [written]


async def test_one_action_and_added_panes_are_in_the_command_line(
    console: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console(120, 40) as person:
        copied: list[str] = []
        monkeypatch.setattr(person.app, "copy_to_clipboard", copied.append)
        await person.press("A")
        await person.type("Send mail A")
        await person.press("enter", "a")
        await person.type("Entries")
        await person.press("enter", "y")
    assert shlex.split(copied[0])[-3:] == ["--step", "Send mail A", "--all-panes"]


async def test_a_range_may_be_typed(console: Any) -> None:
    async with console(120, 40) as person:
        await person.press("t")
        await person.type("2026-03-10T07:00 .. 2026-03-10T09:30")
        await person.press("enter")
        assert "2026-03-10 07:00 - 09:30 UTC" in person.lines[2]


@pytest.mark.parametrize("text", ["", "abc", "2026-03-10 .. 2026-03-09", "..", "3d .. x"])
def test_what_is_no_range_is_none(text: str) -> None:
    assert typed_range(text, NOW_MS, UTC) is None


def test_a_span_moves_on_and_a_range_stays() -> None:
    span = typed_range("90m", NOW_MS, UTC)
    assert span is not None and (span.length_ms, span.window) == (5_400_000, None)
    day = typed_range("2026-03-09 .. 2026-03-10", NOW_MS, UTC)
    assert day is not None and day.window is not None and day.window.length_ms == 86_400_000


async def test_report_and_status_are_read_as_plain_text_in_the_pager(
    console: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    monkeypatch.setattr("tui.screens.taking.read_in_pager", read.append)
    monkeypatch.setattr(App, "suspend", lambda app: nullcontext())
    async with console(80, 24) as person:
        await person.press("o")
        await person.when(lambda: len(read) == 1)
        await person.press("5", "o")
        await person.when(lambda: len(read) == 2)
    report, status = read
    assert report.startswith("Welcome") and "Actions executed and errors" in report
    assert "Entries, exits and failures" not in report  # it is not on the page
    assert "Source\n" in status and "Feeds\n" in status and "brevo-test" in status

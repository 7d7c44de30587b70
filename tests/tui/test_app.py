"""The ways out of the console: signals, crashes, and what a report of one holds."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from typing import Any

import pytest

from backend.config import Settings
from backend.errors import ConfigError, NoSuchSource, SourceUnavailable
from tui import app, signals
from tui.screens.logs import LogsScreen


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGHUP, 129), (signal.SIGINT, 130), (signal.SIGQUIT, 131), (signal.SIGTERM, 143)],
)
def test_a_signal_has_the_exit_code_that_shells_give_it(number: signal.Signals, code: int) -> None:
    assert number in signals.ENDING
    assert signals.exit_code(number) == code


async def test_a_bug_ends_the_console_with_one_line_and_a_report_without_data(
    console: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ZeroDivisionError):
        async with console() as person:

            def broken() -> None:
                secret = "ada@example.org"
                raise ZeroDivisionError(f"no \x1b[31m {secret}")

            person.app.call_later(broken)
            await person.pilot.pause()
    assert person.app.return_code == app.EXIT_CRASH
    shown = " ".join(capsys.readouterr().err.split())
    assert "parcours: internal error (ZeroDivisionError: no ␛[31m ada@example.org)" in shown
    (report,) = (tmp_path / "state" / "parcours").iterdir()
    assert "ada@example.org" not in report.read_text()
    assert report.stat().st_mode & 0o777 == 0o600


def test_a_source_that_is_not_there_is_told_before_the_first_frame(tmp_path: Path) -> None:
    with pytest.raises(NoSuchSource):
        app.run(str(tmp_path / "none.db"), Settings())


def test_a_keymap_that_is_wrong_is_told_before_the_first_frame(tmp_path: Path, database: Path) -> None:
    own = tmp_path / "config" / "parcours" / "keymap.toml"
    own.parent.mkdir(parents=True)
    own.write_text('[app]\nquit = "pgdn"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="line 2"):
        app.run(str(database), Settings())


class Failing:
    """A source that answers as another one does, until it is told to fail."""

    def __init__(self, source: Any) -> None:
        self._source = source
        self.fails = False
        self.reason = "the disk is gone"

    def __getattr__(self, name: str) -> Any:
        if self.fails and name not in ("name", "close"):
            raise SourceUnavailable(self.reason)
        return getattr(self._source, name)


async def test_numbers_stay_and_are_marked_as_old_when_the_source_fails(console: Any, source: Any) -> None:
    failing = Failing(source)
    async with console(source=failing) as person:
        failing.fails = True
        await person.press("r")
        assert re.search("! cannot read, (.* old, )?again in", person.lines[0])
        assert "Journey performance" in person.screen
        assert "! the disk is gone" in person.screen
        assert "! as of 12:00:00" in person.screen
        failing.fails = False
        await person.press("r")
        assert "cannot read" not in person.screen and "the disk is gone" not in person.screen
        assert "as of" not in person.screen


async def test_a_source_that_fails_from_the_start_says_why(console: Any, source: Any) -> None:
    failing = Failing(source)
    failing.fails = True
    async with console(source=failing) as person:
        for key in ("1", "2", "3", "5"):
            await person.press(key)
            assert "the disk is gone" in person.screen
            assert " 0 " not in person.screen, "what was not read is no 0"


async def test_a_long_reason_is_read_whole_in_80_columns(console: Any, source: Any) -> None:
    failing = Failing(source)
    async with console(source=failing) as person:
        failing.fails = True
        failing.reason = "the certificate cannot be trusted " * 4 + "(end)"
        await person.press("r")
        assert failing.reason in " ".join(" ".join(person.lines).split())


async def test_a_screen_that_is_just_opening_is_told_when_it_is_there(console: Any) -> None:
    async with console() as person:
        opening = LogsScreen(person.app.session)
        opened = person.app.push_screen(opening)
        person.app.action_pause()
        await opened
        await person.until("paused")
        assert person.app.screen is opening

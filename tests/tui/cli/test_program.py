"""The program around its commands: help, version, names, settings, signals, crashes."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tui.cli.group import COMMANDS

Run = Callable[..., Any]
"""Answers code, out and err."""
Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.mark.parametrize("command", [*COMMANDS, ""])
def test_help_has_an_example(run: Run, command: str) -> None:
    ran = run(*command.split(), "--help")
    assert ran.code == 0
    assert (
        f"  parcours {command if command != 'console' else 'my.db'}".rstrip() in ran.out
        or "my.db " + command in ran.out
    )


def test_version_tells_what_it_runs_on(run: Run) -> None:
    ran = run("--version")
    assert ran.code == 0
    assert [word in ran.out for word in ("parcours", "Python 3", "SQLite 3", "Textual 8")] == [True] * 4


def test_with_nothing_configured_it_says_how_to_start(run: Run) -> None:
    ran = run()
    assert ran.code == 0
    assert "parcours demo" in ran.out
    assert "parcours ingest" in ran.out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["lgos", "event"], 2, "did you mean logs?"),
        (["mydb", "logs", "event"], 2, "a file is written with a / or a ., such as ./mydb"),
        (["./a.db", "./b.db", "logs", "event"], 2, "one SOURCE before a command"),
        (["./a.db", "logs", "event", "-s", "./b.db"], 2, "SOURCE is given twice"),
        (["-s", "nowhere", "logs", "event"], 66, 'no source is named "nowhere"'),
        (["logs", "event"], 2, "no SOURCE given"),
        (["http://example.org/", "logs", "event"], 2, "http is not encrypted"),
        (["./absent.ndjson"], 66, "no such file"),
        (["\x1b]52;c;eA==\x07"], 2, "␛]52;c;eA==␇"),
    ],
)
def test_a_wrong_line_is_told_in_words(run: Run, arguments: list[str], code: int, said: str) -> None:
    ran = run(*arguments)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert "\x1b" not in ran.err


def test_wrong_settings_are_exit_code_78(run: Run, home: Path) -> None:
    config = home / "config" / "parcours" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("colour = 1\n")
    ran = run("logs", "event")
    assert ran.code == 78
    assert "config.toml, line 1: there is no setting" in ran.err


def test_keys_lists_actions_and_marks_ones_own(run: Run, home: Path) -> None:
    own = home / "config" / "parcours" / "keymap.toml"
    own.parent.mkdir(parents=True)
    own.write_text('[app]\nquit = "X"\n')
    ran = run("keys")
    assert ran.code == 0
    assert any(line.startswith("* quit") and " X " in line for line in ran.out.splitlines())
    own.write_text('[app]\nfrobnicate = "X"\n')
    assert run("keys").code == 78


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(run: Run, shell: str) -> None:
    ran = run("completion", shell)
    assert ran.code == 0
    assert "_PARCOURS_COMPLETE" in ran.out


def test_completion_completes_commands_and_options(start: Start) -> None:
    def complete(words: str, place: int) -> str:
        environment = {"_PARCOURS_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(place)}
        out, err = start(environment=environment).communicate(timeout=60)
        assert err == b""
        return out.decode()

    assert "plain,logs" in complete("parcours lo", 1)
    assert "plain,--filter" in complete("parcours logs --fi", 2)
    assert "plain,tracking" in complete("parcours ./my.db logs tr", 3)


def test_an_unexpected_failure_leaves_a_private_report_without_data(
    run: Run, home: Path, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_: object, **__: object) -> None:
        raise KeyError("canary@example.com")

    monkeypatch.setattr("backend.query.language.parse", explode)
    ran = run(str(filled), "logs", "event")
    assert (ran.code, ran.out) == (70, "")
    assert len(ran.err.splitlines()) == 1
    (report,) = (home / "state" / "parcours").iterdir()
    assert str(report) in ran.err
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    text = report.read_text()
    assert "builtins.KeyError" in text
    assert "explode" in text
    assert "canary" not in text + ran.err


def test_a_full_disk_under_stdout_is_exit_code_74(start: Start, filled: Path) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    process = start(str(filled), "logs", "event", stdout=full)
    os.close(full)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 74
    assert err == b"parcours: I/O error: No space left on device\n"


def test_a_follower_whose_reader_went_away_is_ended_by_a_signal(start: Start, filled: Path) -> None:
    process = start(str(filled), "logs", "event", "--follow", "--format", "json")
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["kind"] == "sent"
    process.stdout.close()
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode in (141, 143)  # it may find by itself that the pipe is closed
    assert err == b""


def test_a_reader_that_has_enough_ends_it_quietly(start: Start, tmp_path: Path) -> None:
    feed = tmp_path / "many.ndjson"
    row = '{"record":"event","kind":"sent","created_at":"2026-03-10T12:00:00.%03dZ","email":"a@b.example"}\n'
    feed.write_text("".join(row % number for number in range(1_000)))
    start("ingest", str(feed), "--db", str(tmp_path / "my.db")).communicate(timeout=60)
    process = start(str(tmp_path / "my.db"), "logs", "event", "--limit", "all", "--format", "json")
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (141, b"")


@pytest.mark.usefixtures("signals_arrive")
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_signals_end_it_with_their_codes(start: Start, filled: Path, number: int, code: int) -> None:
    process = start(str(filled), "logs", "event", "--follow")
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err.strip()) == (code, b"")


def test_a_signal_that_falls_into_a_finaliser_still_ends_it(home: Path) -> None:
    code = (
        "import os, signal, time, tui.cli\n"
        "tui.cli._stop_on_signals()\n"
        "class Ending:\n"
        "    def __del__(self):\n"
        "        signal.raise_signal(signal.SIGTERM)\n"
        "ending = Ending()\n"
        "del ending\n"
        "time.sleep(60)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=30)
    assert (ran.returncode, ran.stderr) == (143, b"")


def test_what_stands_on_no_terminal_has_no_progress(start: Start, tmp_path: Path) -> None:
    feed = Path(__file__).parent / "feed.ndjson"
    process = start("ingest", str(feed), "--db", str(tmp_path / "my.db"))
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, b"")
    assert b"\r" not in err
    assert b"\x1b" not in err

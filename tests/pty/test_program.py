"""The real program in a real terminal, on a database with every hostile string in every column."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.pty.corpus import EVERY
from tests.pty.hostile_world import EVERYWHERE, write_feed
from tests.pty.pseudo_terminal import ROOT, PseudoTerminal, broken_boxes

PROGRAM = (sys.executable, "-c", "import sys; from tui.cli import main; sys.exit(main())")
SIZES = [(80, 24), (200, 50)]
PLACES = {"1": "[1]", "2": "[2]", "3": "[3]", "4": "[4]", "5": "[5]"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that the program itself read the hostile feed into."""
    folder = tmp_path_factory.mktemp("world")
    wrote = write_feed(folder / "feed.ndjson", int(time.time() * 1000))
    arguments = ["ingest", str(folder / "feed.ndjson"), "--db", str(folder / "world.db")]
    done = subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, cwd=ROOT, check=True)
    assert f"new {wrote:,}" in done.stderr + done.stdout
    return folder / "world.db"


Opened = Callable[..., PseudoTerminal]


@pytest.fixture
def opened(world: Path, tmp_path: Path) -> Iterator[Opened]:
    """Opens the console on that database; what was opened ends with the test."""
    running: list[PseudoTerminal] = []

    def open_console(size: tuple[int, int] = (80, 24), shows: str = EVERYWHERE, **env: str) -> PseudoTerminal:
        home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
        columns, rows = size
        terminal = PseudoTerminal([*PROGRAM, str(world)], columns=columns, rows=rows, env={**home, **env})
        running.append(terminal)
        terminal.wait_for(shows)
        return terminal

    yield open_console
    for terminal in running:
        terminal.__exit__(None, None, None)


def go(terminal: PseudoTerminal, key: str) -> None:
    """Go to a place and wait until it is there."""
    terminal.press(key)
    terminal.wait_for(PLACES[key])


def look(terminal: PseudoTerminal) -> None:
    """The program runs and no frame on its screen is broken."""
    terminal.settle()
    assert terminal.process.isalive(), terminal.text
    assert broken_boxes(terminal) == [], terminal.text


def leave(terminal: PseudoTerminal, code: int = 0) -> None:
    """Quit, and check everything that was ever written."""
    terminal.press("escape", "escape", "Q")
    assert terminal.wait_for_end() == code
    terminal.check_bytes()
    terminal.check_restored()


@pytest.mark.parametrize("size", SIZES)
def test_reports_show_hostile_names_as_text(opened: Opened, size: tuple[int, int]) -> None:
    terminal = opened(size)
    for _ in range(4):  # the tabs
        for _ in range(8):  # their panes
            terminal.press("tab", "pagedown", "l")
            look(terminal)
        terminal.press("]")
    for _ in range(12):
        terminal.press("J")
        look(terminal)
    terminal.press("b")
    terminal.wait_for("type to narrow")
    for text in ("\x1b[0031m", "[@click", "x"):
        terminal.paste(text)
        look(terminal)
    leave(terminal)


@pytest.mark.parametrize("size", SIZES)
def test_logs_show_every_hostile_row_and_its_fields_as_text(opened: Opened, size: tuple[int, int]) -> None:
    terminal = opened(size)
    go(terminal, "2")
    for _ in range(3):  # the logs
        terminal.press("G")
        look(terminal)
        for _ in range(12):
            terminal.press("enter", "pageup", "enter", "k")
            look(terminal)
        terminal.press("]")
    terminal.press("e", "E", "d")
    look(terminal)
    leave(terminal)


@pytest.mark.parametrize("size", SIZES)
def test_contacts_and_traces_show_hostile_people_as_text(opened: Opened, size: tuple[int, int]) -> None:
    terminal = opened(size)
    go(terminal, "3")
    for number in range(8):
        go(terminal, "3")
        terminal.press(*["pagedown"] * (number % 3), "j", "d")
        terminal.wait_for("[4]")
        terminal.press("g", "enter", "j", "enter", "pagedown")
        look(terminal)
    go(terminal, "5")
    look(terminal)
    terminal.press("?")
    terminal.wait_for("Keys of")
    look(terminal)
    leave(terminal)


def test_the_prompt_and_the_filter_take_any_text(opened: Opened) -> None:
    terminal = opened((100, 30))
    for text in EVERY[::9]:
        terminal.press(":")
        terminal.wait_for("Go to")
        terminal.paste(text[:300].replace("\x1b[201~", ""))
        look(terminal)
        assert "Go to" in terminal.text
        terminal.press("escape")
        terminal.wait_for(lambda t: "Go to" not in t.text)
    for text in EVERY[::9]:
        go(terminal, "2")
        terminal.press("/")
        terminal.paste(text[:300].replace("\x1b[201~", ""))
        terminal.press("enter")
        look(terminal)
        terminal.press("escape")
        terminal.settle()
    assert terminal.process.isalive()
    terminal.press("Q")
    assert terminal.wait_for_end() == 0
    terminal.check_bytes()
    terminal.check_restored()


def test_a_lone_escape_byte_is_the_key(opened: Opened) -> None:
    terminal = opened((80, 24))
    terminal.press(":")
    terminal.wait_for("Go to")
    terminal.send(b"\x1b")
    terminal.wait_for(lambda t: "Go to" not in t.text)
    leave(terminal)


def test_keys_that_arrive_all_at_once_are_taken_in_their_turn(opened: Opened) -> None:
    terminal = opened((80, 24))
    terminal.send(b":lovelace")
    terminal.wait_for("\u2503 lovelace")
    terminal.send(b"\x1b[27u2/kind:entered\r")
    terminal.wait_for("222 hidden")
    terminal.send(b"\x1b6")
    terminal.wait_for("[6]")
    terminal.send(b"5?\x1b[27u\x1b[27uQ")
    assert terminal.wait_for_end() == 0


def test_clicking_everywhere_runs_nothing_that_the_data_asks_for(opened: Opened) -> None:
    terminal = opened((80, 24))
    go(terminal, "2")
    terminal.press("/")
    terminal.paste('"click"')
    terminal.press("enter")
    look(terminal)
    for y in range(1, 23):
        for x in range(18, 78, 12):
            terminal.click(x, y)
    look(terminal)
    leave(terminal)


def test_without_colour_and_unicode_everything_written_is_ascii(opened: Opened) -> None:
    terminal = opened(
        (80, 24),
        NO_COLOR="1",
        TERM="xterm-16color",
        COLORTERM="",
        LC_ALL="C",
        LANG="C",
        PYTHONIOENCODING="ascii",
    )
    for key in ("2", "3", "4", "5", "1"):
        go(terminal, key)
        terminal.press("enter", "pagedown", "G")
        terminal.settle()
    assert terminal.process.isalive()
    leave(terminal)
    assert terminal.written.isascii()


@pytest.mark.parametrize(
    "sent", [b"\xff", b"\x80", "é".encode("latin-1"), b"\x1b[M\xff\xff\xff", b"\x1b[<0;99999999;1M"]
)
def test_bytes_that_are_not_utf8_do_not_end_the_program(opened: Opened, sent: bytes) -> None:
    terminal = opened()
    terminal.send(sent)
    terminal.settle()
    go(terminal, "2")
    leave(terminal)


@pytest.mark.usefixtures("signals_arrive")
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)]
)
def test_signals_end_it_with_their_code_and_the_terminal_as_it_was(
    opened: Opened, number: signal.Signals, code: int
) -> None:
    terminal = opened()
    terminal.signal(number)
    assert terminal.wait_for_end() == code
    terminal.check_bytes()
    terminal.check_restored()


def test_ctrl_c_says_how_to_leave(opened: Opened) -> None:
    terminal = opened()
    terminal.press("ctrl+c")
    terminal.wait_for("quits")
    leave(terminal)


def test_any_size_is_survived_in_every_place(opened: Opened) -> None:
    terminal = opened((100, 30))
    for key in ("1", "2", "3", "4", "5"):
        terminal.resize(100, 30)
        terminal.settle()
        go(terminal, key)
        for columns, rows in [(1, 1), (19, 4), (40, 10), (300, 90), (59, 14)]:
            terminal.resize(columns, rows)
            terminal.settle()
            assert terminal.process.isalive()
    terminal.resize(100, 30)
    go(terminal, "1")
    leave(terminal)


def test_a_row_is_read_in_the_persons_pager_and_the_console_comes_back(
    opened: Opened, tmp_path: Path
) -> None:
    pager = tmp_path / "pager"
    pager.write_text(
        '#!/bin/sh\ncat > "$0.read"\ntrap "echo; echo STOPPED" INT\necho; echo IN THE PAGER\n'
        "read key < /dev/tty\nread key < /dev/tty\n"
    )
    pager.chmod(0o700)
    terminal = opened((100, 30), PAGER=str(pager))
    go(terminal, "2")
    terminal.press("o")
    terminal.wait_for("IN THE PAGER")
    read = (tmp_path / "pager.read").read_text()
    assert "event_id" in read and "{" in read  # its fields, and its record laid out
    terminal.press("ctrl+c")  # it is the pager's key: less ends a search by it
    terminal.wait_for("STOPPED")
    terminal.press("enter")
    terminal.wait_for(lambda t: "[2]" in t.text and "IN THE PAGER" not in t.text)
    terminal.press("k", "enter")
    look(terminal)
    leave(terminal)


def test_a_terminal_that_does_not_read_for_a_while_shows_the_end_of_it(opened: Opened) -> None:
    """Frames that it cannot take are left out, no key waits, and it is whole afterwards."""
    terminal = opened((200, 50))
    go(terminal, "2")
    terminal.press("s", "p", "g")
    terminal.settle()
    for key in ("pagedown", "pageup") * 30:  # more than the terminal holds while nobody reads it
        terminal.press(key)
    terminal.press("?")
    terminal.wait_for("Keys of Logs")
    look(terminal)
    terminal.press("escape")
    leave(terminal)


def cost(terminal: PseudoTerminal, *keys: str) -> int:
    """Bytes that the program writes for some keys."""
    terminal.settle(0.3)
    before = len(terminal.raw)
    terminal.press(*keys)
    terminal.settle(0.3)
    return len(terminal.raw) - before


def test_what_keys_cost_over_a_slow_link(opened: Opened) -> None:
    terminal = opened((200, 50))
    go(terminal, "2")
    terminal.press("s", "p", "G", "k")  # the list alone; paused: nothing is read while it is measured
    assert cost(terminal, "k") <= 2_000
    assert cost(terminal, "pageup") <= 20_000
    assert cost(terminal, "g") <= 40_000
    assert cost(terminal) <= 1_000
    terminal.press("s")  # the fields of the row beside the list: of these what differs is drawn
    assert cost(terminal, "j") <= 10_000
    leave(terminal)

"""A terminal for the real program: keys, pastes, clicks and sizes in; the screen and every byte out."""

from __future__ import annotations

import codecs
import os
import re
import select
import signal
import termios
import time
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from types import TracebackType

import pyte
from ptyprocess import PtyProcess
from wcwidth import wcwidth

from tests.pty.ecma48 import modes_left_on, strange

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0
"""How long a screen may take on a machine that does other things as well."""
QUIET_S = 0.06
"""A screen that did not change for so long is whole."""
NOT_FOR_PYTE = re.compile(rb"\x1b\[[<>=][0-9;]*[a-z]|\x1b\[\?[0-9;]*\$p|\x1b\]22;[a-z-]*(?:\x07|\x1b\\)")
"""Sequences that pyte would print as text."""

WHOLE = re.compile(
    rb"\x1b(?:\[[\x30-\x3f]*[\x20-\x2f]*[\x40-\x7e]|\][^\x07]*\x07|[\x20-\x2f]*[\x30-\x5a\\^-\x7e])"
)

CORNERS = frozenset("┌┐└┘┏┓┗┛")
TOPS = frozenset("┌┐┏┓")
BOX = CORNERS | frozenset("│┃")
MESSAGE = "▌"
"""The left edge of a message above the screen."""

KEYS = {
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "enter": "\r",
    "escape": "\x1b[27u",  # the form that begins nothing else, however long the program leaves it unread
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "backspace": "\x7f",
    "space": " ",
    "ctrl+c": "\x03",
    "ctrl+d": "\x04",
    "ctrl+l": "\x0c",
    "ctrl+u": "\x15",
    "f1": "\x1bOP",
}


class PseudoTerminal:
    """A running program and what its terminal shows. Use as a context: the program ends with it."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        columns: int = 80,
        rows: int = 24,
        env: Mapping[str, str] | None = None,
        cwd: Path = ROOT,
    ) -> None:
        base = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        settings = {
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
        }
        self.process = PtyProcess.spawn(
            list(argv), cwd=str(cwd), env={**base, **settings, **(env or {})}, dimensions=(rows, columns)
        )
        self.attributes_before = termios.tcgetattr(self.process.fd)
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self.screen)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.raw = bytearray()
        self._pending = b""

    def __enter__(self) -> PseudoTerminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.isalive():
            self.process.kill(signal.SIGKILL)
            self.process.wait()
        self.process.close(force=True)

    # --- out ------------------------------------------------------------------------------------

    @property
    def lines(self) -> list[str]:
        return ["".join(row).rstrip() for row in self.cells]

    @property
    def cells(self) -> list[list[str]]:
        """What is in each cell; the second cell of a wide letter is empty."""
        columns, rows = self.screen.columns, self.screen.lines
        return [[self.screen.buffer[y][x].data for x in range(columns)] for y in range(rows)]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def written(self) -> str:
        """All that was written. Bytes that are not UTF-8 become surrogates, which nothing may write."""
        return self.raw.decode("utf-8", "surrogateescape")

    def read(self, timeout_s: float) -> bool:
        """Read what comes within the time; False where nothing came or the program ended."""
        ready, _, _ = select.select([self.process.fd], [], [], timeout_s)
        if not ready:
            return False
        try:
            data = os.read(self.process.fd, 65_536)
        except OSError:  # Linux says so when the last process has closed the terminal
            return False
        self.raw += data
        self._pending += data
        whole = _whole(self._pending)
        self._stream.feed(_for_pyte(self._decoder.decode(NOT_FOR_PYTE.sub(b"", self._pending[:whole]))))
        self._pending = self._pending[whole:]
        return bool(data)

    def settle(self, quiet_s: float = QUIET_S) -> None:
        """Read until nothing has come for a moment in which the program had nothing to do."""
        give_up_s = time.monotonic() + PATIENCE_S
        while (self.read(quiet_s) or self._is_at_work()) and time.monotonic() < give_up_s:
            pass

    def _is_at_work(self) -> bool:
        """Whether it computes, or would if the machine were not busy with something else; Linux tells."""
        for stat in Path(f"/proc/{self.process.pid}/task").glob("*/stat"):
            try:
                _, _, after_name = stat.read_text().rpartition(")")
            except OSError:
                continue  # that thread has ended
            if after_name.split()[0] in "RD":
                return True
        return False

    def wait_for(self, wanted: str | Callable[[PseudoTerminal], bool], timeout_s: float = PATIENCE_S) -> None:
        """Read until the screen shows a text, or a condition holds, and is quiet."""
        holds = (lambda terminal: wanted in terminal.text) if isinstance(wanted, str) else wanted
        give_up_s = time.monotonic() + timeout_s
        while not holds(self):
            if time.monotonic() > give_up_s:
                raise AssertionError(f"waited for {wanted!r}; the screen shows:\n{self.text}")
            if not self.read(0.05) and not self.process.isalive():
                self.settle()
                if not holds(self):
                    how = f"exit code {self.process.exitstatus}, signal {self.process.signalstatus}"
                    raise AssertionError(f"ended ({how}) before it showed {wanted!r}:\n{self.text}")
        self.settle()

    # --- in -------------------------------------------------------------------------------------

    def press(self, *keys: str) -> None:
        """Type keys by name, or as they are."""
        for key in keys:
            self.send(KEYS.get(key, key).encode("utf-8"))

    def paste(self, text: str) -> None:
        self.send(b"\x1b[200~" + text.encode("utf-8", "surrogatepass") + b"\x1b[201~")

    def click(self, x: int, y: int) -> None:
        """A click on a cell, counted from 0."""
        self.send(f"\x1b[<0;{x + 1};{y + 1}M\x1b[<0;{x + 1};{y + 1}m".encode())

    def send(self, data: bytes) -> None:
        os.write(self.process.fd, data)

    def resize(self, columns: int, rows: int) -> None:
        self.process.setwinsize(rows, columns)
        self.screen.resize(rows, columns)

    def signal(self, number: int) -> None:
        self.process.kill(number)

    # --- the end --------------------------------------------------------------------------------

    def wait_for_end(self, timeout_s: float = PATIENCE_S) -> int:
        """The exit code as a shell gives it, once the program has ended."""
        give_up_s = time.monotonic() + timeout_s
        while self.process.isalive():
            self.read(0.05)
            if time.monotonic() > give_up_s:
                raise AssertionError(f"still running; the screen shows:\n{self.text}")
        self.settle(0.0)
        if self.process.signalstatus is not None:
            return 128 + int(self.process.signalstatus)
        return int(self.process.exitstatus)

    def check_bytes(self) -> None:
        """Nothing was written but text and what Textual writes."""
        leaked = strange(self.written)
        assert leaked == [], leaked[:5]

    def check_restored(self) -> None:
        """The terminal was left as it was found."""
        assert modes_left_on(self.written) == set()
        # PtyProcess answers for the slave's settings as long as its own end is open.
        assert termios.tcgetattr(self.process.fd) == self.attributes_before


def _whole(data: bytes) -> int:
    """How many bytes end with a whole sequence; the rest waits for what follows."""
    start = data.rfind(b"\x1b")
    if start < 0 or len(data) - start > 64 or WHOLE.match(data, start):
        return len(data)
    return start


def _for_pyte(text: str) -> str:
    """Without the marks of no width that pyte stops at: it knows those with a combining class only."""
    if text.isascii():
        return text
    return "".join(char for char in text if unicodedata.combining(char) or wcwidth(char) != 0)


def frame(terminal: PseudoTerminal) -> set[tuple[int, int]]:
    """Where the corners and the sides of boxes are on the screen."""
    boxes = {
        (x, y): char for y, row in enumerate(terminal.cells) for x, char in enumerate(row) if char in BOX
    }
    edges = {x for (x, _), char in boxes.items() if char in TOPS}  # an axis of a chart has none above it
    return {(x, y) for x, y in boxes if x in edges}


def broken_boxes(terminal: PseudoTerminal) -> list[tuple[int, int]]:
    """Rows in which a box has one side and not the other, as (row, column of its left side)."""
    cells = terminal.cells
    found = []
    for y, row in enumerate(cells):
        for left, right in _tops(row):
            for below in range(y + 1, len(cells)):
                if MESSAGE in cells[below]:
                    break  # a message stands before the box
                sides = [cells[below][x] in BOX for x in (left, right)]
                if sides[0] != sides[1] and not _begins_inside(cells[below], left, right):
                    found.append((below, left))
                if not all(sides) or cells[below][left] in CORNERS:
                    break  # the box ends here, or goes on behind something
    return found


def _begins_inside(row: list[str], left: int, right: int) -> bool:
    """Whether the top of a box before this one hides a part of its row."""
    return any(left < x < right and row[x] in "┌┏┐┓" for x in range(len(row)))


def _tops(row: list[str]) -> list[tuple[int, int]]:
    """The left and right corners of the boxes that begin in a row."""
    corners = [(x, char) for x, char in enumerate(row) if char in CORNERS]
    return [(one, two) for (one, a), (two, b) in pairwise(corners) if a in "┌┏" and b in "┐┓"]

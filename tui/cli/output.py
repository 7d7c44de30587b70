"""The only door to stdout and stderr: data on the one, messages on the other, strangers' text made safe.

Text lines and messages go through `clean`, JSON lines carry every control as an escape (no byte of
meaning is lost), CSV goes through `csv_cells`; only `raw` writes bytes as they came. Nobody else prints.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, Protocol

from backend.clean import clean, masked, masked_bytes
from backend.csv_cells import Value, csv_line
from backend.json_lines import json_escaped, masked_json

LINE_LIMIT = 8_192
"""Code points of one line of text; a table's cells are cut shorter by whoever lays it out."""


class ReaderGone(Exception):
    """Whoever read our stdout has closed it: there is nobody to go on for. Raised by all that write data.

    No OSError, because click would end the program with a code of its own.
    """


class _Mask:
    """Whether addresses are masked: asked for once, when the first line is written."""

    def __init__(self) -> None:
        self.ask: Callable[[], bool] | None = None
        self.answer = False


_MASK = _Mask()


def use_mask(masks: Callable[[], bool]) -> None:
    """Say who knows whether addresses are to be written as a***@example.org."""
    _MASK.ask, _MASK.answer = masks, False


def _masks() -> bool:
    if _MASK.ask is not None:
        ask, _MASK.ask = _MASK.ask, None  # what asking itself has to say is written as it is
        _MASK.answer = ask()
    return _MASK.answer


def text(line: str, limit: int = LINE_LIMIT) -> None:
    """One line of text for eyes."""
    _write((clean(line, limit) + "\n").encode(_encoding(sys.stdout), "backslashreplace"))


def lines(block: str) -> None:
    """Several lines of text for eyes, each made safe by itself."""
    for line in block.split("\n"):
        text(line)


def json_line(encoded: bytes) -> None:
    """One JSON value on a line of its own, always UTF-8."""
    if _masks():
        _write(masked_json(encoded), is_masked=True)
    else:
        _write(json_escaped(encoded) + b"\n")


def csv_row(values: Iterable[Value]) -> None:
    """One record of CSV, always UTF-8."""
    _write(csv_line(values).encode("utf-8"))


def raw(content: bytes) -> None:
    """Bytes exactly as they came, with a line end where they have none."""
    _write(content if content.endswith(b"\n") else content + b"\n")


def script(content: str) -> None:
    """Text that is the program's own and holds no data, such as a completion script."""
    _write(content.encode("utf-8"))


def flush() -> None:
    """Hand on what is written: after each row that somebody waits for. Raises: ReaderGone."""
    try:
        sys.stdout.flush()
    except BrokenPipeError as error:
        raise ReaderGone from error


def note(message: str) -> None:
    """A message to the person, on stderr."""
    line = clean(masked(message) if _masks() else message, LINE_LIMIT) + "\n"
    _errors().write(line.encode(_encoding(sys.stderr), "backslashreplace"))
    sys.stderr.flush()


def agreed(question: str) -> bool:
    """Ask on the terminal; where there is none to ask on, the answer is no."""
    return answered(f"{question} [y/N]").casefold() in {"y", "yes"}


def answered(question: str) -> str:
    """What the person typed on the terminal; "" where there is none to ask on."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return ""
    _errors().write(f"{clean(question, LINE_LIMIT)} ".encode(_encoding(sys.stderr), "backslashreplace"))
    sys.stderr.flush()
    return sys.stdin.readline().strip()


class Progress(Protocol):
    """Something that shows how far a piece of work is."""

    def show(self, label: str, fraction: float | None) -> None:
        """label: what is done so far; fraction: 0 to 1, or None where the end is not known."""

    def clear(self) -> None:
        """Take the line away, so that a message may be written."""


@contextmanager
def progress() -> Iterator[Progress]:
    """One line on stderr that is written over and over, and gone at the end; nothing but on a terminal."""
    line = _Line(shown=sys.stderr.isatty())
    try:
        yield line
    finally:
        line.clear()


class _Line:
    """The line that a progress writes over."""

    WIDTH = 24

    def __init__(self, *, shown: bool) -> None:
        self._shown = shown
        self._last = ""

    def show(self, label: str, fraction: float | None) -> None:
        if not self._shown:
            return
        bar = ""
        if fraction is not None:
            done = round(min(max(fraction, 0.0), 1.0) * self.WIDTH)
            bar = f"[{'#' * done}{'.' * (self.WIDTH - done)}] {min(fraction, 1.0):>4.0%}  "
        self._put(clean(bar + label, max(_columns() - 2, 20)))

    def clear(self) -> None:
        if self._last:
            self._put("")

    def _put(self, line: str) -> None:
        if line != self._last:
            _errors().write(f"\r{line}\x1b[K".encode(_encoding(sys.stderr), "backslashreplace"))
            sys.stderr.flush()
            self._last = line


def settle() -> None:
    """The end: what is still buffered goes out, or nowhere if nobody takes it; exit must not fail by it."""
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _write(content: bytes, *, is_masked: bool = False) -> None:
    try:
        sys.stdout.buffer.write(masked_bytes(content) if _masks() and not is_masked else content)
    except BrokenPipeError as error:
        raise ReaderGone from error


def _errors() -> BinaryIO:
    return sys.stderr.buffer


def _encoding(stream: object) -> str:
    return getattr(stream, "encoding", None) or "utf-8"


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns
    except (OSError, ValueError):
        return 80

"""Repairs of Textual's terminal driver, how fast the terminal takes what it is given, and ASCII for those
without UTF-8.

Textual 8.2.8 decodes input strictly, so that one byte that is not UTF-8 ends the program
(Textualize/textual 6456, 6668), and turns numbers out of escape sequences into characters without a
limit. The version is pinned for this module.
"""

from __future__ import annotations

import codecs
import re
import sys
import time
from collections.abc import Callable, Iterable
from typing import IO, Any

from rich.color import Color
from rich.segment import Segment, Segments
from rich.style import Style
from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, XTermParser
from textual.driver import Driver
from textual.drivers import linux_driver
from textual.drivers._writer_thread import WriterThread
from textual.keys import Keys
from textual.message import Message
from textual.scrollbar import ScrollBar, ScrollBarRender

from widgets import shown

TOO_LONG = re.compile(r"\d{7}")
"""No key, place or size has seven digits."""
COMPLETE = re.compile(r"\x1b\[[\x20-\x3f]*[\x40-\x7e]")
"""A whole control sequence: parameters and a final byte."""
UNFINISHED_START = re.compile(r"\x1b\[2(?:0|00)?\Z")
LONGEST_PASTE = 1_000_000
"""Characters after which a paste ends, whether the terminal says so or not."""
MOST_CELLS = 2_000
"""Rows or columns of a terminal that are believed."""
SLOW_S = 0.1
"""A link on which the terminal takes longer than that for a frame is slow."""
STAYS_SLOW_S = 10.0
"""How long it counts as slow after that."""


class CarefulParser(XTermParser):
    """Textual's parser of what a terminal sends, without the sequences that overflow.

    Pasted text is taken out before it is parsed: Textual turns an escape in it into keys, so that a paste
    could leave the field it goes into and press what it likes.
    """

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._pasted: str | None = None
        self._held = ""
        """The beginning of what may become the start of a paste, at the end of a reading."""

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[events.Key]:
        if TOO_LONG.search(sequence):
            return [events.Key(Keys.Ignore, sequence)] if COMPLETE.fullmatch(sequence) else []
        if len(sequence) == 2 and isinstance(ANSI_SEQUENCES_KEYS.get(sequence), str):
            sequence, alt = sequence[1], True  # not the letters that one keyboard has there
        if alt and len(sequence) == 1 and not sequence.isalnum():  # it would leave out the escape
            return [events.Key("escape", "\x1b"), *super()._sequence_to_key_events(sequence)]
        try:
            return list(super()._sequence_to_key_events(sequence, alt))
        except (ValueError, OverflowError):  # a code point beyond Unicode
            return [events.Key(Keys.Ignore, sequence)]

    def parse_mouse_code(self, code: str) -> Message | None:
        return None if TOO_LONG.search(code) else super().parse_mouse_code(code)

    def feed(self, data: str) -> Iterable[Message]:
        if not data:  # the end of the input
            yield from super().feed(data)
            return
        data = self._held + data
        self._held = ""
        while data:
            if self._pasted is None:
                keys, start, data = data.partition(BRACKETED_PASTE_START)
                if start:
                    self._pasted = ""
                elif held := UNFINISHED_START.search(keys):
                    keys, self._held = keys[: held.start()], held.group()
                yield from self._typed(keys)
            else:
                text, end, data = (self._pasted + data).partition(BRACKETED_PASTE_END)
                if end or len(text) > LONGEST_PASTE:
                    self._pasted = None
                    yield events.Paste(text[:LONGEST_PASTE].replace("\x00", ""))
                else:
                    self._pasted = text

    def _typed(self, keys: str) -> Iterable[Message]:
        """What was typed, clicked or reported, outside any paste."""
        if keys:
            for message in super().feed(keys):
                if not (isinstance(message, events.Resize) and _is_absurd(message)):
                    yield message


def _is_absurd(resize: events.Resize) -> bool:
    return max(resize.size) > MOST_CELLS or min(resize.size) < 1


class _ForgivingDecoder(codecs.IncrementalDecoder):
    """UTF-8 in which a bad byte becomes U+FFFD, as a decoder that Textual makes without arguments."""

    def __init__(self) -> None:
        super().__init__("replace")
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def decode(self, data: Any, final: bool = False) -> str:
        return self._decoder.decode(data, final)


class TimedWriter(WriterThread):
    """Textual's output thread, which tells whether the terminal takes what it is given, and how fast."""

    def __init__(self, file: IO[str], monotonic_s: Callable[[], float] = time.monotonic) -> None:
        super().__init__(file)
        self._monotonic_s = monotonic_s
        self._given = self._written = 0
        self._busy_since_s = 0.0
        self._slow_at_s: float | None = None

    @property
    def is_busy(self) -> bool:
        """Whether the terminal has not taken all yet."""
        return self._given != self._written

    @property
    def is_slow(self) -> bool:
        """Whether it takes long over what it is given, now or a moment ago."""
        now_s = self._monotonic_s()
        if self.is_busy and now_s - self._busy_since_s > SLOW_S:
            self._slow_at_s = now_s
        return self._slow_at_s is not None and now_s - self._slow_at_s < STAYS_SLOW_S

    def write(self, text: str) -> None:
        if not self.is_busy:
            self._busy_since_s = self._monotonic_s()
        self._given += 1
        super().write(text)

    def run(self) -> None:
        while (text := self._queue.get()) is not None:
            self._file.write(text)
            if self._queue.empty():
                self._file.flush()
            self._written += 1
            if not self.is_busy and self._monotonic_s() - self._busy_since_s > SLOW_S:
                self._slow_at_s = self._monotonic_s()
        self._file.flush()


def output_of(driver: Driver | None) -> TimedWriter | None:
    """The output thread of a driver; None where it writes without one, as in tests."""
    thread = getattr(driver, "_writer_thread", None)
    return thread if isinstance(thread, TimedWriter) else None


def repair_driver() -> None:
    """Make the driver survive any bytes on standard input. Call once, before the app runs."""
    names: Any = linux_driver
    names.WriterThread = TimedWriter
    names.getincrementaldecoder = lambda encoding: _ForgivingDecoder
    names.XTermParser = CarefulParser


def is_utf8(stream: Any) -> bool:
    """Whether `stream` (Textual draws on stderr) can carry more than ASCII."""
    return (getattr(stream, "encoding", None) or "").lower().replace("-", "") in ("utf8", "utf8mb4")


def suit_terminal(ascii_only: bool | None = None) -> None:
    """Draw with ASCII only where told so, or where the terminal's encoding is not UTF-8."""
    plain = not is_utf8(sys.__stderr__) if ascii_only is None else ascii_only
    shown.use_ascii(plain)
    ScrollBar.renderer = AsciiScrollBar if plain else ScrollBarRender


class AsciiScrollBar(ScrollBarRender):
    """A scroll bar of "|" and "#"."""

    @classmethod
    def render_bar(
        cls,
        size: int = 25,
        virtual_size: float = 50,
        window_size: float = 20,
        position: float = 0,
        thickness: int = 1,
        vertical: bool = True,
        back_color: Color | None = None,
        bar_color: Color | None = None,
    ) -> Segments:
        rail, thumb = ("|" if vertical else "-") * thickness, "#" * thickness
        style = Style(color=bar_color)
        if not (window_size and size and virtual_size) or size == virtual_size:
            parts = [Segment(rail, style)] * size
        else:
            ratio = virtual_size / size
            start = min(size - 1, max(0, int(position / ratio)))
            end = max(start + 1, min(size, round((position + window_size) / ratio)))
            parts = [Segment(thumb if start <= place < end else rail, style) for place in range(size)]
        return Segments(parts, new_lines=vertical)

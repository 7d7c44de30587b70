"""CSV in a stream: separator and header found out, cells over several lines, ragged rows told apart.

The header line decides the separator. Rows are read as UTF-8 or, where they are not valid UTF-8, as
Windows-1252, each by itself. A quoted cell that is never closed costs the line that opened it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence

import msgspec

from backend.errors import DecodeError
from backend.feeds.format import Frame
from backend.feeds.intake import MAX_EVENT_BYTES, MAX_TEXT, storable_text
from backend.feeds.json_frames import SAMPLE_BYTES, rejected
from backend.record import Rejected

SEPARATORS = (",", ";", "\t", "|")
MAX_RECORD_LINES = 1_000
"""More lines than this in one row mean a quote that was never closed."""
MAX_COLUMNS = 2_000

_SEPARATOR_LINE = re.compile(r"sep=(.)\s*\Z", re.IGNORECASE)
_QUOTED_REST = re.compile(rb'(?:[^"]++|"")*+"')
_CELL_REST = {sep: re.compile(rb"[^%s]*+(?:%s|\Z)" % (2 * (re.escape(sep.encode()),))) for sep in SEPARATORS}
_CELLS = {
    sep: re.compile(rb'(?:(?:"(?:[^"]++|"")*+"|(?!"))[^%s]*+(?:%s|\Z))*+' % (2 * (re.escape(sep.encode()),)))
    for sep in SEPARATORS
}
_LARGE = f"larger than {MAX_EVENT_BYTES} bytes"


class CsvPosition(msgspec.Struct, frozen=True, omit_defaults=True):
    offset: int = 0
    line: int = 1
    separator: str = ""
    """"" until the header, or a line before it, told."""
    header: tuple[str, ...] = ()


class CsvFramer:
    """Cuts CSV into rows, each a Frame whose value is {header: text}; see `framing.Framer`."""

    def __init__(self, name: str = "", position: str | None = None) -> None:
        start = _read_position(position)
        self._name = name
        self._buffer = b""
        self._offset = start.offset
        """Offset in the file of the buffer's first byte."""
        self._framed = 0
        """Index of the first byte that is not framed; negative while a large line is dropped."""
        self._at = 0
        """Beginning of the line to be read next; beyond `_framed` inside a row of several lines."""
        self._line = start.line
        """Line of the byte at `_framed`."""
        self._lines = 0
        """Lines of the row being read that were read already."""
        self._open = False
        """Whether the row's last line read ends inside a quoted cell."""
        self._separator = start.separator
        self.header: tuple[str, ...] = start.header
        self._sample: bytes | None = None
        """The beginning of a line that is too large to be held; None where it is held."""
        self._final: CsvPosition | None = None

    @property
    def resume_offset(self) -> int:
        return self._position().offset

    def position(self) -> str:
        return msgspec.json.encode(self._position()).decode()

    def feed(self, data: bytes) -> Iterator[Frame | Rejected]:
        self._buffer += data
        yield from self._rows()
        self._trim()

    def finish(self) -> Iterator[Frame | Rejected]:
        self._final = self._position()
        yield from self._rows()
        while self._framed < len(self._buffer):
            yield from self._give_line_up("a quoted cell is never closed")
            yield from self._rows()

    def _position(self) -> CsvPosition:
        return self._final or CsvPosition(
            self._offset + self._framed, self._line, self._separator, self.header
        )

    def _rows(self) -> Iterator[Frame | Rejected]:
        while (end := self._next_line_end()) is not None:
            if end < 0:
                yield from self._give_line_up("a quoted cell is never closed")
                continue
            large = self._sample is not None or end - self._at > MAX_EVENT_BYTES
            if large and self._at <= self._framed:
                yield self._close_large(end)
                continue
            self._open = self._leaves_open(self._buffer[self._at : end])
            self._at = end
            self._lines += 1
            if not self._open:
                yield from self._close_row()
            elif self._lines >= MAX_RECORD_LINES or end - self._framed > MAX_EVENT_BYTES:
                yield from self._give_line_up("a quoted cell is never closed")

    def _next_line_end(self) -> int | None:
        """Index behind the next line; None: more bytes are needed; -1: the row got too large for that."""
        found = self._buffer.find(b"\n", max(self._at, 0))
        if found >= 0:
            return found + 1
        if self._final is not None and self._at < len(self._buffer):
            return len(self._buffer)
        if self._sample is None and len(self._buffer) - self._framed > MAX_EVENT_BYTES:
            if self._lines:
                return -1
            self._sample = self._buffer[self._framed : self._framed + SAMPLE_BYTES]
        return None

    def _leaves_open(self, line: bytes) -> bool:
        """Whether a row goes on behind this line. Quotes count as the csv module counts them: only where
        a cell begins."""
        if b'"' not in line:
            return self._open
        separator = self._separator or _separator_of(_text(line))
        start = 0
        if self._open:
            closed = _QUOTED_REST.match(line)
            if closed is None:
                return True
            rest = _CELL_REST[separator].match(line, closed.end())
            start = rest.end() if rest else closed.end()
        cells = _CELLS[separator].match(line, start)
        return cells is None or cells.end() < len(line)

    def _close_row(self) -> Iterator[Frame | Rejected]:
        raw = self._buffer[self._framed : self._at]
        several = self._lines > 1
        if not raw.strip():
            self._pass(self._at)
            return
        try:
            value = self._read_row(raw)
        except DecodeError as error:
            if several:
                yield from self._give_line_up("a quoted cell is never closed")
                return
            place = self._place()
            self._pass(self._at)
            yield rejected(raw, len(raw), str(error), place)
            return
        place = self._place()
        self._pass(self._at)
        if value is not None:
            yield Frame(raw=raw.rstrip(b"\r\n"), value=value, place=place)

    def _read_row(self, raw: bytes) -> dict[str, str] | None:
        """The row by header; None for the header itself and for rows without a word."""
        if len(raw) > MAX_EVENT_BYTES:
            raise DecodeError(_LARGE)
        text = _text(raw).rstrip("\r\n")
        if not self.header:
            self._read_header(text.removeprefix("\ufeff"))
            return None
        cells = _cells(text, self._separator)
        if len(cells) != len(self.header):
            if not any(cells):
                return None
            cells = _without_empty_tail(cells, len(self.header))
        if len(cells) < len(self.header):
            raise DecodeError("a row has fewer cells than the header")
        if len(cells) > len(self.header):
            raise DecodeError("a row has more cells than the header")
        if len(text) > MAX_TEXT:
            cells = [storable_text(cell) for cell in cells]
        return dict(zip(self.header, cells, strict=True)) if any(cells) else None

    def _read_header(self, text: str) -> None:
        told = _SEPARATOR_LINE.match(text)
        if told and told[1] in SEPARATORS:
            self._separator = told[1]
            return
        separator = self._separator or _separator_of(text)
        names = [cell.strip() for cell in _cells(text, separator)]
        if not any(names):
            return
        if len(names) > MAX_COLUMNS:
            raise DecodeError(f"a header of more than {MAX_COLUMNS} columns")
        self._separator = separator
        self.header = _distinct_names(names)

    def _give_line_up(self, reason: str) -> Iterator[Rejected]:
        """Rejects the first line of the row being read; the lines after it are read anew."""
        end = self._buffer.find(b"\n", self._framed) + 1 or len(self._buffer)
        raw, place = self._buffer[self._framed : end], self._place()
        self._pass(end)
        yield rejected(raw, len(raw), reason, place)

    def _close_large(self, end: int) -> Rejected:
        raw = self._buffer[self._framed : end] if self._sample is None else self._sample
        place, size = self._place(), end - self._framed
        self._pass(end)
        return rejected(raw, size, _LARGE, place)

    def _pass(self, end: int) -> None:
        """Everything before `end` is framed."""
        self._line += self._buffer.count(b"\n", max(self._framed, 0), end)
        self._framed = self._at = end
        self._lines = 0
        self._open = False
        self._sample = None

    def _trim(self) -> None:
        keep = self._framed if self._sample is None else len(self._buffer)
        self._buffer = self._buffer[keep:]
        self._offset += keep
        self._framed -= keep
        self._at -= keep

    def _place(self) -> str:
        return f"{self._name}:{self._line}" if self._name else f"line {self._line}"


def _text(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    return text.replace("\0", "\u2400")


def _cells(text: str, separator: str) -> list[str]:
    """Raises: DecodeError for what the csv module cannot read."""
    if '"' not in text and "\r" not in text and "\n" not in text:
        return text.split(separator)
    try:
        return next(csv.reader([text], delimiter=separator), [])
    except csv.Error as error:
        reason = "a cell is too long" if "field limit" in str(error) else "a line break outside of quotes"
        raise DecodeError(reason) from error


def _separator_of(header: str) -> str:
    """The separator that cuts the header into the most cells; of equal ones the first of SEPARATORS."""
    best, most = SEPARATORS[0], 1
    for separator in SEPARATORS:
        try:
            count = len(_cells(header, separator))
        except DecodeError:
            continue
        if count > most:
            best, most = separator, count
    return best


def _without_empty_tail(cells: list[str], length: int) -> list[str]:
    return cells if any(cells[length:]) else cells[:length]


def _distinct_names(names: Sequence[str]) -> tuple[str, ...]:
    """Names for every column: unnamed ones by their place, a name that comes again with a number."""
    distinct: dict[str, None] = {}
    last: dict[str, int] = {}
    for place, name in enumerate(names, 1):
        wanted = name or f"column {place}"
        given, number = wanted, last.get(wanted, 1)
        while given in distinct:
            number += 1
            given = f"{wanted} ({number})"
        distinct[given] = None
        last[wanted] = number  # a header may repeat one name a hundred thousand times
    return tuple(distinct)


def _read_position(text: str | None) -> CsvPosition:
    if not text:
        return CsvPosition()
    try:
        return msgspec.json.decode(text, type=CsvPosition)
    except msgspec.MsgspecError:
        return CsvPosition()

"""JSON in a stream: lines, pretty-printed documents, documents in a row, arrays, and what is none of it.

The elements of an outermost array are pieces of their own, with their own bytes; so are those of an
answer that wraps its records, `{"events": [...]}` or `{"requestId": "x", "result": [...]}`. Nothing is
held but the record being read, and of a record that is too large only its beginning. After a broken record
reading goes on at the next line that begins one, so that a torn line costs itself and not the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum

import msgspec

from backend.errors import DecodeError
from backend.feeds.format import Frame
from backend.feeds.intake import MAX_DEPTH, MAX_EVENT_BYTES, parse_json
from backend.record import Rejected

SAMPLE_BYTES = 65_536
"""How much is kept of a piece that is rejected."""
MAX_NESTING = 1_000
"""How many open brackets are tracked; beyond it a record is broken. (parse_json refuses many fewer.)"""

_REACH = 4_096
"""How far behind a line end the next line's first character is looked for."""
_LOOK_BACK = 256
_FREE_AGAIN_BYTES = 1 << 20
"""How much more than what is framed may be read again behind broken records."""
_WRAPPER_REACH = 512

_BOM = b"\xef\xbb\xbf"
_BETWEEN = re.compile(rb"[\s,\x1e]*+")
_NOTHING = re.compile(rb"[\s,\x1e]*+(?:\[\s*+\][\s,\x1e]*+)*+")
"""Between records that are in no array: also arrays of none."""
_OUTSIDE = re.compile(rb'(?:[^"{}\[\]\n]++|"(?:[^"\\\n]++|\\[^\n])*+")*+')
_IN_STRING = re.compile(rb'(?:[^"\\\n]++|\\[^\n])*+')
_ARRAYS = (b"events", b"result", b"contacts")
"""Under these names answers hold their records."""
_BESIDE = (b"requestId", b"success", b"count", b"moreResult", b"nextPageToken")
"""What may stand before them in the answer."""
_PAIR = rb'"(?:%s)"\s*:\s*(?:"[^"\\\n]{0,200}"|[a-z0-9]{1,12})\s*,\s*' % b"|".join(_BESIDE)
_WRAPPER_HEAD = re.compile(rb"\{\s*(?:%s){0,4}" % _PAIR)
_WRAPPER = re.compile(_WRAPPER_HEAD.pattern + rb'"(?:%s)"\s*:\s*\[' % b"|".join(_ARRAYS))
_PAIR_BEGUN = re.compile(
    rb'"(?P<name>[A-Za-z]*)(?P<rest>"\s*(?::\s*(?:"[^"\\\n]{0,200}"?|[a-z0-9]{0,12})\s*)?)?'
)
_OPENERS = frozenset(b"{[")
_OPENER_OF = {ord("}"): ord("{"), ord("]"): ord("[")}
_VALUE_END = re.compile(rb"(?=[,\]\n])")
_LINE_END = re.compile(rb"\n")

_LARGE = f"larger than {MAX_EVENT_BYTES} bytes"

_Step = tuple[bool, Frame | Rejected | None]
"""Whether reading got anywhere, and the piece that it found."""


class _Mode(Enum):
    BETWEEN = "between records"
    RECORD = "in a record"
    JUNK = "in something else"


class JsonPosition(msgspec.Struct, frozen=True, omit_defaults=True):
    offset: int = 0
    line: int = 1
    inside: str = ""
    """"[" an array, "{[" the array of a wrapper, "{" what follows that array in its wrapper (passed over)."""
    indent: int = 0
    again: int = 0
    """Bytes that were read more than once."""


class JsonFramer:
    """Cuts JSON into records; see `framing.Framer`."""

    header: tuple[str, ...] = ()

    def __init__(self, name: str = "", position: str | None = None) -> None:
        start = _read_position(position)
        self._name = name
        self._buffer = b""
        self._offset = start.offset
        """Offset in the file of the buffer's first byte."""
        self._framed = 0
        """Index of the first byte that is not framed: the beginning of the record being read. Negative
        where the beginning of a large record was dropped."""
        self._at = 0
        """How far reading got."""
        self._line = start.line
        """Line of the byte at `_framed`."""
        self._dropped_lines = 0
        self._inside = start.inside
        self._indent = start.indent
        """Blanks before the record on its line."""
        self._again = start.again
        self._mode = _Mode.BETWEEN
        self._stack = bytearray()
        self._in_string = False
        self._sample: bytes | None = None
        """The beginning of a record that is too large to be held; None where it is held."""
        self._junk_reason = ""
        self._junk_end = _LINE_END
        self._no_plain = 0
        """Up to here the line is known to be no plain one: a long one is not looked through each time."""
        self._final: JsonPosition | None = None

    @property
    def resume_offset(self) -> int:
        return self._position().offset

    def position(self) -> str:
        return msgspec.json.encode(self._position()).decode()

    def feed(self, data: bytes) -> Iterator[Frame | Rejected]:
        self._buffer += data
        if self._offset == 0 and self._framed == 0:
            if len(self._buffer) < len(_BOM) and _BOM.startswith(self._buffer):
                return
            if self._buffer.startswith(_BOM):
                self._framed = self._at = len(_BOM)
        yield from self._pieces()
        self._trim()

    def finish(self) -> Iterator[Frame | Rejected]:
        self._final = self._position()
        yield from self._pieces()
        if self._inside:
            yield Rejected(raw=b"", reason="the file ends inside an array", place=self._place())

    def _position(self) -> JsonPosition:
        return self._final or JsonPosition(
            self._offset + self._framed, self._line, self._inside, self._indent, self._again
        )

    def _pieces(self) -> Iterator[Frame | Rejected]:
        steps = {_Mode.BETWEEN: self._between, _Mode.RECORD: self._record, _Mode.JUNK: self._junk}
        going = True
        while going:
            if self._mode is _Mode.BETWEEN and not self._inside and self._at >= self._no_plain:
                yield from self._plain_lines()
            going, piece = steps[self._mode]()
            if piece is not None:
                yield piece

    def _plain_lines(self) -> Iterator[Frame]:
        """The common case, fast: lines that are one object each, up to the first that is not."""
        buffer = self._buffer
        while (end := buffer.find(b"\n", self._at)) >= 0:
            line = buffer[self._at : end].strip()
            if not line:  # also what is left of a line whose record lay across two chunks
                self._pass_blanks()
                continue
            if not (line.startswith(b"{") and line.endswith(b"}")) or _WRAPPER.match(line, 0, _WRAPPER_REACH):
                break
            try:
                value = parse_json(line)
            except DecodeError:
                break
            place = self._place()
            self._framed = self._at = end + 1
            self._line += 1
            self._indent = 0
            yield Frame(raw=line, value=value, place=place)
        self._no_plain = end if end >= 0 else len(buffer)

    def _between(self) -> _Step:
        self._pass_blanks()
        if self._at == len(self._buffer):
            return False, None
        byte = self._buffer[self._at]
        if self._inside == "{":
            return self._read_on(bytearray(b"{"))
        if byte == ord("[") and not self._inside:
            return self._enter("[", self._at + 1)
        if byte == ord("]") and self._inside:
            return self._enter("{" if self._inside == "{[" else "", self._at + 1)
        if byte in _OPENERS:
            return self._open_record()
        return self._open_junk("not a JSON object", _VALUE_END if self._inside else _LINE_END)

    def _pass_blanks(self) -> None:
        match = (_BETWEEN if self._inside else _NOTHING).match(self._buffer, self._at)
        if match is None or match.end() == self._at:
            return
        indent = self._indent
        blanks = match[0]
        self._pass(match.end())
        line_end = blanks.rfind(b"\n")
        self._indent = indent + len(blanks) if line_end < 0 else len(blanks) - line_end - 1

    def _enter(self, inside: str, at: int) -> _Step:
        self._pass(at)
        self._inside = inside
        return True, None

    def _open_record(self) -> _Step:
        if not self._inside:
            wrapper = _WRAPPER.match(self._buffer, self._at, self._at + _WRAPPER_REACH)
            if wrapper:
                return self._enter("{[", wrapper.end())
            if self._may_become_wrapper():
                return False, None
        return self._read_on(bytearray())

    def _read_on(self, stack: bytearray) -> _Step:
        """Reads a record from here, inside of the brackets of `stack`."""
        self._mode = _Mode.RECORD
        self._stack = stack
        self._in_string = False
        return True, None

    def _may_become_wrapper(self) -> bool:
        seen = self._buffer[self._at : self._at + _WRAPPER_REACH]
        if self._final is not None or len(seen) == _WRAPPER_REACH:
            return False
        head = _WRAPPER_HEAD.match(seen)
        if head is None:
            return not seen.strip()
        begun = _PAIR_BEGUN.fullmatch(seen, head.end())
        if begun is None:
            return head.end() == len(seen)
        names = [name for name in (*_ARRAYS, *_BESIDE) if name.startswith(begun["name"])]
        return begun["name"] in names if begun["rest"] else bool(names)

    def _record(self) -> _Step:
        while True:
            match = (_IN_STRING if self._in_string else _OUTSIDE).match(self._buffer, self._at)
            self._at = match.end() if match else self._at
            if self._at == len(self._buffer):
                return self._wait()
            byte = self._buffer[self._at]
            if byte == ord('"'):
                self._in_string = not self._in_string
            elif self._in_string and byte == ord("\\") and self._at + 1 == len(self._buffer):
                return self._wait()
            elif self._in_string:
                return self._broken("a line ends inside a text")
            elif byte in _OPENERS:
                self._stack.append(byte)
            elif byte == ord("\n"):
                fate = self._line_end()
                if fate is not None:
                    return fate
            elif self._stack.pop() != _OPENER_OF[byte]:
                return self._broken("brackets do not match")
            if len(self._stack) > MAX_NESTING:
                return self._broken(f"nested deeper than {MAX_DEPTH}")
            self._at += 1
            if not self._stack:
                return True, self._close_record()

    def _line_end(self) -> _Step | None:
        """At a line end in a record: None to go on. Where the next line begins an object or array that
        grammar does not allow here, this line was torn off."""
        ahead = self._buffer[self._at : self._at + _REACH]
        follows = ahead.strip()[:1]
        if not follows and len(ahead) < _REACH:
            return self._wait()
        if follows not in (b"{", b"["):
            return None
        before = self._buffer[max(self._at - _LOOK_BACK, 0) : self._at].rstrip()[-1:]
        if before in b":[" or (before == b"," and self._stack[-1] == ord("[")):
            return None
        return self._broken("a line is torn")

    def _wait(self) -> _Step:
        """More bytes are needed, or there are none."""
        if self._final is not None:
            return self._broken("the file ends inside a record")
        if self._sample is None and self._at - self._framed > MAX_EVENT_BYTES:
            self._sample = self._buffer[self._framed : self._framed + SAMPLE_BYTES]
        return False, None

    def _close_record(self) -> Frame | Rejected | None:
        place, size = self._place(), self._at - self._framed
        raw = self._buffer[self._framed : self._at] if self._sample is None else self._sample
        self._pass(self._at)
        if self._inside == "{":
            self._inside = ""
            return None
        if size > MAX_EVENT_BYTES:
            return rejected(raw, size, _LARGE, place)
        try:
            return Frame(raw=raw, value=parse_json(raw), place=place)
        except DecodeError as error:
            return rejected(raw, size, str(error), place)

    def _broken(self, reason: str) -> _Step:
        """Gives the record up; the next line that begins one, no deeper than this one, is sought.

        In the record itself first, so that what a torn line swallowed is found again; but where records are
        torn over and over only behind it, or a hostile file would cost the square of its length.
        """
        next_record = rb"\n(?=[ \t]{0,%d}[{\[%s])" % (
            min(self._indent, _REACH),
            rb"\]" if "[" in self._inside else b"",
        )
        read = self._at - self._framed
        may_go_back = self._again + read <= self._offset + self._framed + _FREE_AGAIN_BYTES
        if read <= MAX_EVENT_BYTES and may_go_back:  # of a larger one the beginning may be gone already
            self._again += read
            self._at = self._framed
        return self._open_junk(reason, re.compile(next_record))

    def _open_junk(self, reason: str, end: re.Pattern[bytes]) -> _Step:
        self._mode = _Mode.JUNK
        self._junk_reason = reason
        self._junk_end = end
        return True, None

    def _junk(self) -> _Step:
        found = self._junk_end.search(self._buffer, self._at)
        if found is None and self._final is None:
            self._at = max(self._at, len(self._buffer) - self._indent - len(b"\n"))
            if self._sample is None and len(self._buffer) - self._framed > MAX_EVENT_BYTES:
                self._sample = self._buffer[self._framed : self._framed + SAMPLE_BYTES]
            return False, None
        end = found.end() if found else len(self._buffer)
        place, size = self._place(), end - self._framed
        raw = self._buffer[self._framed : end] if self._sample is None else self._sample
        self._pass(end)
        if self._inside == "{":
            self._inside = ""
        return True, rejected(raw, size, _LARGE if size > MAX_EVENT_BYTES else self._junk_reason, place)

    def _pass(self, end: int) -> None:
        """Everything before `end` is framed."""
        self._line += self._dropped_lines + self._buffer.count(b"\n", max(self._framed, 0), end)
        self._dropped_lines = 0
        self._framed = self._at = end
        self._mode = _Mode.BETWEEN
        self._sample = None
        self._indent = 0

    def _trim(self) -> None:
        keep = self._framed if self._sample is None else max(self._at - _LOOK_BACK, 0)
        if self._sample is not None:
            self._dropped_lines += self._buffer.count(b"\n", max(self._framed, 0), keep)
        self._buffer = self._buffer[keep:]
        self._offset += keep
        self._framed -= keep
        self._at -= keep
        self._no_plain -= keep

    def _place(self) -> str:
        return f"{self._name}:{self._line}" if self._name else f"line {self._line}"


def rejected(raw: bytes, size: int, reason: str, place: str) -> Rejected:
    """A piece of so many bytes, of which `raw` is at least the beginning; no more than that is kept."""
    kept = raw[:SAMPLE_BYTES]
    return Rejected(raw=kept, reason=reason, place=place, size=size if size > len(kept) else None)


def _read_position(text: str | None) -> JsonPosition:
    if not text:
        return JsonPosition()
    try:
        return msgspec.json.decode(text, type=JsonPosition)
    except msgspec.MsgspecError:
        return JsonPosition()

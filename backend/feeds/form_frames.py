"""Form posts in a stream: `name=value&name=value`, one body a line or one body in a file.

A body whose only field is a JSON array is a batch: its elements are pieces of their own, with their own
bytes. A body in parts (multipart/form-data) fills its file; files attached in it are passed over.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from urllib.parse import parse_qsl

import msgspec

from backend.errors import DecodeError
from backend.feeds.format import Frame
from backend.feeds.intake import storable_text
from backend.feeds.json_frames import SAMPLE_BYTES, JsonFramer, rejected
from backend.record import Rejected

MAX_BODY_BYTES = 16 << 20
"""The largest body: a batch may hold a thousand events."""
MAX_FIELDS = 2_000

_BODY = re.compile(rb"[^\s\"'{}\[\]<>=&:;,]++=[^\s\"{}<>]*+\Z")
_PARTS = b"--"
_BOUNDARY = re.compile(rb"--([\w'()+,./:=?-]{1,200})[ \t]*\r?\n", re.ASCII)
_LARGE = f"larger than {MAX_BODY_BYTES} bytes"

Fields = dict[str, list[str]]
"""The values of each field of a form, in their order."""


class FormPosition(msgspec.Struct, frozen=True, omit_defaults=True):
    offset: int = 0
    line: int = 1


class FormFramer:
    """Cuts form posts into bodies, each a Frame whose value is {name: [texts]}, or {name: element} of a
    batch; see `framing.Framer`."""

    def __init__(self, name: str = "", position: str | None = None) -> None:
        start = _read_position(position)
        self._name = name
        self._buffer = b""
        self._offset = start.offset
        """Offset in the file of the body being read."""
        self._line = start.line
        self._dropped = 0
        """Bytes of a body that is too large, not held any more."""
        self._sample = b""
        self._header: tuple[str, ...] = ()
        self._final: FormPosition | None = None

    @property
    def header(self) -> tuple[str, ...]:
        """The names of the first body's fields, also while it is still being read."""
        return self._header or _names(self._buffer)

    @property
    def resume_offset(self) -> int:
        return self._position().offset

    def position(self) -> str:
        return msgspec.json.encode(self._position()).decode()

    def feed(self, data: bytes) -> Iterator[Frame | Rejected]:
        searched = len(self._buffer)
        self._buffer += data
        if self._is_in_parts():
            return
        while (end := self._buffer.find(b"\n", searched)) >= 0:
            searched = 0
            yield from self._close_body(end + 1)
        if self._dropped + len(self._buffer) > MAX_BODY_BYTES:
            self._drop()

    def finish(self) -> Iterator[Frame | Rejected]:
        self._final = self._position()
        yield from self._close_body(len(self._buffer))

    def _position(self) -> FormPosition:
        return self._final or FormPosition(self._offset, self._line)

    def _is_in_parts(self) -> bool:
        return self._offset == 0 and self._dropped == 0 and self._buffer.startswith(_PARTS)

    def _drop(self) -> None:
        """Of a body that is too large only the beginning is kept."""
        self._sample = self._sample or self._buffer[:SAMPLE_BYTES]
        self._dropped += len(self._buffer)
        self._buffer = b""

    def _close_body(self, end: int) -> Iterator[Frame | Rejected]:
        size, in_parts = self._dropped + end, self._is_in_parts()
        body = self._sample or self._buffer[:end]
        place = f"{self._name}:{self._line}" if self._name else f"line {self._line}"
        self._buffer = self._buffer[end:]
        self._offset += self._dropped + end
        self._line += 1
        self._dropped, self._sample = 0, b""
        body = body.removeprefix(BOM_UTF8).strip()
        if not body:
            return
        if size > MAX_BODY_BYTES:
            yield rejected(body, size, _LARGE, place)
            return
        try:
            fields = _fields_in_parts(body) if in_parts else _fields(body)
            self._header = self._header or tuple(fields)
            yield from _pieces(body, fields, place)
        except DecodeError as error:
            yield rejected(body, len(body), str(error), place)


def _pieces(body: bytes, fields: Fields, place: str) -> Iterator[Frame | Rejected]:
    batch = next(iter(fields.values()))[0] if len(fields) == 1 else ""
    if not batch.startswith("["):
        yield Frame(
            raw=body,
            value={name: [*map(storable_text, texts)] for name, texts in fields.items()},
            place=place,
        )
        return
    framer, data = JsonFramer(), batch.encode("utf-8", errors="replace")
    for piece in (*framer.feed(data), *framer.finish()):
        if isinstance(piece, Frame):
            yield Frame(raw=piece.raw, value=dict.fromkeys(fields, piece.value), place=place)
        else:
            yield Rejected(raw=piece.raw, reason=piece.reason, place=place)


def _fields(body: bytes) -> Fields:
    if not _BODY.match(body):
        raise DecodeError("not a form post")
    try:
        pairs = parse_qsl(
            body.decode("utf-8", errors="replace"),
            keep_blank_values=True,
            max_num_fields=MAX_FIELDS,
        )
    except ValueError as error:
        raise DecodeError(f"a form of more than {MAX_FIELDS} fields") from error
    return _gathered(pairs)


def _fields_in_parts(body: bytes) -> Fields:
    from email import message_from_bytes

    boundary = _BOUNDARY.match(body)
    if boundary is None:
        raise DecodeError("not a form post")
    message = message_from_bytes(b'Content-Type: multipart/form-data; boundary="%s"\n\n' % boundary[1] + body)
    pairs = []
    for part in message.walk():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes) and part.get_filename() is None:
            pairs.append((name, content.decode("utf-8", errors="replace")))
    if not pairs:
        raise DecodeError("not a form post")
    return _gathered(pairs)


def _gathered(pairs: list[tuple[str, str]]) -> Fields:
    fields: Fields = {}
    for name, text in pairs:
        fields.setdefault(storable_text(name), []).append(text)
    return fields


def _names(body: bytes) -> tuple[str, ...]:
    """The names of a form's fields, the form being whole or cut off; () for what is none."""
    start = body[:SAMPLE_BYTES].removeprefix(BOM_UTF8).strip()
    first_pair = start.split(b"&", 1)[0]
    if not _BODY.match(first_pair):
        return ()
    return tuple(dict.fromkeys(name for name, _ in parse_qsl(start.decode("utf-8", "replace"), True)))


def _read_position(text: str | None) -> FormPosition:
    if not text:
        return FormPosition()
    try:
        return msgspec.json.decode(text, type=FormPosition)
    except msgspec.MsgspecError:
        return FormPosition()

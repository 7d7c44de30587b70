"""From the bytes of a feed to its pieces: JSON values, CSV rows, form posts; one by one, in bounded memory.

A framer is fed bytes in pieces of any size; where they are cut changes nothing. What is no piece comes
out as `Rejected` with a reason, in its place, and framing goes on behind it. To go on with a file later
(it has grown, or the process was killed), save `position()` with what was stored, open a framer with it
and feed it the file from `resume_offset` on. A body that was saved with its HTTP headers before it is read
as the body alone.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE, getincrementaldecoder
from collections.abc import Iterator
from typing import Protocol

from backend.errors import BadData
from backend.feeds.csv_frames import CsvFramer
from backend.feeds.form_frames import FormFramer
from backend.feeds.format import Frame, Framing
from backend.feeds.html_frames import HtmlFramer
from backend.feeds.json_frames import JsonFramer
from backend.record import Rejected

__all__ = ["CsvFramer", "FormFramer", "Framer", "HtmlFramer", "JsonFramer", "encoding_of", "open_framer"]

_FRAMERS: dict[Framing, type[JsonFramer | CsvFramer | FormFramer | HtmlFramer]] = {
    Framing.JSON: JsonFramer,
    Framing.CSV: CsvFramer,
    Framing.FORM: FormFramer,
    Framing.HTML: HtmlFramer,
}
_HEADERS = re.compile(
    rb"(?:[A-Z]{3,10} [^\s]++ HTTP/[\d.]+\r?\n|HTTP/[\d.]+ \d{3}[^\r\n]*+\r?\n)?"
    rb"(?:[A-Za-z][\w-]*+:[^\r\n]*+\r?\n(?:[ \t][^\r\n]*+\r?\n)*+)++\r?\n",
    re.ASCII,
)


class Framer(Protocol):
    """Cuts a stream of bytes into pieces. One `feed` must be read to its end before the next begins."""

    @property
    def resume_offset(self) -> int:
        """Offset in the file of the first byte that is not yet framed: right after every piece that came
        out. A last record without a line end, given by `finish`, is not passed: it may still grow."""

    @property
    def header(self) -> tuple[str, ...]:
        """The columns of a CSV, () until they were read; the fields of the first form; () for JSON."""

    def feed(self, data: bytes) -> Iterator[Frame | Rejected]: ...

    def finish(self) -> Iterator[Frame | Rejected]:
        """What is left when the file has no more bytes. Not to be called on a file that is followed."""

    def position(self) -> str:
        """Where it stands, with all that is needed to go on there: a CSV's header, an open array."""


def open_framer(framing: Framing, head: bytes, *, name: str = "", position: str | None = None) -> Framer:
    """A framer for a feed that begins with `head` (which is not consumed: feed it too, or seek).

    name: what the places of pieces say, as in "name:17". position: what `position()` told of this file
    before; feed the file from `resume_offset` on. A position that is no position starts the file over.
    Raises: BadData for encodings that are not read.
    """
    headers = None if position else _HEADERS.match(head)
    if headers is None:
        return _open_framer(framing, head, name, position)
    return _BodyFramer(_open_framer(framing, head[headers.end() :], name, None), headers.end())


def _open_framer(framing: Framing, head: bytes, name: str, position: str | None) -> Framer:
    encoding = encoding_of(head)
    if encoding == "utf-8":
        return _FRAMERS[framing](name, position)
    return _Utf16Framer(_FRAMERS[framing](name), encoding)


def encoding_of(head: bytes) -> str:
    """utf-8, utf-16-le or utf-16-be, by byte order mark or by where the NULs stand.

    Single-byte encodings pass as utf-8: CSV rows that are not valid UTF-8 are read as Windows-1252.
    Raises: BadData for UTF-32 and for what is no text at all.
    """
    if head.startswith((BOM_UTF32_LE, BOM_UTF32_BE)):
        raise BadData("the feed is UTF-32 text; convert it to UTF-8 first (iconv -f UTF-32 -t UTF-8)")
    if head.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return "utf-16-le" if head.startswith(BOM_UTF16_LE) else "utf-16-be"
    sample = head[:1024]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if head.startswith(BOM_UTF8) or 8 * (even + odd) <= len(sample):
        return "utf-8"
    if odd > 4 * even:
        return "utf-16-le"
    if even > 4 * odd:
        return "utf-16-be"
    raise BadData("not a text file: it holds NUL bytes; feeds are JSON or CSV text")


class _BodyFramer:
    """Frames what stands behind HTTP headers. Such a file does not grow, so resuming starts over."""

    resume_offset = 0

    def __init__(self, inner: Framer, headers_bytes: int) -> None:
        self._inner = inner
        self._headers_left = headers_bytes

    @property
    def header(self) -> tuple[str, ...]:
        return self._inner.header

    def feed(self, data: bytes) -> Iterator[Frame | Rejected]:
        body = data[self._headers_left :]
        self._headers_left -= len(data) - len(body)
        return self._inner.feed(body)

    def finish(self) -> Iterator[Frame | Rejected]:
        return self._inner.finish()

    def position(self) -> str:
        return ""


class _Utf16Framer:
    """Turns UTF-16 into UTF-8 before framing. Offsets do not map back, so resuming starts over: the
    same records again change no count."""

    resume_offset = 0

    def __init__(self, inner: Framer, encoding: str) -> None:
        self._inner = inner
        self._decoder = getincrementaldecoder(encoding)(errors="replace")

    @property
    def header(self) -> tuple[str, ...]:
        return self._inner.header

    def feed(self, data: bytes) -> Iterator[Frame | Rejected]:
        return self._inner.feed(_utf8(self._decoder.decode(data)))

    def finish(self) -> Iterator[Frame | Rejected]:
        yield from self._inner.feed(_utf8(self._decoder.decode(b"", final=True)))
        yield from self._inner.finish()

    def position(self) -> str:
        return ""


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", errors="replace")

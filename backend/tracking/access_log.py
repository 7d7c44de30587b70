"""One access log as a run reads it: from the byte where the run before stopped, whole lines only.

A log that was rotated away under another name is the same file still (device and inode), proved by the
bytes before the place. A packed one is another file: it goes on where the log of that name stopped if the
bytes before that place are the same in it. What was packed and read whole is not read again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from backend.errors import DecodeError
from backend.ingest.feed_input import CHUNK_BYTES, Damaged, FeedInput
from backend.record import Rejected
from backend.tracking.hits import Hit, read_hit

Saved = Callable[[str], str | None]
"""Asks a store for a position by its name."""


class Position(msgspec.Struct, frozen=True):
    """How far a log was read. tail: digest of the bytes before `end`; of a packed one, when it changed."""

    end: int
    tail: str


class Standing(msgspec.Struct, frozen=True):
    """Which log stood under a name, how far it was read, and when it was last written to."""

    log: str
    end: int
    tail: str
    changed_s: int


P = TypeVar("P", Position, Standing)


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A hit, or what is none, and where it stood."""

    log: AccessLog
    start: int
    end: int
    at_ms: int
    """Of what is no hit: the time of the line before."""
    hit: Hit | None = None
    rejected: Rejected | None = None


class AccessLog:
    """Reads one log. `position` says how far, once it is told what must be read again."""

    def __init__(self, name: str, saved: Saved, *, stood: Standing | None = None) -> None:
        """stood: where the log stopped of which this may be the rest. Raises: what FeedInput raises."""
        self.feed = FeedInput(name)
        self.position_name = f"tracking:{_identity(name, self.feed)}"
        self.is_done = False
        self.is_named = False
        """Whether it was asked for by its name."""
        self.older: list[AccessLog] = []
        """The logs that stood under its name before and are still to be read to their ends."""
        self._end = 0
        self.hits = 0
        """Hits that were handed out."""
        self._resume(_decoded(saved(self.position_name), Position), stood)

    def _resume(self, position: Position | None, stood: Standing | None) -> None:
        self.goes_on = False
        """Whether the place to which it was read before was found in it, or it was read whole."""
        if not self.feed.is_plain:
            self.is_done = position is not None and position.tail == _stamp(self.feed.name)
            position = None
        is_told_by_name = position is None and stood is not None
        if stood is not None and is_told_by_name:
            position = Position(stood.end, stood.tail)
        self.goes_on = self.is_done or (position is not None and self._passes(position))
        self.is_rest = (
            stood is not None
            and self.goes_on
            and (self.is_done or is_told_by_name or stood.log == self.position_name)
        )
        """Whether it is what stood under the name."""
        if self.goes_on and position is not None:
            self._end = position.end
        elif position is not None:
            self.feed.close()
            self.feed = FeedInput(self.feed.name)

        self.start = self._end
        """Where reading begins."""

    def is_what_stood(self, stood: Standing) -> bool:
        """Whether it is still the log that stood under its name; inodes are used again, bytes tell."""
        if stood.end == 0:
            return stood.log == self.position_name
        return self.feed.is_plain and self.feed.tail_digest(stood.end) == stood.tail

    def _passes(self, position: Position) -> bool:
        try:
            return self.feed.passes(position.end, position.tail)
        except Damaged:
            return False

    def found(self) -> Iterator[Found]:
        """The hits in the rest of the log, in its order, and the lines that should have been some."""
        last_ms = 0
        for start, line in self._lines():
            self._end = start + len(line)
            text = line.rstrip(b"\r\n")
            try:
                hit = read_hit(text)
            except DecodeError as error:
                aside = Rejected(raw=text, reason=str(error), place=f"{self.feed.shown}:byte {start}")
                yield Found(log=self, start=start, end=self._end, at_ms=last_ms, rejected=aside)
                continue
            if hit is not None:
                last_ms = hit.at_ms
                self.hits += 1
                yield Found(log=self, start=start, end=self._end, at_ms=hit.at_ms, hit=hit)

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        """Lines with their ends, and where they start; the last one of a plain log may still be written."""
        rest, start = b"", self._end
        while chunk := self._chunk():
            lines = _lines_of(rest + chunk)
            rest = lines.pop() if lines and not lines[-1].endswith(b"\n") else b""
            for line in lines:
                yield start, line
                start += len(line)
            if len(rest) > CHUNK_BYTES:  # no line that a web server wrote: all but its end is passed over
                start, rest = start + len(rest) - 1, rest[-1:]
        if rest and not self.feed.is_plain:
            yield start, rest

    def _chunk(self) -> bytes:
        try:
            return self.feed.read(CHUNK_BYTES)
        except Damaged:
            return b""

    @property
    def end(self) -> int:
        """Where the last line ends that was handed out or passed over."""
        return self._end

    def position(self, read_to: int, *, is_whole: bool) -> dict[str, str]:
        """Where to go on, for a store. read_to: the start of the first line that is still to be read.
        is_whole: there is none, as far as the log goes now."""
        if self.feed.is_plain:
            told = Position(read_to, self.feed.tail_digest(read_to))
        elif is_whole:
            told = Position(read_to, _stamp(self.feed.name))
        else:
            return {}
        return {self.position_name: _encoded(told)}

    def standing(self, read_to: int) -> dict[str, str]:
        """What stands under its name now, for a store: by this its rest is found when it is rotated away."""
        if not self.feed.is_plain:
            return {}
        tail = self.feed.tail_digest(read_to)
        told = Standing(self.position_name, read_to, tail, self.feed.changed_s)
        return {standing_name(self.feed.name): _encoded(told)}

    def close(self) -> None:
        self.feed.close()


def standing_name(name: str) -> str:
    """Under which name a store keeps what stood there."""
    return f"tracking-at:{Path(name).resolve()}"


def standing_at(name: str, saved: Saved) -> Standing | None:
    """What stood under a name when it was read last."""
    return _decoded(saved(standing_name(name)), Standing)


def _encoded(told: Position | Standing) -> str:
    return msgspec.json.encode(told).decode()


def _decoded(saved: str | None, kind: type[P]) -> P | None:
    try:
        return None if saved is None else msgspec.json.decode(saved, type=kind)
    except msgspec.MsgspecError:
        return None


def _lines_of(text: bytes) -> list[bytes]:
    """Lines with their ends; unlike `splitlines`, a lone carriage return is part of a line."""
    parts = text.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _identity(name: str, feed: FeedInput) -> str:
    if feed.identity is not None:
        return feed.identity
    status = Path(name).stat()
    return f"packed:{status.st_dev}:{status.st_ino}"


def _stamp(name: str) -> str:
    status = Path(name).stat()
    return f"{status.st_size}:{status.st_mtime_ns}"

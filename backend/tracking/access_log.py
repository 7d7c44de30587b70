"""One access log as a run reads it: from the byte where the run before stopped, whole lines only.

A log that was rotated away under another name is the same file still (device and inode), proved by the
bytes before the place. What is compressed cannot be resumed; one that was read whole is not read again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from backend.errors import DecodeError
from backend.feed_input import CHUNK_BYTES, Damaged, FeedInput, find_files
from backend.record import Rejected
from backend.tracking.hits import Hit, read_hit


class Position(msgspec.Struct, frozen=True):
    """How far a log was read. tail: digest of the bytes before `end`; of a packed one, when it changed."""

    end: int
    tail: str


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

    def __init__(self, name: str, saved: Callable[[str], str | None]) -> None:
        """saved: asks for a position by its name. Raises: what FeedInput raises."""
        self.feed = FeedInput(name)
        self.position_name = f"tracking:{_identity(name, self.feed)}"
        self.is_done = False
        self._end = 0
        self._resume(saved(self.position_name))

    def _resume(self, saved: str | None) -> None:
        if saved is None:
            return
        try:
            position = msgspec.json.decode(saved, type=Position)
        except msgspec.MsgspecError:
            return
        if not self.feed.is_plain:
            self.is_done = position.tail == _stamp(self.feed.name)
        elif self.feed.tail_digest(position.end) == position.tail:
            self.feed.seek(position.end)
            self._end = position.end

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
        return {self.position_name: msgspec.json.encode(told).decode()}

    def close(self) -> None:
        self.feed.close()


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


def open_logs(names: Sequence[str], saved: Callable[[str], str | None]) -> list[AccessLog]:
    """The logs that the names stand for, folders taken apart; also those to which a named log was rotated
    while it was being read. Raises: NoSuchSource; what FeedInput raises."""
    logs: dict[str, AccessLog] = {}
    try:
        for name in find_files(names):
            for path in (name, *_rotated(name)):
                log = AccessLog(path, saved)
                is_asked_for = path == name or saved(log.position_name) is not None
                if log.is_done or not is_asked_for or log.position_name in logs:
                    log.close()
                else:
                    logs[log.position_name] = log
    except BaseException:
        for log in logs.values():
            log.close()
        raise
    return list(logs.values())


def _rotated(name: str) -> list[str]:
    """Plain files beside a log that carry its name and more: access.log.1, access.log-20261121."""
    path = Path(name)
    beside = path.parent.glob(f"{_literal(path.name)}[.-]*")
    return sorted(str(one) for one in beside if one.is_file() and one.suffix not in (".gz", ".zst"))


def _literal(name: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)

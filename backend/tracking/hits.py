"""Hits: requests of Adobe Campaign's redirect and open pixel, as a web server's access log tells them.

The combined format of Apache and nginx, read by `apachelogs`. A line without a tracked link is no hit and
costs a search for a few bytes.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from backend.errors import DecodeError
from backend.feeds.campaign.tracked_url import TrackedUrl, decode_tracked_url

if TYPE_CHECKING:
    from apachelogs import LogEntry, LogParser

MARK = b"/r/?id="
"""What every tracked link holds."""
DAMAGED_LINK = "a tracked link that is damaged"
METHODS = frozenset({"GET", "HEAD"})
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_COMMA = re.compile(r"(/r/\?id=[ht][0-9a-f]+)%2c([0-9a-f]+)%2c", re.IGNORECASE)
MOST_BYTES = 65_536
"""A longer line is none that a web server wrote."""


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """One request of a tracked link."""

    raw: bytes
    """The line, without its end."""
    at_ms: int
    written: str
    """The time with the offset that the log writes."""
    link: TrackedUrl
    target: str
    """What was asked for."""
    method: str
    ip: str
    user_agent: str | None

    @property
    def key(self) -> tuple[str, ...]:
        """What makes the hit this hit: equal lines are one."""
        return ("access", self.written, self.ip, self.method, self.target, self.user_agent or "")


def read_hit(line: bytes) -> Hit | None:
    """The hit that a line tells; None for any other request. Raises: DecodeError."""
    if MARK not in line:
        return None
    if len(line) > MOST_BYTES:
        raise DecodeError("a line of more than 64 KiB")
    entry = _parsed(line)
    method, _, rest = (entry.request_line or "").partition(" ")
    target = rest.rpartition(" ")[0] if rest.rpartition(" ")[2].startswith("HTTP/") else rest
    if MARK.decode() not in target:
        return None  # another request that came from such a link
    link = decode_tracked_url(_COMMA.sub(r"\1,\2,", target))
    if link is None:
        raise DecodeError(DAMAGED_LINK)
    if method not in METHODS:
        raise DecodeError("a request that follows no link")
    if entry.final_status >= 400:
        raise DecodeError("the web server answered with an error")
    return Hit(
        raw=line,
        at_ms=int(entry.request_time.timestamp()) * 1000,
        written=entry.request_time.isoformat(),
        link=link,
        target=target,
        method=method,
        ip=entry.remote_host,
        user_agent=entry.headers_in["User-Agent"] or None,
    )


def _parsed(line: bytes) -> LogEntry:
    """Raises: DecodeError."""
    escaped = _NOT_ASCII.sub(lambda byte: b"\\x%02x" % byte.group()[0], line)
    try:
        return _parser().parse(escaped.decode("ascii"))
    except (ValueError, OverflowError) as error:
        raise DecodeError("no line of the combined log format") from error


@lru_cache(maxsize=1)
def _parser() -> LogParser:
    from apachelogs import COMBINED, LogParser

    return LogParser(COMBINED, encoding="utf-8", errors="replace")

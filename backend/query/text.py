"""The letters of the query language: text to tokens and back, and what a time in a query means."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo

import msgspec

from backend.errors import QueryError

EARLIEST_MS = -62_135_596_800_000  # the year 1, the first that a calendar here can show
LATEST_MS = 253_402_300_799_999  # the end of the year 9999

TIME_HELP = (
    "write a span such as 30m, 2h or 7d, a clock 14:30, a date 2026-03-10, or a time 2026-03-10T12:00Z"
)

_FIELD = re.compile(r"([A-Za-z_][\w.-]*)(:|>=)")
_LOOKS_NAMED = re.compile(r"[A-Za-z_][\w.-]*(?::|=|!=|[<>])")
_BARE = re.compile(r"\S+")
_SPAN = re.compile(r"(?:\d{1,12}[smhdw])+", re.ASCII)
_SPAN_PART = re.compile(r"(\d+)([smhdw])", re.ASCII)
_CLOCK = re.compile(r"(\d?\d):(\d\d)(?::(\d\d))?", re.ASCII)
_UNIT_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


class Token(msgspec.Struct, frozen=True):
    """One term as it was typed. field "" is free text; operator ":" or ">=" ("" for free text)."""

    field: str
    operator: str
    value: str
    negated: bool
    column: int
    """Where the term starts, from 0."""
    value_column: int
    quoted: bool


def tokens(text: str) -> Iterator[Token]:
    """The terms of a query, left to right. Raises QueryError for an open quote or text glued to one."""
    at = 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if at == len(text):
            return
        column = at
        negated = text[at] == "-"
        at += negated
        named = _FIELD.match(text, at)
        field, operator = (named[1], named[2]) if named else ("", "")
        value_column = named.end() if named else at
        in_quotes = text[value_column : value_column + 1] == '"'
        value, at = _value(text, value_column)
        if not value and not named and not in_quotes:
            raise QueryError(f'column {column + 1}: nothing follows "-"; quote it to search for it', column)
        yield Token(field, operator, value, negated, column, value_column, in_quotes)


def _value(text: str, at: int) -> tuple[str, int]:
    """The value that starts at `at`, unquoted, and where the next term may start."""
    if text[at : at + 1] != '"':
        bare = _BARE.match(text, at)
        return (bare[0], bare.end()) if bare else ("", at)
    letters: list[str] = []
    place = at + 1
    while place < len(text) and text[place] != '"':
        if text[place] == "\\" and text[place + 1 : place + 2] in ('"', "\\"):
            place += 1
        letters.append(text[place])
        place += 1
    if place >= len(text):
        raise QueryError(f"column {at + 1}: this quote is never closed", at)
    end = place + 1
    if end < len(text) and not text[end].isspace():
        raise QueryError(f"column {end + 1}: a space is missing after the quote", end)
    return "".join(letters), end


def looks_named(text: str) -> bool:
    """Whether bare text reads as if a field were compared: kind:x, kind=x, kind!=x, kind>x."""
    return _LOOKS_NAMED.match(text) is not None


def quoted(value: str, *, free: bool = False) -> str:
    """The value as it is typed, quoted only where it must be. free: it stands without a field."""
    plain = bool(value) and value[0] != '"' and not any(letter.isspace() for letter in value)
    if free and plain:
        plain = value[0] != "-" and not looks_named(value)
    if plain:
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def read_time(value: str, *, now_ms: int, zone: tzinfo) -> int | None:
    """A span before now, a clock (its last time before now), a date (its midnight) or an ISO time, in ms.

    Clocks, dates and times without an own zone are told in `zone`. None: it is no time.
    """
    if _SPAN.fullmatch(value):
        back = sum(int(part[1]) * _UNIT_MS[part[2]] for part in _SPAN_PART.finditer(value))
        return max(EARLIEST_MS, now_ms - back)
    try:
        told = _last_time_of(value, now_ms, zone) or datetime.fromisoformat(value)
        aware = told if told.tzinfo else told.replace(tzinfo=zone)
        whole = aware.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    since_epoch = whole - datetime(1970, 1, 1, tzinfo=UTC)
    return (since_epoch.days * 86_400 + since_epoch.seconds) * 1_000 + since_epoch.microseconds // 1_000


def _last_time_of(clock: str, now_ms: int, zone: tzinfo) -> datetime | None:
    """When a clock showed this last; None: it is no clock. Raises: ValueError, OverflowError."""
    found = _CLOCK.fullmatch(clock)
    if found is None:
        return None
    now = datetime.fromtimestamp(now_ms / 1_000, zone)
    told = now.replace(hour=int(found[1]), minute=int(found[2]), second=int(found[3] or 0), microsecond=0)
    return told if told <= now else told - timedelta(days=1)


def write_time(at_ms: int) -> str:
    """A time as a query writes it, to the millisecond, in UTC; `read_time` gives it back."""
    seconds, rest = divmod(at_ms, 1_000)
    day, second = divmod(seconds, 86_400)
    date = datetime.fromordinal(datetime(1970, 1, 1, tzinfo=UTC).toordinal() + day)
    clock = f"{second // 3_600:02}:{second // 60 % 60:02}:{second % 60:02}"
    return f"{date:%Y}".zfill(4) + f"-{date:%m-%d}T{clock}.{rest:03}Z"

"""Cursors: a place in an order as opaque text, the same form for every source that orders rows alike."""

from __future__ import annotations

import msgspec

from backend.errors import UsageError

LOWEST, HIGHEST = -(1 << 63), (1 << 63) - 1


class LogCursor(msgspec.Struct, frozen=True):
    """A place beside a row of a log, or in a trace (`rank` says of which log the row is)."""

    ts: int
    h: int
    rank: int = 0
    at_edge: bool = False
    """A search that found nothing came from the newest row to here: nothing newer matches."""

    def encode(self) -> str:
        return f"{self.ts}.{self.h}.{self.rank}{'.e' if self.at_edge else ''}"

    @property
    def place(self) -> tuple[int, int, int]:
        return (self.ts, self.h, self.rank)

    def just_after(self) -> LogCursor:
        """The nearest place of which "before it" includes this one."""
        return LogCursor(self.ts, self.h, self.rank + 1)

    def just_before(self) -> LogCursor:
        """The nearest place of which "after it" includes this one."""
        return LogCursor(self.ts, self.h, self.rank - 1)


def decode_log_cursor(text: str | None) -> LogCursor | None:
    """Raises UsageError for what is no cursor of a log."""
    if text is None:
        return None
    parts = text.split(".")
    at_edge = parts[-1] == "e"
    numbers = parts[:-1] if at_edge else parts
    try:
        ts, h, rank = (int(part) for part in numbers)
    except ValueError as error:
        raise UsageError("this is no cursor of a log; take one from a page") from error
    if not (LOWEST <= ts <= HIGHEST and LOWEST <= h <= HIGHEST and -9 <= rank <= 9):
        raise UsageError("this is no cursor of a log; take one from a page")
    return LogCursor(ts, h, rank, at_edge)

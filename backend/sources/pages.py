"""Pages of rows with the cursors round them, the same for every source."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from backend.key_text import parse_key
from backend.model import LogName, LogRow, Page, RosterOrder, RosterPage, RosterRow
from backend.source import Direction
from backend.sources.cursors import LogCursor
from backend.sources.roster_places import RosterPlace, encode_roster_cursor

RANKS = {LogName.SCENARIO: 0, LogName.EVENT: 1}
"""The order of rows of both logs that share time and key."""


def cursor_of(row: LogRow, rank: int = 0) -> LogCursor:
    """The place of a row."""
    return LogCursor(row.at_ms, parse_key(row.key), rank)


def make_page(
    rows: Sequence[tuple[LogRow, LogCursor]],
    given: LogCursor | None,
    direction: Direction,
    *,
    has_more: bool,
    searched: LogCursor | None = None,
) -> Page:
    """A page of rows that stand in order of time, with the cursors round them."""
    first = rows[0][1] if rows else None
    last = rows[-1][1] if rows else None
    if direction is Direction.OLDER:
        at_edge = not rows and (given is None or given.at_edge)
        ended = msgspec.structs.replace(searched, at_edge=at_edge) if searched else None
        older = first if has_more else ended
        newer = last or (given.just_before() if given else searched)
        has_newer = given is not None and not given.at_edge
    else:
        older = None if given is None else first or given.just_after()
        newer = last if has_more or not searched else searched
        newer = newer or given
        has_newer = has_more or searched is not None
    return Page(
        rows=tuple(row for row, _ in rows),
        older=older.encode() if older else None,
        newer=newer.encode() if newer else None,
        has_newer=has_newer,
        searched_to_ms=searched.ts if searched else None,
    )


def roster_page(
    rows: Sequence[tuple[RosterRow, RosterPlace]],
    start: RosterPlace | None,
    direction: Direction,
    order: RosterOrder,
    *,
    has_more: bool,
    total: int,
) -> RosterPage:
    """A page with its cursors: None where nothing lies on that side."""
    first = encode_roster_cursor(rows[0][1], order) if rows else None
    last = encode_roster_cursor(rows[-1][1], order) if rows else None
    is_newer = direction is Direction.NEWER
    return RosterPage(
        rows=tuple(row for row, _ in rows),
        older=first if (start is not None if is_newer else has_more) else None,
        newer=last if (has_more if is_newer else start is not None) else None,
        total=total,
    )

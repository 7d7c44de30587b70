"""All stories woven into one stream of feed pieces, in the order in which they arrive.

`stream` is pure: the same stretch of time gives the same bytes, made at once, in parts, or in another
process. It goes through time slot by slot and holds only rows that are still to come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import NamedTuple

from backend.demo.ajo_stories import flash_sale, loyalty, parcel
from backend.demo.brevo_stories import MARKETING_WEBHOOK, WEBHOOK, Row, cart, sending, visit, welcome
from backend.demo.catalogue import BREVO_CAMPAIGNS
from backend.demo.clockwork import MINUTE_MS, REACH_MS, SLOT_MS, dice, starts
from backend.model import DAY_MS, HOUR_MS


class Piece(NamedTuple):
    """One record as its product hands it out, and when it does."""

    arrival_ms: int
    format: str
    raw: bytes


class Stretch(NamedTuple):
    """All pieces that arrive up to (not at) until_ms, after those of the stretch before it."""

    until_ms: int
    pieces: list[Piece]


class _Stream(NamedTuple):
    """Stories of one sort that begin all through the day."""

    number: int
    per_week: int
    most: int
    """In one slot: as few as possible, since it spaces out when the same person comes again."""
    tell: Callable[[int, int, Random], list[Row]]
    whole: bool
    """Told from the beginning or not at all: a run in a scenario whose entry nobody saw would never fit."""


_STREAMS = (
    _Stream(1, 4_400, 6, welcome, True),
    _Stream(2, 4_200, 6, cart, True),
    _Stream(6, 7_500, 10, visit, False),
    _Stream(3, 2_900, 4, loyalty, True),
    _Stream(4, 3_000, 4, parcel, True),
)
_FLASH_SALE_EVERY, _FLASH_SALE_AT_MS = 2, 17 * HOUR_MS
_REPEATED_SLOTS, _REPEATED_PLACE, _REPEATED_AFTER = 61, 7, 2
"""The webhooks of one slot in 61 come a second time, two slots later: the receiver answered too late."""
_RETRIED = frozenset({WEBHOOK, MARKETING_WEBHOOK})


def stream(
    start_ms: int, end_ms: int | None = None, *, since_ms: int, before_ms: int | None = None
) -> Iterator[Stretch]:
    """Pieces that arrive in [start_ms, end_ms), slot by slot, in order of arrival; without end for None.

    since_ms: runs in scenarios that began earlier are left out; it is where the demonstration begins.
    before_ms: nothing that began then or later is told.
    """
    waiting: dict[int, list[Row]] = {}
    first = start_ms // SLOT_MS
    slot = (start_ms - REACH_MS) // SLOT_MS
    while end_ms is None or slot * SLOT_MS < end_ms:
        for row in begun(slot, since_ms, before_ms):
            place = row.arrival_ms // SLOT_MS
            if place >= first - _REPEATED_AFTER:
                waiting.setdefault(place, []).append(row)
        rows = waiting.pop(slot, [])
        if slot % _REPEATED_SLOTS == _REPEATED_PLACE:
            _retry(rows, waiting.setdefault(slot + _REPEATED_AFTER, []))
        slot += 1
        if slot > first:
            until_ms = slot * SLOT_MS if end_ms is None else min(slot * SLOT_MS, end_ms)
            rows.sort(key=arrival)
            yield Stretch(
                until_ms,
                [
                    Piece(row.arrival_ms, row.format, row.write(*row.args).encode())
                    for row in rows
                    if start_ms <= row.arrival_ms < until_ms
                ],
            )


def arrival(one: Row | Piece) -> int:
    """When it arrives: the key by which a stretch is sorted."""
    return one.arrival_ms


def _retry(rows: list[Row], later: list[Row]) -> None:
    after_ms = _REPEATED_AFTER * SLOT_MS
    later += [row._replace(arrival_ms=row.arrival_ms + after_ms) for row in rows if row.format in _RETRIED]


def begun(slot: int, since_ms: int, before_ms: int | None = None) -> Iterator[Row]:
    """The rows of all stories that begin in a slot, in a certain order."""
    begin_ms = slot * SLOT_MS
    for source in _STREAMS:
        for serial, at_ms, roll in starts(source.number, source.per_week, source.most, slot):
            if (at_ms >= since_ms or not source.whole) and (before_ms is None or at_ms < before_ms):
                yield from source.tell(serial, at_ms, roll)
    if before_ms is not None and begin_ms >= before_ms:
        return
    day, of_day_ms = divmod(begin_ms, DAY_MS)
    for campaign in BREVO_CAMPAIGNS:
        if of_day_ms == campaign.minute * MINUTE_MS and (day + 3) % 7 in campaign.weekdays:  # day 0: Thursday
            yield from sending(campaign, begin_ms, dice(campaign.number, slot))
    if of_day_ms == _FLASH_SALE_AT_MS and day % _FLASH_SALE_EVERY == 0:
        yield from flash_sale(day, begin_ms, dice(9, slot))

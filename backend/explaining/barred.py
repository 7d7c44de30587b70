"""What keeps a contact from being written to at all: lists, opt-outs, complaints and dead addresses.

Pure: the rows of one contact in, the bars that hold at a time out. Each names what it rests on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

import msgspec

from backend.model import DAY_MS, BounceClass, Channel, EventKind, LogRow
from backend.products import ADOBE_CAMPAIGN, MARKETO

SOFT_LIMIT = 5
"""Soft bounces in a row after which AJO suppresses and Campaign quarantines, unless set otherwise."""
SOFT_APART_MS = DAY_MS
"""F073: bounces of different deliveries count when they are at least so far apart."""
SUSPENDED_MS = DAY_MS
"""F141: how long Marketo suspends an address after a spam block."""

NAMESPACES = {Channel.EMAIL: "email", Channel.SMS: "phone", Channel.PUSH: "token"}


class BarKind(StrEnum):
    SUPPRESSED = "suppressed"
    SUSPENDED = "suspended"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    DEAD = "dead"
    """The address hard-bounced and nothing has got through since."""


class Suppression(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of a product's list of addresses that it does not write to."""

    id: int
    namespace: str
    value: str
    reason: str
    since_ms: int | None = None
    until_ms: int | None = None


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One reason why a contact is not written to on a channel. until_ms None: for good, as far as told."""

    kind: BarKind
    channel: Channel
    text: str
    until_ms: int | None = None
    row: LogRow | None = None
    listed: Suppression | None = None


def bars_at(
    rows: Iterable[LogRow], suppressions: Iterable[Suppression], at_ms: int, channel: Channel = Channel.EMAIL
) -> tuple[Bar, ...]:
    """The bars on a channel that hold at a time, the strongest first. rows: the contact's events, by time."""
    past = [row for row in rows if row.at_ms <= at_ms and _is_on(row, channel)]
    found = [*_listed(suppressions, at_ms, channel), *_told(past, at_ms, channel)]
    order = list(BarKind)
    return tuple(sorted(found, key=lambda bar: order.index(bar.kind)))


def _is_on(row: LogRow, channel: Channel) -> bool:
    return row.channel in (None, channel) and not (row.test or row.skew or row.repeat)


def _listed(suppressions: Iterable[Suppression], at_ms: int, channel: Channel) -> Iterator[Bar]:
    for entry in suppressions:
        is_other = entry.namespace not in (NAMESPACES[channel], "id")
        is_over = entry.until_ms is not None and entry.until_ms <= at_ms
        if is_other or is_over or (entry.since_ms or 0) > at_ms:
            continue
        kind = BarKind.SUPPRESSED if entry.until_ms is None else BarKind.SUSPENDED
        yield Bar(kind=kind, channel=channel, text=entry.reason, until_ms=entry.until_ms, listed=entry)


def _told(past: Sequence[LogRow], at_ms: int, channel: Channel) -> Iterator[Bar]:
    complaint = _last(past, EventKind.COMPLAINED)
    if complaint is not None:
        yield Bar(kind=BarKind.COMPLAINED, channel=channel, text="complained of spam", row=complaint)
    left, back = _last(past, EventKind.UNSUBSCRIBED), _last(past, EventKind.SUBSCRIBED)
    if left is not None and (back is None or back.at_ms < left.at_ms):
        yield Bar(kind=BarKind.UNSUBSCRIBED, channel=channel, text="unsubscribed", row=left)
    through = _last(past, EventKind.DELIVERED, EventKind.OPENED, EventKind.CLICKED)
    since = [row for row in past if through is None or row.at_ms > through.at_ms]
    yield from _dead(since, at_ms, channel)
    yield from _worn_out(since, channel)


def _dead(since: Sequence[LogRow], at_ms: int, channel: Channel) -> Iterator[Bar]:
    """A hard bounce with nothing delivered after it; Marketo's spam blocks pass after a day (F141)."""
    hard = [row for row in since if row.kind == EventKind.BOUNCED and row.bounce_class == BounceClass.HARD]
    if not hard:
        return
    row = hard[-1]
    if row.product == MARKETO and category_of(row) == "1":
        until_ms = row.at_ms + SUSPENDED_MS
        if until_ms > at_ms:
            text = "suspended for 24 h after a spam block"
            yield Bar(kind=BarKind.SUSPENDED, channel=channel, text=text, until_ms=until_ms, row=row)
        hard = [row for row in hard if category_of(row) != "1"]
    if hard:
        yield Bar(kind=BarKind.DEAD, channel=channel, text="its address bounced for good", row=hard[-1])


def _worn_out(since: Sequence[LogRow], channel: Channel) -> Iterator[Bar]:
    """Five soft bounces in a row, where the product counts them (F073, F097)."""
    counted: list[LogRow] = []
    for row in since:
        is_soft = row.kind == EventKind.BOUNCED and row.bounce_class == BounceClass.SOFT
        if not is_soft or row.product not in ("ajo", ADOBE_CAMPAIGN):
            continue
        if not counted or row.at_ms - counted[-1].at_ms >= SOFT_APART_MS:
            counted.append(row)
    if len(counted) >= SOFT_LIMIT:
        text = f"{len(counted)} soft bounces in a row, which suppresses by default ({SOFT_LIMIT})"
        yield Bar(kind=BarKind.SUPPRESSED, channel=channel, text=text, row=counted[-1])


def category_of(row: LogRow) -> str | None:
    """Marketo's bounce category, as the row carries it."""
    for name in ("Category", "category", "Bounce Category"):
        value = row.fields.get(name)
        if value is not None:
            return str(value).removesuffix(".0")
    return None


def _last(rows: Sequence[LogRow], *kinds: EventKind) -> LogRow | None:
    return next((row for row in reversed(rows) if row.kind in kinds and not row.machine), None)

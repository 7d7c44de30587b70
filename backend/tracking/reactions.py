"""Reactions to one delivery, counted in one pass: who opened and clicked, how often, what, and when.

A reaction is a tracking row that counts (no repeat, not ahead of its time, no test unless asked for).
Machines' rows are counted apart and take part in nothing else (R32).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from math import isfinite
from typing import NamedTuple

import msgspec

from backend.model import EventKind, TrackedLink

REACTIONS: tuple[EventKind, ...] = (
    EventKind.OPENED,
    EventKind.CLICKED,
    EventKind.UNSUBSCRIBED,
    EventKind.LINK,
    EventKind.PAGE,
    EventKind.TRACK,
)
"""Adobe Campaign's URL types 2 (open), 1 (e-mail click), 3 (opt-out), 6 (mirror page), 4 (web page) and
5 (transaction), in this order."""
LINKS = frozenset({EventKind.CLICKED, EventKind.UNSUBSCRIBED, EventKind.LINK})
"""Reactions that follow a link of the message."""


class Link(NamedTuple):
    """A link as a reaction names it; "" is not told."""

    url: str
    label: str
    category: str
    url_id: str


def link_of(
    url: str | None, label: str | None, category: str | None, url_id: str | None, listed: TrackedLink | None
) -> Link:
    """A link as its row names it, and as the list of tracked URLs names it, where it does."""
    if listed is not None:
        url, label, category = url or listed.url, listed.label or label, listed.category or category
    return Link(url or "", label or "", category or "", url_id or "")


class Reaction(NamedTuple):
    """One tracking row. Handles are the source's."""

    at_ms: int
    kind: EventKind
    machine: bool
    message: int | None
    """The message (broadLog id) it is a reaction to; None where the row names none."""
    source: str
    """Who asked, by browser (source id); "" where it is not told."""
    domain: str
    link: Link
    amount: float | None = None
    """Of a transaction: what was paid; None where the row does not tell."""
    articles: float | None = None
    """Of a transaction: how many articles were bought."""


def number_of(told: object) -> float | None:
    """A number as a row's field holds it, with a decimal comma or point; None for what is none."""
    try:
        number = float(str(told).replace("\u202f", "").replace("\xa0", "").replace(" ", "").replace(",", "."))
    except ValueError:
        return None
    return number if isfinite(number) else None


class LinkCount(msgspec.Struct):
    """Reactions that followed one link."""

    kind: EventKind
    rows: int = 0
    messages: set[int] = msgspec.field(default_factory=set)


class Purchases(msgspec.Struct):
    """What a delivery's transactions told of what was bought; None once one of them does not tell."""

    amount: float | None = 0.0
    articles: float | None = 0.0

    def add(self, reaction: Reaction) -> None:
        self.amount = _plus(self.amount, reaction.amount)
        self.articles = _plus(self.articles, reaction.articles)


def _plus(total: float | None, value: float | None) -> float | None:
    return None if total is None or value is None else total + value


class DomainCount(msgspec.Struct):
    """Whom of one mail domain a delivery made react."""

    openers: set[int] = msgspec.field(default_factory=set)
    clickers: set[int] = msgspec.field(default_factory=set)


class Reactions(msgspec.Struct):
    """All reactions of one delivery. Rows without a message count as rows, not as anybody's."""

    rows: dict[EventKind, int] = msgspec.field(default_factory=dict)
    machine: int = 0
    openers: set[int] = msgspec.field(default_factory=set)
    """Messages with any tracking row: a click implies an open (F102)."""
    clickers: set[int] = msgspec.field(default_factory=set)
    sources: set[str] = msgspec.field(default_factory=set)
    """Source ids of clicks."""
    sourceless: int = 0
    """Clicks without a source id."""
    domains: dict[str, DomainCount] = msgspec.field(default_factory=dict)
    links: dict[Link, LinkCount] = msgspec.field(default_factory=dict)
    times: dict[EventKind, array[int]] = msgspec.field(default_factory=dict)
    """Of each kind, when each row happened, in no order."""
    purchases: Purchases = msgspec.field(default_factory=Purchases)

    def count(self, kind: EventKind) -> int:
        return self.rows.get(kind, 0)


def count_reactions(reactions: Iterable[Reaction], until_ms: int | None = None) -> Reactions:
    """Counts them. until_ms: only what happened before."""
    found = Reactions()
    for reaction in reactions:
        if until_ms is not None and reaction.at_ms >= until_ms:
            continue
        if reaction.machine:
            found.machine += 1
            continue
        _add(found, reaction)
    return found


def _add(found: Reactions, reaction: Reaction) -> None:
    kind, message = reaction.kind, reaction.message
    found.rows[kind] = found.rows.get(kind, 0) + 1
    found.times.setdefault(kind, array("q")).append(reaction.at_ms)
    if kind is EventKind.TRACK:
        found.purchases.add(reaction)
    is_click = kind is EventKind.CLICKED
    if is_click:
        if reaction.source:
            found.sources.add(reaction.source)
        else:
            found.sourceless += 1
    if kind in LINKS:
        link = found.links.setdefault(reaction.link, LinkCount(kind))
        link.rows += 1
        if message is not None:
            link.messages.add(message)
    if message is None:
        return
    domain = found.domains.setdefault(reaction.domain, DomainCount())
    found.openers.add(message)
    domain.openers.add(message)
    if is_click:
        found.clickers.add(message)
        domain.clickers.add(message)

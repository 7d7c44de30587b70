"""What stored rows count as: pure functions of the set of rows, never of the order they came in.

Ties are broken by own time, rank of kind, key. Stores call these when a row joins a message or a run and
keep the answers; the book recomputes them from scratch. Rows ahead of their time (SKEW) take no part.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import IntFlag
from functools import lru_cache
from itertools import pairwise

import msgspec

from backend.model import BounceClass, EventKind, Outcome, StepKind
from backend.products import Product

EVENT_RANK: dict[EventKind, int] = {kind: place for place, kind in enumerate(EventKind, 1)}
"""The order of a message's life; also the stored code of a kind."""
STEP_RANK: dict[StepKind, int] = {kind: place for place, kind in enumerate(StepKind, 1)}
CLASS_RANK: dict[BounceClass, int] = {value: place for place, value in enumerate(BounceClass, 1)}


OF_CAMPAIGN = 1
"""Code of the origin `campaign`."""


class RowFlag(IntFlag):
    """Bits of `flags` in both logs. The first four are the record's, and so are the last three; the rest is
    derived from all stored rows, and so is MACHINE where hits lie near one another."""

    MACHINE = 1
    TEST = 2
    HAS_ID = 4
    ZONELESS = 8
    REPEAT = 16
    FIRST = 32
    """The first human open, or first human click, of its message."""
    SKEW = 64
    """More than five minutes ahead of our clock: in the log, counted nowhere, until its time has come."""
    IMPLIES_TARGETED = 128
    IMPLIES_SENT = 256
    HIT = 512
    """A request that an access log tells, held against the other hits of its message (F148)."""
    GAP_1 = 1024
    GAP_2 = 2048
    """With GAP_1: the gap in seconds, 0 to 3."""


# Plain numbers: arithmetic on IntFlag members costs thirty times as much, and every row pays it.
MACHINE, TEST, HAS_ID, ZONELESS = 1, 2, 4, 8
REPEAT, FIRST, SKEW = 16, 32, 64
IMPLIES_TARGETED, IMPLIES_SENT = 128, 256
HIT, GAP_1 = 512, 1024
MOST_GAP_S = 3
KEPT_FLAGS = 15 | SKEW | HIT | GAP_1 * MOST_GAP_S
"""Bits that settling leaves as they are."""
SKEW_MS = 5 * 60_000
"""How far ahead of our clock a row may be dated before it waits for its time."""

TARGETED = EVENT_RANK[EventKind.TARGETED]
EXCLUDED = EVENT_RANK[EventKind.EXCLUDED]
SENT = EVENT_RANK[EventKind.SENT]
DEFERRED = EVENT_RANK[EventKind.DEFERRED]
DELIVERED = EVENT_RANK[EventKind.DELIVERED]
BOUNCED = EVENT_RANK[EventKind.BOUNCED]
ERROR = EVENT_RANK[EventKind.ERROR]
OPENED = EVENT_RANK[EventKind.OPENED]
CLICKED = EVENT_RANK[EventKind.CLICKED]
UNSUBSCRIBED = EVENT_RANK[EventKind.UNSUBSCRIBED]
COMPLAINED = EVENT_RANK[EventKind.COMPLAINED]

ONCE_A_MESSAGE = frozenset({TARGETED, SENT, DELIVERED, BOUNCED, COMPLAINED})
IMPLYING_SENT = frozenset({DEFERRED, DELIVERED, BOUNCED})
TERMINAL: dict[int, Outcome] = {
    EXCLUDED: Outcome.EXCLUDED,
    DELIVERED: Outcome.DELIVERED,
    BOUNCED: Outcome.BOUNCED,
    ERROR: Outcome.ERROR,
}


class MessageRow(msgspec.Struct, gc=False):
    """A row of one message, as far as settling looks at it. Codes are ranks, handles are the store's."""

    ts: int
    h: int
    kind: int
    bounce_class: int
    format: int
    flags: int
    url: int
    reason: int
    delivery: tuple[int, int] | None
    """(NamedBy, handle) that the row names."""
    scenario: int | None
    step: int | None
    campaign: int | None
    run: str | None = None
    """The sending that it belongs to, where the product numbers them."""
    origin: int = 0
    """1: campaign, 2: transactional, 0: not told."""


class MessageState(msgspec.Struct, kw_only=True):
    """What a message is now. Times are None for what has not happened."""

    delivery: int | None = None
    scenario: int | None = None
    """Named by one of its rows; its delivery's own scenario is the store's to add."""
    step: int | None = None
    campaign: int | None = None
    test: bool = False
    outcome: Outcome | None = None
    bounce_class: int = 0
    reason: int = 0
    outcome_ms: int | None = None
    targeted_ms: int | None = None
    sent_ms: int | None = None
    """Its sent row, else its earliest outcome: the time by which a cohort takes it."""
    open_ms: int | None = None
    machine_open_ms: int | None = None
    click_ms: int | None = None
    machine_click_ms: int | None = None
    unsubscribed_ms: int | None = None
    complained_ms: int | None = None


def record_flags(
    *,
    is_machine: bool,
    is_test: bool,
    has_id: bool,
    is_zoneless: bool,
    is_ahead: bool,
    gap_s: int | None = None,
) -> int:
    """The bits of a row that its record and our clock decide, before it is settled."""
    return (
        (0 if gap_s is None else HIT | GAP_1 * min(gap_s, MOST_GAP_S))
        | (MACHINE if is_machine else 0)
        | (TEST if is_test else 0)
        | (HAS_ID if has_id else 0)
        | (ZONELESS if is_zoneless else 0)
        | (SKEW if is_ahead else 0)
    )


PAST_TIMES = (
    *("targeted_ms", "sent_ms", "open_ms", "machine_open_ms"),
    *("click_ms", "machine_click_ms", "unsubscribed_ms", "complained_ms"),
)
"""The times of a message that stay true when the rows that told them are no longer kept."""


def _order(row: MessageRow) -> tuple[int, int, int]:
    return (row.ts, row.kind, row.h)


def settle_message(
    rows: Sequence[MessageRow], product: Product, earlier: MessageState | None = None
) -> MessageState:
    """Sets the derived bits of each row's flags; gives the state of the message that the rows make.

    earlier: what was known of the message from rows that are no longer kept.
    """
    past = earlier or MessageState()
    live = [row for row in rows if not row.flags & SKEW]
    if len(live) > 1:
        live.sort(key=_order)
        _mark_near(live)
    counted = _mark_repeats(live, product)
    if past.open_ms is None:
        _mark_first(counted, OPENED)
    if past.click_ms is None:
        _mark_first(counted, CLICKED)
    _mark_implied(counted, product, past)
    state = _state(live, counted, product)
    if earlier:
        _add_past(state, past, product)
    if product.reactions_deliver:
        _deliver_by_reaction(state)
    return state


def _add_past(state: MessageState, past: MessageState, product: Product) -> None:
    for name in PAST_TIMES:
        if getattr(past, name) is not None:
            setattr(state, name, getattr(past, name))
    if past.outcome is not None and (
        state.outcome in (None, Outcome.PENDING)
        or _strength(past.outcome, past.bounce_class, product)
        > _strength(state.outcome, state.bounce_class, product)
    ):
        state.outcome, state.outcome_ms = past.outcome, past.outcome_ms
        state.bounce_class, state.reason = past.bounce_class, past.reason
    state.delivery = past.delivery if state.delivery is None else state.delivery


@lru_cache
def _once(product: Product) -> tuple[frozenset[int], frozenset[int]]:
    """Codes of the kinds that count once a message, and once a run."""
    return (
        frozenset(EVENT_RANK[kind] for kind in product.once_a_message),
        frozenset(EVENT_RANK[kind] for kind in product.once_a_run),
    )


def _mark_near(live: Sequence[MessageRow]) -> None:
    """Hits of the message that lie within the gap of one another are a machine's, all of them (F148)."""
    hits = [row for row in live if row.flags & HIT]
    if len(hits) < 2:
        return
    gap_ms = max(row.flags // GAP_1 & MOST_GAP_S for row in hits) * 1000
    for one, other in pairwise(hits):
        if other.ts - one.ts <= gap_ms:
            one.flags |= MACHINE
            other.flags |= MACHINE


def _mark_repeats(live: Sequence[MessageRow], product: Product) -> list[MessageRow]:
    """Flags rows that say again what another row says; gives those that count.

    Rows of one format repeat by a rule of their product, rows of another also where they tell one fact.
    """
    once_a_message, once_a_run = _once(product)
    formats_of: dict[tuple[object, ...], set[int]] = {}
    counted = []
    for row in live:
        row.flags &= KEPT_FLAGS
        only_by_rule = product.one_id_space and row.flags & HAS_ID
        once = True
        fact: tuple[object, ...]
        if row.kind in once_a_run:
            fact = (row.kind, row.run)
        elif row.kind in once_a_message:
            fact = (row.kind, row.bounce_class, row.flags & MACHINE)
        elif row.kind in ONCE_A_MESSAGE:
            fact, once = (row.kind, row.bounce_class), False
        else:
            fact, once = (row.kind, row.flags & MACHINE, row.url, row.ts // 1000), False
        seen = formats_of.setdefault(fact, set())
        if seen and (once or (seen != {row.format} and not only_by_rule)):
            row.flags |= REPEAT
        else:
            seen.add(row.format)
            counted.append(row)
    return counted


def _mark_first(counted: Iterable[MessageRow], kind: int) -> None:
    for row in counted:
        if row.kind == kind and not row.flags & MACHINE:
            row.flags |= FIRST
            return


def _mark_implied(counted: Sequence[MessageRow], product: Product, past: MessageState) -> None:
    if not counted:
        return
    kinds = {row.kind for row in counted}
    if not product.logs_targeting and TARGETED not in kinds and past.targeted_ms is None:
        counted[0].flags |= IMPLIES_TARGETED
    of_campaign = any(row.campaign is not None or row.origin == OF_CAMPAIGN for row in counted)
    logs_sending = product.logs_sending_of_campaigns if of_campaign else product.logs_sending
    if not logs_sending and SENT not in kinds and past.sent_ms is None:
        for row in counted:
            if row.kind in IMPLYING_SENT:
                row.flags |= IMPLIES_SENT
                return


def _state(live: Sequence[MessageRow], counted: Sequence[MessageRow], product: Product) -> MessageState:
    state = MessageState()
    named = [row for row in live if row.delivery is not None]
    if named:  # in their order, so that the first of the best ones has it
        best = min(named, key=lambda row: row.delivery[0] if row.delivery else 99)
        state.delivery = best.delivery[1] if best.delivery else None
    for row in live:
        if row.scenario is not None and state.scenario is None:
            state.scenario, state.step = row.scenario, row.step
        if row.campaign is not None and state.campaign is None:
            state.campaign = row.campaign
        state.test = state.test or bool(row.flags & TEST)
    _outcome(state, counted, product)
    _reactions(state, counted)
    return state


@lru_cache
def _strengths(order: tuple[str, ...]) -> Mapping[tuple[int, int], int]:
    """(kind, class) -> place in the product's order of outcomes, for those that it names."""
    places: dict[tuple[int, int], int] = {}
    for place, name in enumerate(order, 1):
        kind, _, told = name.partition(".")
        for bounce_class, code in (("", 0), *CLASS_RANK.items()):
            if told in ("", bounce_class):
                places[EVENT_RANK[EventKind(kind)], code] = place
    return places


def _strength(outcome: Outcome | None, bounce_class: int, product: Product) -> int:
    kind = next((kind for kind, found in TERMINAL.items() if found is outcome), 0)
    return _strengths(product.outcome_order).get((kind, bounce_class), 0)


def _outcome(state: MessageState, counted: Sequence[MessageRow], product: Product) -> None:
    """The latest of the strongest terminal rows wins (R16, R20); a deferral only while there is none."""
    strengths = _strengths(product.outcome_order)
    strongest = 0
    for row in counted:
        if row.kind == TARGETED or row.flags & IMPLIES_TARGETED:
            state.targeted_ms = row.ts if state.targeted_ms is None else state.targeted_ms
        if (row.kind == SENT or row.flags & IMPLIES_SENT) and state.sent_ms is None:
            state.sent_ms = row.ts
        if row.kind in TERMINAL:
            strength = strengths.get((row.kind, row.bounce_class), 0) if strengths else 0
            if strength < strongest:
                continue
            strongest = strength
            state.outcome, state.outcome_ms = TERMINAL[row.kind], row.ts
            state.bounce_class, state.reason = row.bounce_class, row.reason
        elif row.kind in (SENT, DEFERRED) and state.outcome in (None, Outcome.PENDING):
            state.outcome, state.outcome_ms, state.reason = Outcome.PENDING, row.ts, row.reason
    if state.sent_ms is None:
        state.sent_ms = next(
            (row.ts for row in counted if row.kind in TERMINAL or row.kind == DEFERRED), None
        )


def _deliver_by_reaction(state: MessageState) -> None:
    """What a person opened, clicked or unsubscribed from was delivered; it cancels a bounce (R19)."""
    times = [at for at in (state.open_ms, state.click_ms, state.unsubscribed_ms) if at is not None]
    if not times or state.outcome is Outcome.DELIVERED:
        return
    state.outcome, state.outcome_ms = Outcome.DELIVERED, min(times)
    state.bounce_class, state.reason = 0, 0
    if state.sent_ms is None:
        state.sent_ms = state.outcome_ms


def _reactions(state: MessageState, counted: Sequence[MessageRow]) -> None:
    for row in counted:
        machine = bool(row.flags & MACHINE)
        if row.kind == OPENED and machine and state.machine_open_ms is None:
            state.machine_open_ms = row.ts
        elif row.kind == OPENED and not machine and state.open_ms is None:
            state.open_ms = row.ts
        elif row.kind == CLICKED and machine and state.machine_click_ms is None:
            state.machine_click_ms = row.ts
        elif row.kind == CLICKED and not machine and state.click_ms is None:
            state.click_ms = row.ts
        elif row.kind == UNSUBSCRIBED and state.unsubscribed_ms is None:
            state.unsubscribed_ms = row.ts
        elif row.kind == COMPLAINED and state.complained_ms is None:
            state.complained_ms = row.ts

"""How Adobe Campaign's and Marketo's rows count, worked out by hand (R16 to R20, R25)."""

from __future__ import annotations

from itertools import permutations

import pytest

from backend.facts import (
    BOUNCED,
    CLASS_RANK,
    CLICKED,
    DELIVERED,
    EXCLUDED,
    HAS_ID,
    MACHINE,
    OPENED,
    REPEAT,
    SENT,
    TARGETED,
    UNSUBSCRIBED,
    MessageRow,
    MessageState,
    settle_message,
)
from backend.model import BounceClass, Outcome
from backend.products import ADOBE_CAMPAIGN, MARKETO, product_rules

HARD, SOFT, OTHER = (CLASS_RANK[name] for name in (BounceClass.HARD, BounceClass.SOFT, BounceClass.OTHER))


def row(
    kind: int,
    ts: int,
    bounce_class: int = 0,
    *,
    run: str | None = "1",
    flags: int = HAS_ID,
    format: int = 1,
) -> MessageRow:
    return MessageRow(
        ts=ts,
        h=ts * 31 + kind,
        kind=kind,
        bounce_class=bounce_class,
        format=format,
        flags=flags,
        url=0,
        reason=kind,
        delivery=None,
        scenario=None,
        step=None,
        campaign=None,
        run=run,
    )


def settle(product: str, *rows: MessageRow, earlier: MessageState | None = None) -> MessageState:
    """The state, which must not depend on the order of arrival."""
    states = [
        settle_message(list(order), product_rules(product), earlier) for order in permutations(rows[:5])
    ]
    assert all(state == states[0] for state in states)
    return states[0]


def repeats(product: str, *rows: MessageRow) -> list[bool]:
    settle_message(list(rows), product_rules(product))
    return [bool(one.flags & REPEAT) for one in rows]


@pytest.mark.parametrize(
    ("rows", "outcome", "bounce_class", "at"),
    [
        ([row(TARGETED, 1), row(SENT, 2)], Outcome.PENDING, 0, 2),
        ([row(SENT, 2), row(DELIVERED, 3)], Outcome.DELIVERED, 0, 3),
        ([row(DELIVERED, 2), row(SENT, 3)], Outcome.DELIVERED, 0, 2),
        ([row(SENT, 2), row(DELIVERED, 3), row(BOUNCED, 9, SOFT)], Outcome.BOUNCED, SOFT, 9),
        ([row(BOUNCED, 2, OTHER), row(DELIVERED, 3)], Outcome.BOUNCED, OTHER, 2),
        ([row(BOUNCED, 2, SOFT), row(OPENED, 3)], Outcome.BOUNCED, SOFT, 2),
        ([row(EXCLUDED, 2)], Outcome.EXCLUDED, 0, 2),
    ],
)
def test_campaign_goes_from_taken_over_sent_to_failed_and_never_back(
    rows: list[MessageRow], outcome: Outcome, bounce_class: int, at: int
) -> None:
    """R16"""
    state = settle(ADOBE_CAMPAIGN, *rows)
    assert (state.outcome, state.bounce_class, state.outcome_ms) == (outcome, bounce_class, at)


def test_a_status_of_campaign_counts_once_a_message_at_its_first_time() -> None:
    rows = [row(TARGETED, 1), row(TARGETED, 2), row(DELIVERED, 3), row(DELIVERED, 4), row(BOUNCED, 5, SOFT)]
    assert repeats(ADOBE_CAMPAIGN, *rows) == [False, True, False, True, False]


@pytest.mark.parametrize(
    ("rows", "outcome", "bounce_class", "at"),
    [
        ([row(SENT, 1)], Outcome.PENDING, 0, 1),
        ([row(SENT, 1), row(DELIVERED, 2)], Outcome.DELIVERED, 0, 2),
        ([row(SENT, 1), row(BOUNCED, 2, SOFT), row(DELIVERED, 3)], Outcome.DELIVERED, 0, 3),
        ([row(SENT, 1), row(BOUNCED, 2, HARD), row(DELIVERED, 3)], Outcome.BOUNCED, HARD, 2),
        ([row(SENT, 1), row(DELIVERED, 2), row(BOUNCED, 3, HARD)], Outcome.BOUNCED, HARD, 3),
        ([row(SENT, 1), row(BOUNCED, 2, HARD), row(BOUNCED, 3, SOFT)], Outcome.BOUNCED, HARD, 2),
        ([row(SENT, 1), row(BOUNCED, 2, HARD), row(OPENED, 3)], Outcome.DELIVERED, 0, 3),
        ([row(SENT, 1), row(BOUNCED, 2, SOFT), row(CLICKED, 3)], Outcome.DELIVERED, 0, 3),
        ([row(SENT, 1), row(UNSUBSCRIBED, 4)], Outcome.DELIVERED, 0, 4),
        (
            [row(SENT, 1), row(BOUNCED, 2, SOFT), row(OPENED, 3, flags=HAS_ID | MACHINE)],
            Outcome.BOUNCED,
            SOFT,
            2,
        ),
    ],
)
def test_marketo_hard_beats_soft_and_delivered_and_a_reaction_beats_all(
    rows: list[MessageRow], outcome: Outcome, bounce_class: int, at: int
) -> None:
    """R17, R19, R20, R32"""
    state = settle(MARKETO, *rows)
    assert (state.outcome, state.bounce_class, state.outcome_ms) == (outcome, bounce_class, at)
    assert state.sent_ms == 1


def test_an_open_alone_makes_a_delivered_message_sent_at_its_time() -> None:
    """R19: there may be no other row of it."""
    state = settle(MARKETO, row(OPENED, 5))
    assert (state.outcome, state.sent_ms) == (Outcome.DELIVERED, 5)


def test_marketo_delivers_once_for_each_sending() -> None:
    """R18"""
    rows = [row(SENT, 1), row(DELIVERED, 2), row(DELIVERED, 3), row(SENT, 4, run="2")]
    assert repeats(MARKETO, *rows, row(DELIVERED, 5, run="2")) == [False, False, True, False, False]


def test_marketo_opens_once_a_message_and_machines_apart() -> None:
    """R25: a second load, also of a second sending by the same campaign, is no second open."""
    rows = [row(OPENED, 1), row(OPENED, 2), row(OPENED, 3, run="2"), row(OPENED, 4, flags=HAS_ID | MACHINE)]
    assert repeats(MARKETO, *rows) == [False, True, True, False]


def test_two_sendings_read_from_two_formats_are_two() -> None:
    """Marketo's ids are the same everywhere: what is equal has one id."""
    rows = [row(SENT, 1), row(SENT, 2, run="2", format=2), row(CLICKED, 3), row(CLICKED, 3, format=2)]
    assert repeats(MARKETO, *rows) == [False] * 4


def test_rows_that_are_no_longer_kept_still_tell_the_outcome() -> None:
    hard = MessageState(sent_ms=1, outcome=Outcome.BOUNCED, bounce_class=HARD, outcome_ms=2)
    assert settle(MARKETO, row(DELIVERED, 9), earlier=hard).outcome is Outcome.BOUNCED
    opened = MessageState(sent_ms=1, open_ms=3, outcome=Outcome.DELIVERED, outcome_ms=3)
    assert settle(MARKETO, row(BOUNCED, 9, HARD), earlier=opened).outcome is Outcome.DELIVERED
    assert settle(ADOBE_CAMPAIGN, row(BOUNCED, 9, HARD), earlier=opened).outcome is Outcome.BOUNCED

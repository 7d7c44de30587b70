"""What rows count as, by hand: repeats, firsts, implied rows, outcomes, the roster's fold."""

from __future__ import annotations

import pytest

from backend.facts import (
    BOUNCED,
    CLASS_RANK,
    CLICKED,
    DEFERRED,
    DELIVERED,
    EXCLUDED,
    FIRST,
    GAP_1,
    HIT,
    IMPLIES_SENT,
    IMPLIES_TARGETED,
    MACHINE,
    OPENED,
    REPEAT,
    SENT,
    SKEW,
    TARGETED,
    MessageRow,
    MessageState,
    settle_message,
)
from backend.model import BounceClass, Outcome, RosterState
from backend.products import Product, product_rules
from backend.roster_fold import FoldRank, FoldRow, fold_roster, step_after

LOGS_ALL = Product(logs_sending=True, logs_targeting=True)
LOGS_OUTCOMES = Product()
HARD, SOFT = CLASS_RANK[BounceClass.HARD], CLASS_RANK[BounceClass.SOFT]


def row(
    kind: int, ts: int, format: int = 1, *, flags: int = 0, url: int = 0, bounce_class: int = 0
) -> MessageRow:
    return MessageRow(
        ts=ts,
        h=ts * 31 + kind,
        kind=kind,
        bounce_class=bounce_class,
        format=format,
        flags=flags,
        url=url,
        reason=0,
        delivery=None,
        scenario=None,
        step=None,
        campaign=None,
    )


def derived(rows: list[MessageRow], product: Product = LOGS_ALL) -> list[int]:
    settle_message(rows, product)
    return [r.flags & ~MACHINE for r in rows]


def hits(gap_s: int, *times_ms: int) -> list[MessageRow]:
    return [row(CLICKED, at_ms, flags=HIT | GAP_1 * gap_s, url=place) for place, at_ms in enumerate(times_ms)]


@pytest.mark.parametrize(
    ("gap_s", "times_s", "expected"),
    [
        (0, (0, 0), [1, 1]),
        (0, (0, 1), [0, 0]),
        (1, (0, 1), [1, 1]),
        (3, (0, 3, 7), [1, 1, 0]),
        (3, (0, 3, 6), [1, 1, 1]),
    ],
)
def test_hits_of_one_message_within_the_gap_are_a_machines(
    gap_s: int, times_s: tuple[int, ...], expected: list[int]
) -> None:
    """F148: all of them, the first one too; what is no hit of an access log takes no part."""
    rows = hits(gap_s, *(at_s * 1000 for at_s in times_s))
    other = row(OPENED, 0)
    settle_message([*rows, other], LOGS_ALL)
    assert [one.flags & MACHINE for one in rows] == expected
    assert not other.flags & MACHINE


def test_a_hit_that_comes_later_makes_a_machine_of_one_that_was_a_persons() -> None:
    first, late = hits(2, 5_000, 6_500)
    settle_message([first], LOGS_ALL)
    assert first.flags & FIRST
    state = settle_message([late, first], LOGS_ALL)
    assert not (first.flags | late.flags) & FIRST
    assert (state.click_ms, state.machine_click_ms) == (None, 5_000)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # the same delivery told by two formats, at times that differ: once
        ([row(DELIVERED, 1000), row(DELIVERED, 9000, 2)], [0, REPEAT]),
        # two deliveries of one format are what the product says they are: two
        ([row(DELIVERED, 1000), row(DELIVERED, 9000)], [0, 0]),
        # bounces of two classes are two facts, of one class in two formats one
        ([row(BOUNCED, 1, bounce_class=SOFT), row(BOUNCED, 2, 2, bounce_class=HARD)], [0, 0]),
        ([row(BOUNCED, 1, bounce_class=HARD), row(BOUNCED, 2, 2, bounce_class=HARD)], [0, REPEAT]),
        # opens of two formats repeat when the second agrees, not otherwise
        ([row(OPENED, 1000), row(OPENED, 1999, 2)], [FIRST, REPEAT]),
        ([row(OPENED, 1000), row(OPENED, 2000, 2)], [FIRST, 0]),
        # a click on another URL, or a machine's open, is another fact
        ([row(CLICKED, 1000, url=1), row(CLICKED, 1000, 2, url=2)], [FIRST, 0]),
        ([row(OPENED, 1000, flags=MACHINE), row(OPENED, 1000, 2)], [0, FIRST]),
    ],
)
def test_rows_repeat_between_formats_only_when_they_tell_the_same(
    rows: list[MessageRow], expected: list[int]
) -> None:
    assert derived(rows) == expected


def test_the_first_human_open_makes_the_unique_opener() -> None:
    """R23, R24: machine opens, human opens and unique openers are three numbers."""
    rows = [row(OPENED, 10, flags=MACHINE), row(OPENED, 20), row(OPENED, 30)]
    assert derived(rows) == [0, FIRST, 0]


def test_a_product_without_sending_rows_implies_them_from_the_first_outcome() -> None:
    rows = [row(OPENED, 5), row(DELIVERED, 10), row(BOUNCED, 20, bounce_class=SOFT)]
    assert derived(rows, LOGS_OUTCOMES) == [FIRST | IMPLIES_TARGETED, IMPLIES_SENT, 0]


def test_a_real_row_replaces_an_implied_one() -> None:
    rows = [row(TARGETED, 1), row(SENT, 5), row(DELIVERED, 10)]
    assert derived(rows, LOGS_OUTCOMES) == [0, 0, 0]


def test_rows_ahead_of_their_time_take_no_part() -> None:
    """R02: a row dated ahead is not counted and makes nothing a repeat."""
    rows = [row(DELIVERED, 5, flags=SKEW), row(DELIVERED, 10, 2)]
    settle_message(rows, LOGS_ALL)
    assert [r.flags for r in rows] == [SKEW, 0]


@pytest.mark.parametrize(
    ("rows", "outcome", "at_ms"),
    [
        ([row(SENT, 1)], Outcome.PENDING, 1),
        ([row(SENT, 1), row(DEFERRED, 2)], Outcome.PENDING, 2),
        # R16: a deferral is only waiting; a later delivery or bounce is the end of it
        ([row(SENT, 1), row(DEFERRED, 2), row(DELIVERED, 3)], Outcome.DELIVERED, 3),
        # a deferral after the end changes nothing
        ([row(DELIVERED, 3), row(DEFERRED, 4)], Outcome.DELIVERED, 3),
        # the latest terminal row wins, whatever the order of arrival
        ([row(BOUNCED, 9, bounce_class=HARD), row(DELIVERED, 3)], Outcome.BOUNCED, 9),
        # of one time, the later stage of a message's life
        ([row(BOUNCED, 3, bounce_class=HARD), row(DELIVERED, 3)], Outcome.BOUNCED, 3),
        ([row(EXCLUDED, 3)], Outcome.EXCLUDED, 3),
        ([row(OPENED, 3)], None, None),
    ],
)
def test_a_message_has_one_outcome(
    rows: list[MessageRow], outcome: Outcome | None, at_ms: int | None
) -> None:
    """R11, R16"""
    state = settle_message(rows, LOGS_ALL)
    assert (state.outcome, state.outcome_ms) == (outcome, at_ms)


def test_the_sending_time_is_the_sent_row_else_the_earliest_outcome() -> None:
    assert settle_message([row(DELIVERED, 9), row(SENT, 5)], LOGS_ALL).sent_ms == 5
    assert settle_message([row(BOUNCED, 9), row(DEFERRED, 7)], LOGS_ALL).sent_ms == 7


def test_what_pruned_rows_told_is_not_told_again() -> None:
    past = MessageState(targeted_ms=1, sent_ms=2, open_ms=3, outcome=Outcome.DELIVERED, outcome_ms=2)
    rows = [row(OPENED, 50)]
    state = settle_message(rows, LOGS_OUTCOMES, past)
    assert rows[0].flags == 0
    assert (state.open_ms, state.outcome, state.sent_ms) == (3, Outcome.DELIVERED, 2)


def fold(*rows: tuple[int, FoldRank, str], complete: tuple[int, ...] = ()) -> dict[str, int]:
    """run -> the time of its entry"""
    made = [FoldRow(ts, rank, ts, run, entered_ms=ts) for ts, rank, run in rows]
    return {run: place.entered_ms for run, place in fold_roster(made, complete).items()}


ENTERED, STEP, WAITING, EXIT, LISTED, REMOVED = (
    FoldRank.ENTERED,
    FoldRank.STEP,
    FoldRank.WAITING,
    FoldRank.EXIT,
    FoldRank.LISTED,
    FoldRank.REMOVED,
)


@pytest.mark.parametrize(
    ("rows", "complete", "inside"),
    [
        ([(1, ENTERED, "")], (), {"": 1}),
        ([(1, ENTERED, ""), (2, EXIT, "")], (), {}),
        # late rows take their place by time: an exit that arrives last may be the first
        ([(5, ENTERED, ""), (2, EXIT, "")], (), {"": 5}),
        # a step after the exit does not bring the contact back, a new entry does
        ([(1, ENTERED, ""), (2, EXIT, ""), (3, STEP, "")], (), {}),
        ([(1, ENTERED, ""), (2, EXIT, ""), (3, ENTERED, "")], (), {"": 3}),
        # of one time: entered, then step, then waiting, then exit
        ([(1, EXIT, ""), (1, ENTERED, "")], (), {}),
        # a log that begins in the middle of a run
        ([(4, STEP, "")], (), {"": 4}),
        # runs are apart; an exit without a run ends them all
        ([(1, ENTERED, "r1"), (2, ENTERED, "r2"), (3, EXIT, "r1")], (), {"r2": 2}),
        ([(1, ENTERED, "r1"), (2, ENTERED, "r2"), (3, EXIT, "")], (), {}),
        # a product's list merges; only a later entry, or a complete list, overrules an exit
        ([(1, LISTED, "")], (), {"": 1}),
        ([(1, ENTERED, ""), (3, EXIT, ""), (2, LISTED, "")], (), {}),
        ([(1, ENTERED, ""), (3, EXIT, ""), (5, LISTED, "")], (5,), {"": 5}),
        # a removal ends every run, also those first heard of later; an entry or a complete list undoes it
        ([(1, ENTERED, "r1"), (2, ENTERED, "r2"), (3, REMOVED, "")], (), {}),
        ([(1, ENTERED, "r1"), (3, REMOVED, ""), (4, STEP, "r9"), (5, LISTED, "r8")], (), {}),
        ([(1, ENTERED, ""), (3, REMOVED, ""), (4, ENTERED, "r2")], (), {"r2": 4}),
        ([(1, ENTERED, ""), (3, REMOVED, ""), (5, LISTED, "")], (5,), {"": 5}),
        ([(1, ENTERED, ""), (3, REMOVED, ""), (3, LISTED, "")], (3,), {}),
        ([(1, ENTERED, ""), (3, ENTERED, ""), (3, REMOVED, "")], (), {}),
        # a complete list that leaves the contact out says that it is gone
        ([(1, ENTERED, "")], (5,), {}),
        ([(1, ENTERED, ""), (7, ENTERED, "")], (5,), {"": 7}),
    ],
)
def test_the_roster_is_the_fold_of_the_log(
    rows: list[tuple[int, FoldRank, str]], complete: tuple[int, ...], inside: dict[str, int]
) -> None:
    assert fold(*rows, complete=complete) == inside


def test_a_waiting_row_waits_until_it_moves() -> None:
    rows = [FoldRow(1, ENTERED, 1), FoldRow(2, WAITING, 2, step=7, until_ms=99)]
    place = fold_roster(rows)[""]
    assert (place.state, place.step, place.until_ms, place.step_ms) == (RosterState.WAITING, 7, 99, 2)
    moved = fold_roster([*rows, FoldRow(3, STEP, 3, step=8)])[""]
    assert (moved.state, moved.step, moved.until_ms, moved.entered_ms) == (RosterState.ACTIVE, 8, None, 1)


def test_after_a_completed_step_the_place_is_known_only_on_a_straight_path() -> None:
    """R35: a product that logs completed steps tells what is behind, not where the contact is."""
    completed = Product(logs_completed_steps=True)
    assert step_after(1, (2,), completed) == 2
    assert step_after(1, (2, 3), completed) is None
    assert step_after(1, None, completed) is None
    assert step_after(1, (2,), Product()) == 1


def test_brevo_logs_the_sending_of_transactional_messages_only() -> None:
    brevo = product_rules("brevo")
    transactional, of_campaign = row(DELIVERED, 5), row(DELIVERED, 5)
    of_campaign.campaign = 87
    assert derived([transactional], brevo) == [IMPLIES_TARGETED]
    assert derived([of_campaign], brevo) == [IMPLIES_TARGETED | IMPLIES_SENT]

"""Adobe Campaign's formulas, on sets small enough to work out by hand."""

from __future__ import annotations

import pytest

from backend.model import BounceClass, EventKind, Outcome
from backend.tracking.clicks import clicks_by
from backend.tracking.facts import View
from backend.tracking.indicators import (
    Ending,
    errors_by_domain,
    errors_by_reason,
    estimated_opens,
    exclusions,
    indicators,
    population,
)
from backend.tracking.reactions import Link, Reaction, count_reactions, number_of
from backend.tracking.statistics import time_to_reach

OFFER = Link("https://x/offer", "Offer", "promo", "2")
SHOP = Link("https://x/shop", "Shop", "promo", "5")
OFFER_AGAIN = Link("https://x/offer", "Offer below", "", "7")
OUT = Link("https://x/out", "Opt out", "", "3")
NO_LINK = Link("", "", "", "1")


def reaction(
    kind: EventKind,
    message: int | None,
    link: Link = NO_LINK,
    *,
    source: str = "",
    at_ms: int = 0,
    domain: str = "x.org",
    machine: bool = False,
) -> Reaction:
    return Reaction(at_ms, kind, machine, message, source, domain, link)


OPENED, CLICKED, LINK, OPT_OUT = (
    *(EventKind.OPENED, EventKind.CLICKED),
    *(EventKind.LINK, EventKind.UNSUBSCRIBED),
)
HAND_MADE = [
    reaction(OPENED, 1),
    reaction(OPENED, 1),
    reaction(OPENED, 2),
    reaction(CLICKED, 1, OFFER, source="a"),
    reaction(CLICKED, 1, OFFER, source="b"),  # forwarded: another browser, the same message
    reaction(CLICKED, 3, SHOP, source="c", domain="y.org"),  # no pixel: a click implies an open (F102)
    reaction(OPT_OUT, 2, OUT),
    reaction(LINK, 4, Link("", "Mirror", "", "4"), domain="y.org"),  # the mirror page is a tracking row, too
    reaction(OPENED, 9, machine=True),
    reaction(EventKind.PAGE, 4),
    reaction(EventKind.TRACK, 4)._replace(amount=10.5, articles=3.0),
    reaction(EventKind.TRACK, 4)._replace(amount=20.0),
]


def test_every_formula_holds_on_a_set_worked_out_by_hand() -> None:
    found = indicators(count_reactions(HAND_MADE), to_deliver=10, text=2)
    assert (found.recipient_open, found.total_recipient_open) == (4, 3)  # 1, 2, 3, 4; three pixel rows
    assert (found.recipient_click, found.person_click, found.total_recipient_click) == (2, 3, 3)
    assert (found.forwards, found.opt_out, found.mirror, found.machine) == (1, 1, 1, 1)
    assert found.raw_reactivity == 2 / 4
    assert found.estimated_recipient_open == 5  # round(4 x 10 / 8)
    assert found.estimated_reactivity == 2 / 5
    assert found.estimated_total_open == 4  # round(3 x 10 / 8) = round(3.75)
    assert (found.web, found.transactions) == (3, 2)  # a transaction is a visited page, too
    assert (found.amount, found.articles) == (30.5, None)  # the second does not tell how many articles


def test_what_is_not_told_is_none_and_not_zero() -> None:
    sourceless = count_reactions([reaction(CLICKED, 1, OFFER)])
    found = indicators(sourceless, to_deliver=10, text=None)
    assert (found.person_click, found.forwards) == (None, None)
    assert (found.estimated_recipient_open, found.estimated_reactivity) == (None, None)
    mixed = count_reactions([reaction(CLICKED, 1, OFFER), reaction(CLICKED, 2, OFFER, source="a")])
    assert indicators(mixed, to_deliver=10, text=0).forwards is None  # else -1: R30
    nobody = indicators(count_reactions([]), to_deliver=10, text=0)
    assert (nobody.person_click, nobody.forwards, nobody.raw_reactivity) == (0, 0, None)


@pytest.mark.parametrize(
    ("opened", "to_deliver", "text", "expected"),
    [(4, 10, 2, 5), (1, 3, 1, 2), (5, 10, 0, 5), (5, 10, 10, 0), (0, 0, 0, 0), (1, 4, 2, 2), (3, 5, 1, 4)],
)
def test_estimated_opens_are_rounded_and_0_when_the_divisor_is_0(
    opened: int, to_deliver: int, text: int, expected: int
) -> None:
    """1 x 3 / 2 = 1.5 and 3 x 5 / 4 = 3.75 round up."""
    assert estimated_opens(opened, to_deliver, text) == expected


def test_a_row_that_names_no_message_counts_as_a_row_and_as_nobody() -> None:
    found = indicators(count_reactions([reaction(CLICKED, None, OFFER, source="a")]), 1, 0)
    assert (found.total_recipient_click, found.recipient_click, found.recipient_open) == (1, 0, 0)


def test_a_period_ends_before_its_end() -> None:
    rows = [reaction(OPENED, 1, at_ms=5), reaction(OPENED, 2, at_ms=6)]
    assert len(count_reactions(rows, until_ms=6).openers) == 1


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("10,50", 10.5),
        ("1 200.5", 1200.5),
        (7, 7.0),
        (0, 0.0),
        ("", None),
        (None, None),
        ("nan", None),
        ("x", None),
    ],
)
def test_numbers_of_transactions_are_read_as_feeds_write_them(told: object, expected: float | None) -> None:
    assert number_of(told) == expected


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (View.LABEL, [("Offer", 2, 1, 0.5), ("Offer below", 1, 1, 0.25), ("Shop", 1, 1, 0.25)]),
        (View.URL, [("https://x/offer", 3, 2, 0.75), ("https://x/shop", 1, 1, 0.25)]),
        (View.CATEGORY, [("promo", 3, 2, 0.75), ("(not told)", 1, 1, 0.25)]),
    ],
)
def test_equal_labels_or_addresses_are_one_line_and_opt_out_is_left_out(
    view: View, expected: list[tuple[object, ...]]
) -> None:
    """R29, R31"""
    rows = [
        reaction(CLICKED, 1, OFFER),
        reaction(CLICKED, 1, OFFER),
        reaction(CLICKED, 2, OFFER_AGAIN),
        reaction(CLICKED, 3, SHOP),
        reaction(OPT_OUT, 3, OUT),
    ]
    found = clicks_by(count_reactions(rows).links, view)
    assert [(one.name, one.clicks, one.recipients, one.share) for one in found] == expected


@pytest.mark.parametrize(
    ("percent", "expected"), [(10, 1), (25, 2), (50, 4), (75, 20), (90, 100), (100, 100)]
)
def test_the_time_to_reach_a_share(percent: int, expected: int) -> None:
    """Of five rows, half are reached with the third, a quarter with the second."""
    assert time_to_reach([101, 102, 104, 120, 200], percent, 100) == expected
    assert time_to_reach([], percent, 100) is None


ENDINGS = [
    Ending(outcome=Outcome.DELIVERED, domain="x.org", n=6),
    Ending(
        outcome=Outcome.BOUNCED, bounce_class=BounceClass.HARD, reason="User unknown", domain="x.org", n=2
    ),
    Ending(
        outcome=Outcome.BOUNCED, bounce_class=BounceClass.SOFT, reason="Mailbox full", domain="y.org", n=1
    ),
    Ending(
        outcome=Outcome.BOUNCED,
        bounce_class=BounceClass.OTHER,
        reason="Denylisted address",
        domain="y.org",
        n=1,
    ),
    Ending(outcome=Outcome.PENDING, domain="y.org", n=3),
    Ending(outcome=Outcome.EXCLUDED, reason="Double", domain="x.org", n=2),
    Ending(outcome=Outcome.EXCLUDED, reason="Address in quarantine", domain="x.org", n=4),
]


def test_the_population_of_a_delivery() -> None:
    found = population(ENDINGS, taken_into_account=1)
    assert (found.initial, found.excluded, found.to_deliver) == (19, 6, 13)
    assert (found.success, found.errors, found.prepared, found.processed) == (7, 4, 2, 13)
    assert (found.hard, found.soft, found.other_failed, found.complaints) == (2, 1, 1, 1)


def test_contribution_is_of_all_errors_and_breakdown_of_what_was_processed() -> None:
    by_reason = [(one.name, one.errors, one.contribution, one.breakdown) for one in errors_by_reason(ENDINGS)]
    assert by_reason == [
        ("User unknown", 2, 2 / 4, 2 / 13),
        ("Denylisted address", 1, 1 / 4, 1 / 13),
        ("Mailbox full", 1, 1 / 4, 1 / 13),
    ]
    by_domain = [(one.name, one.errors, one.contribution, one.breakdown) for one in errors_by_domain(ENDINGS)]
    assert by_domain == [("x.org", 2, 2 / 4, 2 / 8), ("y.org", 2, 2 / 4, 2 / 5)]


def test_causes_of_exclusion_most_first() -> None:
    assert exclusions(ENDINGS) == [("Address in quarantine", 4), ("Double", 2)]

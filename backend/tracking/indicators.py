"""Adobe Campaign's tracking indicators, with its published formulas (F100 to F102, F106 to F108). Pure.

Source: Campaign v7/v8 documentation, "Indicator calculation". A value that cannot be known is None, never 0.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from backend.model import BounceClass, EventKind, Outcome
from backend.reports.metrics import rate
from backend.tracking.reactions import Reactions

DENYLISTED = "Denylisted address"
"""Failed for this reason (8) is how Campaign counts complaints."""


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """Messages of a delivery that ended alike."""

    outcome: Outcome | None
    bounce_class: BounceClass | None = None
    reason: str = ""
    domain: str = ""
    n: int


class Population(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a delivery's messages; seeds and proofs are left out."""

    initial: int
    excluded: int
    """Rejected by a rule before sending."""
    prepared: int
    """Neither success nor error yet."""
    success: int
    """Sent, received on mobile, or taken into account by the service provider."""
    errors: int
    hard: int
    soft: int
    other_failed: int
    complaints: int

    @property
    def to_deliver(self) -> int:
        return self.initial - self.excluded

    @property
    def processed(self) -> int:
        return self.prepared + self.errors + self.success


def population(endings: Iterable[Ending], taken_into_account: int = 0) -> Population:
    """taken_into_account: pending messages that the service provider has taken, which is a success."""
    by_outcome: dict[Outcome | None, int] = {}
    by_class: dict[BounceClass | None, int] = {}
    complaints = 0
    for ending in endings:
        by_outcome[ending.outcome] = by_outcome.get(ending.outcome, 0) + ending.n
        if ending.outcome is Outcome.BOUNCED:
            by_class[ending.bounce_class] = by_class.get(ending.bounce_class, 0) + ending.n
            complaints += ending.n if ending.reason == DENYLISTED else 0
    bounced = by_outcome.get(Outcome.BOUNCED, 0)
    hard, soft = by_class.get(BounceClass.HARD, 0), by_class.get(BounceClass.SOFT, 0)
    errors = bounced + by_outcome.get(Outcome.ERROR, 0)
    pending = by_outcome.get(Outcome.PENDING, 0) + by_outcome.get(None, 0)
    return Population(
        initial=sum(by_outcome.values()),
        excluded=by_outcome.get(Outcome.EXCLUDED, 0),
        prepared=pending - taken_into_account,
        success=by_outcome.get(Outcome.DELIVERED, 0) + taken_into_account,
        errors=errors,
        hard=hard,
        soft=soft,
        other_failed=errors - hard - soft,
        complaints=complaints,
    )


class Indicators(msgspec.Struct, frozen=True, kw_only=True):
    """Named as in Adobe's formulas."""

    recipient_open: int
    recipient_click: int
    person_click: int | None
    """None where not every click carries a source id (R30)."""
    total_recipient_open: int
    total_recipient_click: int
    opt_out: int
    mirror: int
    forwards: int | None
    raw_reactivity: float | None
    estimated_recipient_open: int | None
    """None where no feed tells how many of the messages are text only."""
    estimated_total_open: int | None
    estimated_reactivity: float | None
    web: int
    """Pages and transactions."""
    transactions: int
    amount: float | None
    """None where some transaction does not tell it."""
    articles: float | None
    machine: int


def indicators(reactions: Reactions, to_deliver: int, text: int | None) -> Indicators:
    """text: how many of the messages to deliver are text only, and so cannot tell that they were opened."""
    opened, clicked = len(reactions.openers), len(reactions.clickers)
    clicks = reactions.count(EventKind.CLICKED)
    people = None if reactions.sourceless else len(reactions.sources)
    rows = reactions.count(EventKind.OPENED)
    estimated = None if text is None else estimated_opens(opened, to_deliver, text)
    return Indicators(
        recipient_open=opened,
        recipient_click=clicked,
        person_click=people,
        total_recipient_open=rows,
        total_recipient_click=clicks,
        opt_out=reactions.count(EventKind.UNSUBSCRIBED),
        mirror=reactions.count(EventKind.LINK),
        forwards=None if people is None else people - clicked,
        raw_reactivity=rate(clicked, opened),
        estimated_recipient_open=estimated,
        estimated_total_open=None if text is None else estimated_opens(rows, to_deliver, text),
        estimated_reactivity=None if estimated is None else rate(clicked, estimated),
        web=reactions.count(EventKind.PAGE) + reactions.count(EventKind.TRACK),
        transactions=reactions.count(EventKind.TRACK),
        amount=reactions.purchases.amount,
        articles=reactions.purchases.articles,
        machine=reactions.machine,
    )


def estimated_opens(opens: int, to_deliver: int, text: int) -> int:
    """round(opens x toDeliver / (toDeliver - text)), halves up; 0 when the divisor is 0."""
    divisor = to_deliver - text
    if divisor <= 0:
        return 0
    return (2 * opens * to_deliver + divisor) // (2 * divisor)


class ErrorShare(msgspec.Struct, frozen=True, kw_only=True):
    """A reason or a domain among a delivery's errors (F106)."""

    name: str
    errors: int
    contribution: float | None
    """Of all errors."""
    breakdown: float | None
    """Of all that was processed; of a domain, of what was processed there."""


def errors_by_reason(endings: Iterable[Ending]) -> list[ErrorShare]:
    """Most first."""
    return _shares(endings, by_domain=False)


def errors_by_domain(endings: Iterable[Ending]) -> list[ErrorShare]:
    """Most first."""
    return _shares(endings, by_domain=True)


def _shares(endings: Iterable[Ending], *, by_domain: bool) -> list[ErrorShare]:
    errors: dict[str, int] = {}
    processed: dict[str, int] = {}
    for ending in endings:
        if ending.outcome is Outcome.EXCLUDED:
            continue
        name = ending.domain if by_domain else ending.reason
        processed[name] = processed.get(name, 0) + ending.n
        if ending.outcome in (Outcome.BOUNCED, Outcome.ERROR):
            errors[name] = errors.get(name, 0) + ending.n
    all_errors, all_processed = sum(errors.values()), sum(processed.values())
    found = [
        ErrorShare(
            name=name,
            errors=n,
            contribution=rate(n, all_errors),
            breakdown=rate(n, processed[name] if by_domain else all_processed),
        )
        for name, n in errors.items()
    ]
    return sorted(found, key=lambda one: (-one.errors, one.name))


def exclusions(endings: Iterable[Ending]) -> list[tuple[str, int]]:
    """Causes for which messages were left out, most first."""
    causes: dict[str, int] = {}
    for ending in endings:
        if ending.outcome is Outcome.EXCLUDED:
            causes[ending.reason] = causes.get(ending.reason, 0) + ending.n
    return sorted(causes.items(), key=lambda cause: (-cause[1], cause[0]))

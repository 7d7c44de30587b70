"""What became of the messages of a delivery that were sent in a window: each in exactly one outcome (R11).

Unlike live figures, which count rows by their own time, these count messages by their sending time, so
Sent = Delivered + bounces of all classes + Pending holds whatever the window. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from backend.model import BounceClass, Outcome
from backend.products import Product

_CLASSES: dict[str, str] = {BounceClass.HARD: "hard", BounceClass.SOFT: "soft"}


class Sending(msgspec.Struct, frozen=True, gc=False):
    """Messages that are alike in what is counted of them."""

    outcome: Outcome | None
    bounce_class: str | None
    sent_ms: int
    """Any of their sending times, where abortion does not depend on which."""
    opened: bool
    """Here and below: by a person, not by a machine."""
    clicked: bool
    unsubscribed: bool
    n: int = 1


class Cohort(msgspec.Struct, frozen=True, kw_only=True):
    """Messages by outcome. Excluded and errors come before sending and are in none of the others (R12)."""

    sent: int = 0
    delivered: int = 0
    hard: int = 0
    soft: int = 0
    other: int = 0
    """Bounced with another class, or none."""
    pending: int = 0
    aborted: int = 0
    """Pending for longer than the product waits (R21); still within pending."""
    excluded: int = 0
    errors: int = 0
    opened: int = 0
    clicked: int = 0
    unsubscribed: int = 0


def aborted_before_ms(product: Product, now_ms: int) -> int | None:
    """A message sent at this time or before and still without an answer is aborted; None: it never is."""
    return None if product.abort_after_ms is None else now_ms - product.abort_after_ms


def count_cohort(sendings: Iterable[Sending], product: Product, now_ms: int) -> Cohort:
    """The numbers of a cohort as of `now_ms`."""
    numbers = dict.fromkeys(Cohort.__struct_fields__, 0)
    for sending in sendings:
        for name in counted_as(sending, product, aborted_before_ms(product, now_ms)):
            numbers[name] += sending.n
    return Cohort(**numbers)


def counted_as(sending: Sending, product: Product, aborted_ms: int | None) -> Iterable[str]:
    """The fields of Cohort that these messages are counted in."""
    if sending.outcome is Outcome.EXCLUDED:
        return ("excluded",)
    if sending.outcome is Outcome.ERROR:
        return ("errors",)
    names = ["sent"]
    if sending.outcome is Outcome.DELIVERED:
        names.append("delivered")
    elif sending.outcome is Outcome.BOUNCED:
        names.append(_CLASSES.get(sending.bounce_class or "", "other"))
    else:
        names.append("pending")
        if aborted_ms is not None and sending.sent_ms <= aborted_ms:
            names.append("aborted")
    if sending.opened or (product.reactions_open and (sending.clicked or sending.unsubscribed)):
        names.append("opened")
    if sending.clicked:
        names.append("clicked")
    if sending.unsubscribed:
        names.append("unsubscribed")
    return names

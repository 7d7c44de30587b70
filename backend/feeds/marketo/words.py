"""Marketo's words: what its standard activities are, as data. Custom types start at 100001."""

from __future__ import annotations

import msgspec

from backend.model import BounceClass, EventKind
from backend.products import MARKETO as PRODUCT

__all__ = ["PRODUCT"]


class Activity(msgspec.Struct, frozen=True):
    """One of the standard activity types."""

    name: str
    kind: EventKind = EventKind.OTHER
    bounce_class: BounceClass | None = None
    of_email: bool = False
    """True: its primary attribute is the e-mail (Mailing ID), and it belongs to a message."""


ACTIVITIES: dict[str, Activity] = {
    "1": Activity("Visit Webpage", EventKind.PAGE),
    "2": Activity("Fill Out Form", EventKind.FORM),
    "3": Activity("Click Link", EventKind.LINK),
    "6": Activity("Send Email", EventKind.SENT, of_email=True),
    "7": Activity("Email Delivered", EventKind.DELIVERED, of_email=True),
    "8": Activity("Email Bounced", EventKind.BOUNCED, BounceClass.HARD, of_email=True),
    "9": Activity("Unsubscribe Email", EventKind.UNSUBSCRIBED, of_email=True),
    "10": Activity("Open Email", EventKind.OPENED, of_email=True),
    "11": Activity("Click Email", EventKind.CLICKED, of_email=True),
    "12": Activity("New Lead"),
    "13": Activity("Change Data Value"),
    "22": Activity("Change Score"),
    "24": Activity("Add to List", EventKind.LIST_ADDITION),
    "25": Activity("Remove from List"),
    "27": Activity("Email Bounced Soft", EventKind.BOUNCED, BounceClass.SOFT, of_email=True),
    "37": Activity("Delete Lead"),
    "38": Activity("Send Alert"),
    "39": Activity("Send Sales Email"),
    "40": Activity("Open Sales Email"),
    "41": Activity("Click Sales Email"),
    "104": Activity("Change Program Status"),
}

NO_CLICKS = ("mailto:", "/unsubscribepage.html")
"""Links of which a load is no click on the e-mail's content (F147): how they begin, or what they hold."""
UNDONE = {"skipped": EventKind.EXCLUDED, "failed": EventKind.ERROR}
"""actionResult of a sending that did not take place."""
TRUE = frozenset({"true", "1", "yes"})

SUSPENDED_MS = 24 * 3_600_000
"""How long a spam block keeps a person from being written to; the flag itself stays."""

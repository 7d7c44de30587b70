"""What differs between products in how their rows count: data, looked up by product name."""

from __future__ import annotations

import msgspec

from backend.model import EventKind

_NONE: frozenset[EventKind] = frozenset()


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """The habits of one product's logs."""

    logs_sending: bool = False
    """True: it logs a row of its own when a message is sent. Else an outcome implies `sent`."""
    logs_sending_of_campaigns: bool = False
    """The same for messages of a campaign: a row names one, or its origin says so."""
    logs_targeting: bool = False
    """True: it logs who was chosen. Else a message's first row implies `targeted`."""
    logs_completed_steps: bool = False
    """True: a step's row says that the contact left the step. Else the contact is at the step then."""
    state_formats: frozenset[str] = frozenset()
    """Formats whose rows are states of a message: another status of the same key is one more row."""
    one_id_space: bool = False
    """True: its ids are the same in every format, so rows that carry them repeat by id alone."""
    once_a_message: frozenset[EventKind] = _NONE
    """Kinds that count once a message (bounces once a class) within one format, too: the earliest counts."""
    once_a_run: frozenset[EventKind] = _NONE
    """Kinds that count once for each run (sending) of a message: the earliest counts (R18)."""
    outcome_order: tuple[str, ...] = ()
    """Outcomes that beat others whatever their times, weakest first (R16): a kind, or "bounced.<class>".
    Those not named are weaker; of equally strong ones the latest wins."""
    reactions_deliver: bool = False
    """True: a human open, click or unsubscribe proves that the message was delivered (R19)."""
    reactions_open: bool = False
    """True: a message that was clicked or unsubscribed from counts as opened."""
    abort_after_ms: int | None = None
    """A message without an answer for so long after its sending is aborted (R21); None: it waits."""


OTHER = Product()
"""A product that is not listed: its outcomes imply what came before them."""

ADOBE_CAMPAIGN = "adobe_campaign"
MARKETO = "marketo"

PRODUCTS: dict[str, Product] = {
    "brevo": Product(logs_sending=True),  # its marketing webhooks have no row for a sending
    "ajo": Product(logs_completed_steps=True),
    **dict.fromkeys(
        ("sendgrid", "ses", "mailgun", "sparkpost", "mandrill"),
        Product(logs_sending=True, logs_sending_of_campaigns=True),
    ),
    **dict.fromkeys(("mailjet", "postmark"), Product()),
    ADOBE_CAMPAIGN: Product(
        state_formats=frozenset({"campaign-broadlog"}),
        once_a_message=frozenset(
            {
                EventKind.TARGETED,
                EventKind.EXCLUDED,
                EventKind.SENT,
                EventKind.DELIVERED,
                EventKind.BOUNCED,
                EventKind.COMPLAINED,
            }
        ),
        outcome_order=("delivered", "bounced"),
        reactions_open=True,
    ),
    MARKETO: Product(
        logs_sending=True,
        logs_sending_of_campaigns=True,
        one_id_space=True,
        once_a_message=frozenset({EventKind.OPENED}),
        once_a_run=frozenset({EventKind.DELIVERED}),
        outcome_order=("bounced.hard",),
        reactions_deliver=True,
        reactions_open=True,
        abort_after_ms=72 * 3_600_000,
    ),
}


def product_rules(name: str) -> Product:
    return PRODUCTS.get(name, OTHER)

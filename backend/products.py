"""What differs between products in how their rows count: data, looked up by product name."""

from __future__ import annotations

import msgspec


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """The habits of one product's logs."""

    logs_sending: bool = False
    """True: it logs a row of its own when a message is sent. Else an outcome implies `sent`."""
    logs_targeting: bool = False
    """True: it logs who was chosen. Else a message's first row implies `targeted`."""
    logs_completed_steps: bool = False
    """True: a step's row says that the contact left the step. Else the contact is at the step then."""


OTHER = Product()
"""A product that is not listed: its outcomes imply what came before them."""

PRODUCTS: dict[str, Product] = {
    "brevo": Product(logs_sending=True),
    "ajo": Product(logs_completed_steps=True),
}


def product_rules(name: str) -> Product:
    return PRODUCTS.get(name, OTHER)

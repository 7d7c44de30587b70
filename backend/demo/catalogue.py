"""What the demonstration's shop has set up: scenarios with their steps, messages and campaigns.

Definitions reach the store as records of our own format, as a person would give them who has a product
that does not hand them out (Brevo's webhooks name no scenario).
"""

from __future__ import annotations

from typing import NamedTuple

ACCOUNT = "maison-lune"
_SHOP = "https://shop.maison-lune.example"
LINKS = (
    f"{_SHOP}/spring",
    f"{_SHOP}/bestsellers",
    f"{_SHOP}/stores",
    f"{_SHOP}/help",
    f"{_SHOP}/bücher?ref=mail",
)
OFFER_LINKS = (f"{_SHOP}/offer/10", f"{_SHOP}/offer/free-shipping", f"{_SHOP}/account")
CART_LINKS = (f"{_SHOP}/cart", f"{_SHOP}/help")
SMS_LINK = "https://ml.example/g"


class Mail(NamedTuple):
    """An e-mail that a Brevo scenario sends."""

    template: int
    subject: str
    tag: str
    links: tuple[str, ...]
    pull: float
    """How likely a person of middling keenness opens it."""


class Campaign(NamedTuple):
    """A Brevo e-mail campaign: sent on some weekdays (0 is Monday) at a time of day."""

    number: int
    name: str
    list_id: int
    weekdays: tuple[int, ...]
    minute: int
    """Of the day, in UTC."""
    share: float
    """Of all Brevo people who are on its list."""
    links: tuple[str, ...]
    pull: float


class Step(NamedTuple):
    key: str
    name: str
    type: str
    next: tuple[str, ...]


# --- Brevo ---------------------------------------------------------------------------------------------

WELCOME = "Welcome series"
WELCOME_STEPS = (
    Step("1", "Form: newsletter sign-up", "entry", ("2",)),
    Step("2", "Mail: Welcome", "action", ("3",)),
    Step("3", "Wait 1 day", "wait", ("4",)),
    Step("4", "Opened the welcome mail?", "condition", ("5", "6")),
    Step("5", "Mail: Our favourites", "action", ("7",)),
    Step("6", "SMS: A small gift", "action", ("7",)),
    Step("7", "Wait 12 hours", "wait", ("8",)),
    Step("8", "Mail: First order", "action", ("9",)),
    Step("9", "End", "exit", ()),
)
CART = "Abandoned cart"
CART_STEPS = (
    Step("1", "Event: cart_updated", "entry", ("2",)),
    Step("2", "Wait 1 hour", "wait", ("3",)),
    Step("3", "Ordered meanwhile?", "condition", ("4", "7")),
    Step("4", "Mail: Your cart is waiting", "action", ("5",)),
    Step("5", "Wait 6 hours", "wait", ("6",)),
    Step("6", "SMS: Last chance", "action", ("7",)),
    Step("7", "End", "exit", ()),
)
MAIL_WELCOME = Mail(101, "Welcome to Maison Lune 🌙", "welcome", LINKS, 0.52)
MAIL_FAVOURITES = Mail(102, "Our favourites, picked for you", "favourites", LINKS, 0.40)
MAIL_FIRST_ORDER = Mail(103, "10 % off your first order", "first-order", OFFER_LINKS, 0.34)
MAIL_CART = Mail(201, "Your cart is waiting", "cart", CART_LINKS, 0.44)
SMS_GIFT = "welcome-gift"
SMS_CART = "cart-last-chance"

BREVO_CAMPAIGNS = (
    Campaign(501, "Weekly letter", 7, (0, 3), 8 * 60, 0.70, LINKS, 0.30),
    Campaign(502, "Spring collection 🌷", 9, (1, 5), 9 * 60 + 30, 0.62, LINKS, 0.34),
    Campaign(503, "Members’ evening", 11, (2,), 16 * 60, 0.50, OFFER_LINKS, 0.42),
)

# --- Adobe Journey Optimizer ---------------------------------------------------------------------------


class Action(NamedTuple):
    """A message that an AJO journey or campaign sends."""

    id: str
    name: str
    channel: str
    links: tuple[str, ...]
    pull: float


class Journey(NamedTuple):
    id: str
    version: str
    name: str


LOYALTY = Journey(
    "5b1f1c9e-2f0e-4a44-9a7b-0d5b7a3c1e01", "0e86ac62-c315-48cc-ab4f-3f8b741a0003", "Loyalty onboarding"
)
LOYALTY_STEPS = (
    Step("n1", "Joined the club", "entry", ("n2",)),
    Step("n2", "Mail: Your club card", "action", ("n3",)),
    Step("n3", "Wait 8 hours", "wait", ("n4",)),
    Step("n4", "Has the app?", "condition", ("n5", "n6")),
    Step("n5", "Push: Card in the app", "action", ("n7",)),
    Step("n6", "SMS: Card by link", "action", ("n7",)),
    Step("n7", "Wait 1 day", "wait", ("n8",)),
    Step("n8", "Mail: First points", "action", ("n9",)),
    Step("n9", "End", "exit", ()),
)
PARCEL = Journey(
    "7c2a90d4-65c1-4f57-8a3e-51f6b0c2d502", "93d1e7b0-7f5e-4b61-bd52-6a1c55e90007", "Parcel on its way"
)
PARCEL_STEPS = (
    Step("n1", "Order shipped", "entry", ("n2",)),
    Step("n2", "Push: On its way", "action", ("n3",)),
    Step("n3", "Wait 4 hours", "wait", ("n4",)),
    Step("n4", "SMS: Delivered today", "action", ("n5",)),
    Step("n5", "End", "exit", ()),
)
MAIL_CARD = Action("a1d0c001-0000-4000-8000-000000000001", "Your club card", "email", OFFER_LINKS, 0.50)
PUSH_CARD = Action("a1d0c001-0000-4000-8000-000000000002", "Card in the app", "push", (), 0.24)
SMS_CARD = Action("a1d0c001-0000-4000-8000-000000000003", "Card by link", "sms", (SMS_LINK,), 0.0)
MAIL_POINTS = Action("a1d0c001-0000-4000-8000-000000000004", "First points", "email", OFFER_LINKS, 0.38)
PUSH_PARCEL = Action("a1d0c002-0000-4000-8000-000000000001", "On its way", "push", (), 0.36)
SMS_PARCEL = Action("a1d0c002-0000-4000-8000-000000000002", "Delivered today", "sms", (SMS_LINK,), 0.0)

FLASH_SALE = "d4f3a1b2-90c7-4be1-8f2a-77c0ffee0009"
FLASH_SALE_NAME = "Flash sale"
MAIL_FLASH = Action("a1d0c009-0000-4000-8000-000000000001", "Flash sale mail", "email", OFFER_LINKS, 0.31)
PUSH_FLASH = Action("a1d0c009-0000-4000-8000-000000000002", "Flash sale push", "push", (), 0.17)


class Offer(NamedTuple):
    id: str
    name: str


OFFERS = (
    Offer("xcore:personalized-offer:17a1", "Free shipping"),
    Offer("xcore:personalized-offer:17a2", "10 % off"),
)

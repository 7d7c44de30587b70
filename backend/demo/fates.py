"""What becomes of a message after it was sent, before any product has put it in its own words."""

from __future__ import annotations

from enum import StrEnum
from random import Random
from typing import NamedTuple

from backend.demo.clockwork import DOMAIN_DOWN, MINUTE_MS, SMS_GATEWAY_DOWN, open_delay_ms
from backend.demo.people import FAILING_DOMAIN, Person
from backend.model import HOUR_MS


class What(StrEnum):
    """One happening of a message. PROXY and SCANNER are machines; FIRST_ is the first of its sort."""

    EXCLUDED = "excluded"
    ERROR = "error"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    HARD = "hard"
    SOFT = "soft"
    IGNORED = "ignored"
    FIRST_PROXY = "first_proxy"
    PROXY = "proxy"
    FIRST_OPEN = "first_open"
    OPEN = "open"
    CLICK = "click"
    SCANNER_CLICK = "scanner_click"
    ACTION = "action"
    UNSUBSCRIBE = "unsubscribe"
    COMPLAINT = "complaint"


class Fate(NamedTuple):
    what: What
    at_ms: int
    detail: str
    """The reason of a failure, the URL of a click, the button of a push action; else ""."""


USER_UNKNOWN = "550 5.1.1 The email account that you tried to reach does not exist"
MAILBOX_FULL = "452 4.2.2 Mailbox full"
GREYLISTED = "451 4.7.1 Greylisting in action, please come back later"
BLOCKED_AS_SPAM = "554 5.7.1 Message refused: listed by a blocklist"
DOMAIN_TEMPORARY = f"451 4.3.0 {FAILING_DOMAIN}: mail store unavailable, try again later"
DOMAIN_REFUSES = f"554 5.3.2 {FAILING_DOMAIN}: system not accepting network messages"
SMS_GATEWAY_503 = "SMS gateway: 503 Service Unavailable"
SMS_UNREACHABLE = "Handset unreachable, gave up after 24 h"
PUSH_TOKEN_GONE = "Push token is no longer registered"  # noqa: S105 - a reason, no secret
RENDERING = "Template rendering failed: profile attribute loyalty.tier is missing"


def email_fates(
    roll: Random, person: Person, sent_ms: int, links: tuple[str, ...], pull: float
) -> list[Fate]:
    """The happenings of an e-mail after its sending, in no certain order. pull: how likely it is opened."""
    chance = roll.random()
    took_ms = 900 + int(roll.random() * 4000)
    if person.gone:
        return [Fate(What.HARD, sent_ms + took_ms, USER_UNKNOWN)]
    if person.domain.name == FAILING_DOMAIN and DOMAIN_DOWN.covers(sent_ms) and chance < 0.88:
        return _failing_domain(chance, sent_ms + took_ms)
    if chance < 0.002:
        return [Fate(What.ERROR, sent_ms + took_ms, RENDERING)]
    if chance < 0.007:
        return [Fate(What.SOFT, sent_ms + 4 * HOUR_MS + took_ms, MAILBOX_FULL)]
    if chance < 0.010:
        return [Fate(What.IGNORED, sent_ms + took_ms, BLOCKED_AS_SPAM)]
    if chance < 0.013:
        return []  # still on its way: pending
    fates = []
    delivered_ms = sent_ms + took_ms
    if chance < 0.025:
        fates.append(Fate(What.DEFERRED, delivered_ms, GREYLISTED))
        delivered_ms += 5 * MINUTE_MS + int(roll.random() * 20 * MINUTE_MS)
    fates.append(Fate(What.DELIVERED, delivered_ms, ""))
    _machines(roll, person, delivered_ms, links, fates)
    if roll.random() < pull * person.keen:
        _reading(roll, delivered_ms + open_delay_ms(roll), links, fates)
    return fates


def _failing_domain(chance: float, at_ms: int) -> list[Fate]:
    if chance < 0.36:
        return [Fate(What.HARD, at_ms, DOMAIN_REFUSES)]
    return [
        Fate(What.DEFERRED, at_ms, DOMAIN_TEMPORARY),
        Fate(What.SOFT, at_ms + 6 * HOUR_MS, DOMAIN_TEMPORARY),
    ]


def _machines(
    roll: Random, person: Person, delivered_ms: int, links: tuple[str, ...], fates: list[Fate]
) -> None:
    if person.domain.proxy:
        loaded_ms = delivered_ms + 20_000 + int(roll.random() * 8 * MINUTE_MS)
        fates.append(Fate(What.FIRST_PROXY, loaded_ms, ""))
        if roll.random() < 0.15:
            fates.append(Fate(What.PROXY, loaded_ms + int(roll.random() * HOUR_MS), ""))
    if person.domain.scanner and roll.random() < 0.5:
        for place, link in enumerate(links):
            fates.append(Fate(What.SCANNER_CLICK, delivered_ms + 1_500 + 700 * place, link))


def _reading(roll: Random, opened_ms: int, links: tuple[str, ...], fates: list[Fate]) -> None:
    fates.append(Fate(What.FIRST_OPEN, opened_ms, ""))
    chance = roll.random()
    if chance < 0.30:
        fates.append(Fate(What.OPEN, opened_ms + 30_000 + int(roll.random() * 5 * HOUR_MS), ""))
    if roll.random() < 0.24:
        clicked_ms = opened_ms + 4_000 + int(roll.random() * 90_000)
        fates.append(Fate(What.CLICK, clicked_ms, links[int(roll.random() ** 2 * len(links))]))
        if roll.random() < 0.2:
            fates.append(Fate(What.CLICK, clicked_ms + 40_000, links[int(roll.random() * len(links))]))
    if chance > 0.990:
        fates.append(Fate(What.UNSUBSCRIBE, opened_ms + 25_000, ""))
    elif chance > 0.9875:
        fates.append(Fate(What.COMPLAINT, opened_ms + 60_000, ""))


def push_fates(roll: Random, sent_ms: int, pull: float) -> list[Fate]:
    """The happenings of a push: it arrives at once or never, and is looked at soon or not at all."""
    chance = roll.random()
    at_ms = sent_ms + 300 + int(roll.random() * 2_500)
    if chance < 0.022:
        return [Fate(What.HARD, at_ms, PUSH_TOKEN_GONE)]
    if chance < 0.027:
        return [Fate(What.ERROR, at_ms, RENDERING)]
    fates = [Fate(What.DELIVERED, at_ms, "")]
    chance = roll.random()
    seen_ms = at_ms + 5_000 + int(roll.random() ** 3 * 3 * HOUR_MS)
    if chance < pull:
        fates.append(Fate(What.OPEN, seen_ms, ""))
        if chance < pull * 0.35:
            fates.append(Fate(What.ACTION, seen_ms + 6_000, "show_offer"))
    elif chance < pull * 1.6:
        fates.append(Fate(What.ACTION, seen_ms, "dismiss"))
    return fates


def sms_fates(roll: Random, sent_ms: int, link: str) -> list[Fate]:
    """The happenings of an SMS; while the gateway is down, only its refusal."""
    chance = roll.random()
    at_ms = sent_ms + 1_500 + int(roll.random() * 9_000)
    if SMS_GATEWAY_DOWN.covers(sent_ms) and chance < 0.97:
        return [Fate(What.ERROR, sent_ms + 10_000, SMS_GATEWAY_503)]
    if chance < 0.012:
        return [Fate(What.SOFT, sent_ms + 24 * HOUR_MS, SMS_UNREACHABLE)]
    if chance < 0.018:
        return [Fate(What.HARD, at_ms, "Number is not assigned")]
    fates = [Fate(What.DELIVERED, at_ms, "")]
    if roll.random() < 0.14:
        fates.append(Fate(What.CLICK, at_ms + 20_000 + int(roll.random() ** 2 * 4 * HOUR_MS), link))
    return fates

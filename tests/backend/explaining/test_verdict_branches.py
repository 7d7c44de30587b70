"""Each branch of the verdict in each product, and no verdict without a branch (R49)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from backend.explaining.barred import Suppression
from backend.explaining.explain import explain
from backend.explaining.facts import Facts
from backend.explaining.verdict import VerdictKind
from backend.model import HOUR_MS
from tests.backend.explaining.explained import (
    MAIL_STEP,
    NOW_MS,
    OTHER_STEP,
    WAIT_STEP,
    event,
    facts,
    in_scenario,
    place,
    step,
)

PRODUCTS = ("brevo", "ajo", "adobe_campaign", "marketo")
Rows = Callable[[str], Facts]


def about(*kinds: tuple[str, int, dict[str, Any]], **more: Any) -> Rows:
    """Facts of a product: rows of one message, as (kind, how long ago, what else)."""

    def build(product: str) -> Facts:
        rows = [event(kind, ago, **{"product": product, **other}) for kind, ago, other in kinds]
        return facts(*rows, product=product, **more)

    return build


def underway(*rows: tuple[str, int, dict[str, Any]], **more: Any) -> Rows:
    """Facts of a product's scenario: its rows after an entry, without a message."""

    def build(product: str) -> Facts:
        entered = [step("entered", 5 * HOUR_MS, product=product)]
        told = [step(kind, ago, **{"product": product, **other}) for kind, ago, other in rows]
        return in_scenario(*entered, *told, product=product, **more)

    return build


HARD: dict[str, Any] = {"bounce_class": "hard", "reason": "550 5.1.1 no such user"}
SOFT: dict[str, Any] = {"bounce_class": "soft", "reason": "4.2.2 mailbox full"}
EARLIER: dict[str, Any] = {"delivery_id": 8, "message_key": "m0"}
LISTED = [Suppression(id=4, namespace="email", value="a", reason="hard bounce")]
LISTED_FOR_NOW = [msgspec.structs.replace(LISTED[0], until_ms=NOW_MS + 1)]
LEADING = frozenset({WAIT_STEP, MAIL_STEP})
BRANCHES: dict[str, tuple[Rows, VerdictKind, dict[str, VerdictKind]]] = {
    "nobody chose it": (about(), VerdictKind.NOT_IN_AUDIENCE, {}),
    "no row of the delivery": (about(sent_to_anybody=False), VerdictKind.UNKNOWN, {}),
    "no event log": (about(collected=frozenset()), VerdictKind.UNKNOWN, {}),
    "never entered": (
        lambda product: in_scenario(product=product),
        VerdictKind.NEVER_ENTERED,
        {},
    ),
    "no scenario log": (
        lambda product: in_scenario(product=product, collected=frozenset()),
        VerdictKind.UNKNOWN,
        {},
    ),
    "discarded": (underway(("discarded", 9, {"reason": "CAP_REACHED"})), VerdictKind.DISCARDED, {}),
    "waiting": (
        underway(("waiting", 9, {"at": WAIT_STEP}), inside=[place("waiting")]),
        VerdictKind.WAITING,
        {},
    ),
    "on the way": (underway(inside=[place("active")]), VerdictKind.ON_THE_WAY, {}),
    "left": (
        underway(("step", 60, {"at": WAIT_STEP}), ("exited", 50, {}), leading=LEADING),
        VerdictKind.LEFT,
        {},
    ),
    "removed": (underway(("removed", 50, {})), VerdictKind.REMOVED, {}),
    "other branch": (
        underway(("step", 60, {"at": OTHER_STEP}), ("exited", 50, {}), leading=LEADING),
        VerdictKind.OTHER_BRANCH,
        {},
    ),
    "step error": (underway(("action_error", 9, {"at": MAIL_STEP})), VerdictKind.STEP_ERROR, {}),
    "run failed": (underway(("failed", 9, {"at": MAIL_STEP})), VerdictKind.STEP_ERROR, {}),
    "passed, no message": (underway(("action", 9, {"at": MAIL_STEP})), VerdictKind.UNKNOWN, {}),
    "excluded": (about(("excluded", 9, {"reason": "050101"})), VerdictKind.EXCLUDED, {}),
    "failed before sending": (about(("error", 9, {})), VerdictKind.SEND_ERROR, {}),
    "on a suppression list": (about(suppressions=LISTED), VerdictKind.SUPPRESSED, {}),
    "on a list until then": (about(suppressions=LISTED_FOR_NOW), VerdictKind.SUSPENDED, {}),
    "unsubscribed before": (about(("unsubscribed", 9, EARLIER)), VerdictKind.UNSUBSCRIBED, {}),
    "complained before": (about(("complained", 9, EARLIER)), VerdictKind.COMPLAINED, {}),
    "dead address": (about(("bounced", 9, {**HARD, **EARLIER})), VerdictKind.BOUNCED, {}),
    # F141: a spam block bars for 24 h with Marketo; no other product has categories
    "spam block a day ago": (
        about(("bounced", 9, {**HARD, **EARLIER, "fields": {"Category": "1"}})),
        VerdictKind.BOUNCED,
        {"marketo": VerdictKind.SUSPENDED},
    ),
    # F073, F096: five soft bounces, a day apart each, where the product counts them
    "five soft bounces": (
        about(
            *(
                ("bounced", n * 24 * HOUR_MS + 9, {**SOFT, **EARLIER, "message_key": f"m{n + 2}"})
                for n in range(5)
            )
        ),
        VerdictKind.NOT_IN_AUDIENCE,
        {"ajo": VerdictKind.SUPPRESSED, "adobe_campaign": VerdictKind.SUPPRESSED},
    ),
    "chosen, nothing more": (about(("targeted", 9, {})), VerdictKind.QUEUED, {}),
    "sent, no answer": (about(("sent", 9, {})), VerdictKind.QUEUED, {}),
    # R21: 72 h without an answer
    "sent three days ago": (
        about(("sent", 72 * HOUR_MS, {})),
        VerdictKind.QUEUED,
        {"marketo": VerdictKind.ABORTED},
    ),
    "put off": (about(("sent", 99, {}), ("deferred", 9, SOFT)), VerdictKind.RETRYING, {}),
    "hard bounce": (about(("sent", 99, {}), ("bounced", 9, HARD)), VerdictKind.BOUNCED, {}),
    # R16, R20: the latest outcome, but for Campaign's failed and Marketo's hard bounce, which stay
    "hard bounce, then delivered": (
        about(("bounced", 9, HARD), ("delivered", 5, {})),
        VerdictKind.DELIVERED,
        {"adobe_campaign": VerdictKind.BOUNCED, "marketo": VerdictKind.BOUNCED},
    ),
    "soft bounce, then delivered": (
        about(("bounced", 9, SOFT), ("delivered", 5, {})),
        VerdictKind.DELIVERED,
        {"adobe_campaign": VerdictKind.BOUNCED},
    ),
    "delivered": (about(("delivered", 9, {})), VerdictKind.DELIVERED, {}),
    "opened by a machine": (
        about(("delivered", 9, {}), ("opened", 5, {"machine": True})),
        VerdictKind.DELIVERED,
        {},
    ),
    "opened": (about(("delivered", 9, {}), ("opened", 5, {})), VerdictKind.OPENED, {}),
    "only opened": (about(("opened", 5, {})), VerdictKind.OPENED, {}),
    # R19: a reaction proves the delivery, with Marketo
    "bounced, then opened": (
        about(("bounced", 9, HARD), ("opened", 5, {})),
        VerdictKind.BOUNCED,
        {"marketo": VerdictKind.OPENED},
    ),
    "complained of it": (about(("delivered", 9, {}), ("complained", 5, {})), VerdictKind.COMPLAINED, {}),
    "nothing keeps it": (about(("delivered", 9, {}), delivery=False), VerdictKind.NOTHING_FOUND, {}),
}


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("name", BRANCHES)
def test_every_branch_has_its_verdict_in_every_product(name: str, product: str) -> None:
    """R49"""
    build, kind, but = BRANCHES[name]
    assert explain(build(product)).kind is but.get(product, kind)


def test_no_verdict_is_left_out_of_the_table() -> None:
    told = {kind for _, usual, but in BRANCHES.values() for kind in (usual, *but.values())}
    assert set(VerdictKind) == told

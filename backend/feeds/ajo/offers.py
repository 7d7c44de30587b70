"""Decision events to rows of the event log: offers sent, shown and clicked."""

from __future__ import annotations

from backend.feeds.ajo.head import Head
from backend.feeds.ajo.messages import message_context
from backend.feeds.ajo.xdm import DECISIONS, Xdm
from backend.model import EventKind
from backend.record import Event, Record

DETAILS = DECISIONS + "propositionDetails"
PROPOSITIONS = (DECISIONS + "propositions", DECISIONS + "proposition")
EVENT_TYPE = DECISIONS + "propositionEventType."

KINDS: dict[str, EventKind] = {
    "decision": EventKind.OFFER_SENT,
    "send": EventKind.OFFER_SENT,
    "fetch": EventKind.OFFER_SENT,
    "display": EventKind.OFFER_IMPRESSION,
    "interact": EventKind.OFFER_CLICK,
}
"""What became of a proposition; any other word (trigger, dismiss ...) counts as nothing."""
WORDS = ("interact", "display", "dismiss", "unsubscribe", "send", "decision", "trigger")
"""Words that a record may raise together, the most telling first."""
EVENT_PREFIX = "decisioning.proposition"


def decode_offers(x: Xdm, head: Head) -> list[Record]:
    """A row for each offer in a decision event."""
    word = _word(x)
    kind = KINDS.get(word, EventKind.OTHER)
    context, records = message_context(x, head)
    offers = _offers(x)
    for path in (DETAILS, *PROPOSITIONS):
        x.take_value(path)
    shared = x.rest()
    rows: list[Record] = []
    for proposition, key, name in offers or [("", "", "")]:
        rows.append(
            Event(
                key=head.key(word, context["message"], of_many=(kind.value, proposition, key)),
                kind=kind,
                type=x.peek("eventType") or word,
                name=name or key or None,
                fields={**shared, **_ids(proposition, key)},
                **context,
            )
        )
    return [*rows, *records]


def _word(x: Xdm) -> str:
    event_type = (x.peek("eventType") or "").lower()
    if event_type.startswith(EVENT_PREFIX):
        return event_type.removeprefix(EVENT_PREFIX)
    for word in WORDS:
        if (x.number(EVENT_TYPE + word) or 0) > 0:
            return word
    return "decision"


def _offers(x: Xdm) -> list[tuple[str, str, str]]:
    """(proposition or activity, offer id, offer name) of each offer, in the record's order."""
    found = []
    for detail in x.objects(DETAILS, *PROPOSITIONS):
        proposition = (
            detail.peek("id", "propositionID", "activity.id", "scopeDetails.activity.id", "scope") or ""
        )
        for offer in detail.objects("selections") or detail.objects("items") or detail.objects("fallback"):
            key = offer.peek("id", "_id", "offerID", "itemID") or ""
            found.append((proposition, key, offer.peek("name", "itemName") or ""))
    return found


def _ids(proposition: str, key: str) -> dict[str, str]:
    return {name: value for name, value in (("propositionID", proposition), ("offerID", key)) if value}

"""Records of our own format that are rows of a log, or that state what a message is."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from backend.errors import DecodeError
from backend.feeds.own import names
from backend.feeds.own.reading import Fields, Moment
from backend.keys import GIVEN
from backend.model import BounceClass, Channel, EventKind, Origin, StepKind
from backend.record import Event, Record, ScenarioRow

PRODUCT = "parcours"
"""What a record belongs to that names no product."""
HEX = frozenset("0123456789abcdef")


class MessageOutcome(StrEnum):
    """What a `message` record may say of its message (R11)."""

    EXCLUDED = "excluded"
    ERROR = "error"
    PENDING = "pending"
    DELIVERED = "delivered"
    BOUNCED = "bounced"


OUTCOME_KINDS: dict[MessageOutcome, EventKind] = {
    MessageOutcome.EXCLUDED: EventKind.EXCLUDED,
    MessageOutcome.ERROR: EventKind.ERROR,
    MessageOutcome.PENDING: EventKind.DEFERRED,
    MessageOutcome.DELIVERED: EventKind.DELIVERED,
    MessageOutcome.BOUNCED: EventKind.BOUNCED,
}
MESSAGE_TIMES: dict[str, EventKind] = {
    "targeted_at": EventKind.TARGETED,
    "sent_at": EventKind.SENT,
    "opened_at": EventKind.OPENED,
    "clicked_at": EventKind.CLICKED,
    "unsubscribed_at": EventKind.UNSUBSCRIBED,
    "complained_at": EventKind.COMPLAINED,
}
"""Times of a `message` record, each of which is an event."""


def product(fields: Fields) -> str:
    return (fields.text("product") or PRODUCT).strip().lower() or PRODUCT


def account(fields: Fields) -> str:
    return fields.text("account") or fields.settings.account


def decode_event(fields: Fields) -> list[Record]:
    """A row of the event log; `tracking` is another name for it."""
    moment = fields.needed_moment(*names.EVENT_TIMES)
    kind = fields.needed("kind", EventKind)
    told = _about_message(fields)
    word = fields.text("type", "sib_type") or kind.value
    url = fields.text("url", "link")
    run = fields.text("run")
    who = told["identities"][0].value if told["identities"] else ""
    content = (
        kind.value,
        word,
        told["message"] or "",
        who,
        moment.raw,
        url or "",
        _key_of(told["scenario"]),
        run or "",
    )
    event = Event(
        **_row_key(fields, moment, content),
        kind=kind,
        type=word,
        bounce_class=fields.choice("class", BounceClass),
        origin=fields.choice("origin", Origin),
        machine=fields.truth("machine") or False,
        test=fields.truth("test") or False,
        run=run,
        reason=fields.text("reason"),
        name=fields.text("name"),
        url=url,
        platform=fields.text("platform"),
        ip=fields.text("ip"),
        user_agent=fields.text("user_agent"),
        format=_first_format(fields),
        data=fields.folder("data"),
        **told,
        fields=fields.rest(names.EVENT),
    )
    return [event]


def decode_scenario_row(fields: Fields) -> list[Record]:
    """A row of the scenario log."""
    moment = fields.needed_moment(*names.STEP_TIMES)
    kind = fields.needed("kind", StepKind)
    scenario = fields.needed_ref("scenario")
    step = fields.ref("step")
    people = fields.identities()
    run = fields.text("run") or ""
    word = fields.text("type") or kind.value
    text = fields.text("message") or ""
    once = fields.text("once")
    content = (
        kind.value,
        word,
        _key_of(scenario),
        _key_of(step),
        people[0].value if people else "",
        run,
        moment.raw,
        text,
    )
    row = ScenarioRow(
        **_row_key(fields, moment, content),
        kind=kind,
        type=word,
        message=text,
        scenario=scenario,
        step=step,
        identities=people,
        run=run,
        once=(GIVEN, once.lower()) if once and is_hash(once) else (once,) if once else (),
        start_id=fields.text("start_id"),
        workflow_points=fields.text("workflow_points"),
        reason=fields.text("reason"),
        origin=fields.text("origin"),
        until_ms=fields.at_ms("until"),
        test=fields.truth("test") or False,
        delivery=fields.ref("delivery", *names.DELIVERY_IDS),
        format=_first_format(fields),
        data=fields.folder("data"),
        fields=fields.rest(names.SCENARIO_ROW),
    )
    return [row]


def decode_message(fields: Fields) -> list[Record]:
    """A message's state as the events that lead to it: one for each time it tells, one for its outcome.

    Such an event has no id of its own; a product's own rows of the message replace it as repeats.
    """
    outcome = fields.choice("outcome", MessageOutcome)
    bounce_class = fields.choice("class", BounceClass)
    told = _about_message(fields)
    if told["message"] is None:
        raise DecodeError(f"{fields.kind}: no message_id or message_key")
    reason, url = fields.text("reason"), fields.text("url")
    happened: list[tuple[EventKind, Moment]] = []
    for name, kind in MESSAGE_TIMES.items():
        moment = fields.moment(name)
        happened += [(kind, moment)] if moment else []
    ended = fields.moment("outcome_at", *names.EVENT_TIMES)
    if outcome is not None and ended is not None:
        happened.append((OUTCOME_KINDS[outcome], ended))
    elif outcome not in (None, MessageOutcome.PENDING):
        raise DecodeError(f"{fields.kind}: an outcome without outcome_at")
    if not happened:
        raise DecodeError(f"{fields.kind}: no outcome and no time")
    common: dict[str, Any] = {
        "product": product(fields),
        "account": account(fields),
        "test": fields.truth("test") or False,
        "platform": fields.text("platform"),
        **told,
        "fields": fields.rest(names.MESSAGE),
    }
    return [
        Event(
            key=("message", told["message"], kind.value, moment.raw),
            at_ms=moment.at_ms,
            key_ms=moment.key_ms,
            kind=kind,
            type=outcome.value if outcome and kind is OUTCOME_KINDS[outcome] else kind.value,
            bounce_class=bounce_class if kind is EventKind.BOUNCED else None,
            reason=reason if outcome and kind is OUTCOME_KINDS[outcome] else None,
            url=url if kind is EventKind.CLICKED else None,
            **common,
        )
        for kind, moment in happened
    ]


def _about_message(fields: Fields) -> dict[str, Any]:
    """What an event and a message record tell alike, as fields of an Event."""
    message_id = fields.text("message_id")
    return {
        "channel": fields.choice("channel", Channel),
        "identities": fields.identities(),
        "message": fields.text("message_key") or message_id,
        "message_id": message_id,
        "delivery": fields.ref("delivery", *names.DELIVERY_IDS),
        "campaign": fields.ref("campaign", *names.CAMPAIGN_IDS),
        "scenario": fields.ref("scenario"),
        "step": fields.ref("step"),
    }


def _first_format(fields: Fields) -> str:
    """The format that a row came in before it was written out; "" for a row of a person's own making."""
    event_id = fields.text("event_id")
    return (fields.text("format") or "") if event_id is not None and is_hash(event_id) else ""


def _row_key(fields: Fields, moment: Moment, content: tuple[str, ...]) -> dict[str, Any]:
    """Scope, time and key of a row. 16 hex digits are the hash of a row that comes back as itself."""
    event_id = fields.text("event_id")
    has_id = event_id is not None and not (fields.truth("content_key") or False)
    key = content if event_id is None else (event_id,)
    if event_id is not None and is_hash(event_id):
        key = (GIVEN, event_id.lower())
    return {
        "product": product(fields),
        "account": account(fields),
        "key": key,
        "has_id": has_id,
        "at_ms": moment.at_ms,
        "key_ms": moment.key_ms,
    }


def is_hash(text: str) -> bool:
    return len(text) == 16 and HEX.issuperset(text.lower())


def _key_of(ref: Any) -> str:
    return ref.key if ref else ""

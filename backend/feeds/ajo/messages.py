"""Message feedback and tracking (email, push, SMS) to rows of the event log."""

from __future__ import annotations

from typing import Any

from backend.feeds.ajo.head import Head
from backend.feeds.ajo.naming import (
    EXECUTION,
    PRODUCT,
    PROFILE,
    campaign,
    channel,
    delivery,
    identities,
    platform,
    scenario,
)
from backend.feeds.ajo.xdm import MESSAGES, Xdm
from backend.model import BounceClass, Channel, EventKind, Origin
from backend.record import CampaignRecord, DeliveryRecord, Event, NamedBy, Record, Ref, UrlRecord

FEEDBACK = MESSAGES + "messageDeliveryfeedback."
INTERACTION = MESSAGES + "messageInteraction."
PUSH = "pushNotificationTracking."

FEEDBACK_KINDS: dict[str, EventKind] = {
    "send": EventKind.SENT,
    "sent": EventKind.DELIVERED,  # Adobe's own query sums it as "deliveredcount"
    "delivered": EventKind.DELIVERED,
    "delay": EventKind.DEFERRED,
    "bounce": EventKind.BOUNCED,
    "error": EventKind.ERROR,
    "exclude": EventKind.EXCLUDED,
    "duplicate": EventKind.EXCLUDED,
    "denylist": EventKind.EXCLUDED,
    "read": EventKind.OPENED,
}
TRACKING_KINDS: dict[str, tuple[EventKind, bool]] = {
    "open": (EventKind.OPENED, False),
    "click": (EventKind.CLICKED, False),
    "unsubscribe": (EventKind.UNSUBSCRIBED, False),
    "spam_complaint": (EventKind.COMPLAINED, False),
    "bot_open": (EventKind.OPENED, True),
    "bot_click": (EventKind.CLICKED, True),
    "action": (EventKind.PUSH_ACTION, False),
    "dismiss": (EventKind.PUSH_ACTION, False),
}
"""interactionType -> (kind, whether a machine did it)."""
PUSH_KINDS: dict[str, EventKind] = {
    "pushtracking.applicationopened": EventKind.OPENED,
    "pushtracking.customaction": EventKind.PUSH_ACTION,
}
CHOICES: dict[str, EventKind] = {
    "subscribe": EventKind.SUBSCRIBED,
    "in": EventKind.SUBSCRIBED,
    "optin": EventKind.SUBSCRIBED,
    "unsubscribe": EventKind.UNSUBSCRIBED,
    "out": EventKind.UNSUBSCRIBED,
    "optout": EventKind.UNSUBSCRIBED,
}
CLASS_BY_TYPE: dict[str, BounceClass] = {
    "hard": BounceClass.HARD,
    "soft": BounceClass.SOFT,
    "ignored": BounceClass.IGNORED,
    "admin": BounceClass.ADMIN,
}
CLASS_BY_CODE: dict[str, BounceClass] = {
    **dict.fromkeys(("10", "15"), BounceClass.HARD),
    **dict.fromkeys(("20", "21", "22", "54", "100"), BounceClass.SOFT),
    **dict.fromkeys(("1", "23", "24", "30", "40", "50", "51", "52", "60", "70"), BounceClass.IGNORED),
    "25": BounceClass.ADMIN,
}
"""Adobe's e-mail error types, where a record tells the code and no type."""
OFFER_KINDS: dict[EventKind, EventKind] = {
    EventKind.DELIVERED: EventKind.OFFER_SENT,
    EventKind.OPENED: EventKind.OFFER_IMPRESSION,
    EventKind.CLICKED: EventKind.OFFER_CLICK,
}
"""What happened to the offers in a message by what people, not machines, did with the message."""


def message_context(x: Xdm, head: Head) -> tuple[dict[str, Any], list[Record]]:
    """What every row about a message tells, as fields of an Event; and the entities named on the way."""
    ref, records = scenario(x, head.account)
    sent = delivery(x)
    mailing = campaign(x)
    told_channel = _channel(x)
    node = x.take(EXECUTION + "journeyVersionNodeID")
    step = Ref(node, NamedBy.ID) if node and ref else None
    run = x.take(EXECUTION + "journeyVersionInstanceID")
    execution = x.take(EXECUTION + "messageExecutionID")
    profile = x.peek(PROFILE + "messageProfileID")
    people = identities(x)
    if sent is not None and (sent.name or ref or mailing):
        records.append(
            DeliveryRecord(
                product=PRODUCT,
                account=head.account,
                delivery=sent,
                channel=told_channel,
                scenario=ref,
                step=step,
                campaign=mailing,
            )
        )
    if mailing is not None and mailing.name:
        records.append(CampaignRecord(product=PRODUCT, account=head.account, campaign=mailing))
    who = profile or (people[0].value if people else "")
    pass_id = run or x.peek(EXECUTION + "batchInstanceID") or ""
    context = {
        "product": PRODUCT,
        "account": head.account,
        "has_id": head.id is not None,
        "at_ms": head.at_ms,
        "key_ms": head.key_ms,
        "channel": told_channel,
        "identities": people,
        "message": "|".join((execution, who, pass_id)) if execution and who else None,
        "message_id": execution,
        "delivery": sent,
        "campaign": mailing,
        "scenario": ref,
        "step": step,
        "run": run,
        "platform": _platform(x, told_channel),
        "test": x.take_true(PROFILE + "isTestExecution"),
        "ip": x.take("environment.ipV4", "environment.ipV6"),
        "user_agent": x.take("environment.browserDetails.userAgent"),
    }
    return context, records


def decode_feedback(x: Xdm, head: Head) -> list[Record]:
    """What became of a message: one row, and one for each offer that went with it."""
    context, records = message_context(x, head)
    status = x.take(FEEDBACK + "feedbackStatus") or "unknown"
    kind = FEEDBACK_KINDS.get(status.lower(), EventKind.OTHER)
    bounce_class = _bounce_class(x) if kind is EventKind.BOUNCED else None
    event = Event(
        key=head.key(status, context["message"]),
        kind=kind,
        type=status,
        bounce_class=bounce_class,
        origin=_origin(x) if kind is EventKind.OPENED else None,
        reason=_reason(x, status),
        fields=x.rest(),
        **context,
    )
    return [event, *_offers(x, head, kind, status, context), *records]


def decode_tracking(x: Xdm, head: Head) -> list[Record]:
    """What a person, or a machine, did with a message."""
    context, records = message_context(x, head)
    word, kind, machine = _interaction(x)
    address, link = _link(x, head, context["delivery"])
    event = Event(
        key=head.key(word, context["message"], address),
        kind=kind,
        type=word,
        machine=machine,
        origin=_origin(x),
        url=address,
        name=x.take(PUSH + "customAction.actionID") if kind is EventKind.PUSH_ACTION else None,
        fields=x.rest(),
        **context,
    )
    offers = [] if machine else _offers(x, head, kind, word, context)
    return [event, *offers, *records, *link]


def _interaction(x: Xdm) -> tuple[str, EventKind, bool]:
    """The product's word, our kind, and whether a machine did it."""
    word = x.take(INTERACTION + "interactionType")
    if word is None:
        event_type = x.take("eventType") or ""
        kind = PUSH_KINDS.get(event_type.lower())
        if kind is None and x.peek(PUSH + "customAction.actionID"):
            kind = EventKind.PUSH_ACTION
        return event_type or "tracking", kind or EventKind.OTHER, False
    folded = word.lower()
    if folded == "subscription":
        choice = (x.peek(INTERACTION + "subscriptionChoice", MESSAGES + "subscriptionChoice") or "").lower()
        return word, CHOICES.get(choice.replace("-", "").replace("_", ""), EventKind.OTHER), False
    kind, machine = TRACKING_KINDS.get(folded, (EventKind.OTHER, False))
    return word, kind, machine


def _link(x: Xdm, head: Head, sent: Ref | None) -> tuple[str | None, list[Record]]:
    """The link that was followed; AJO tells its label or its id where it does not tell its address."""
    label = x.take(INTERACTION + "label")
    url_id = x.take(INTERACTION + "urlID")
    address = x.take(INTERACTION + "url", "web.webInteraction.URL", "web.webPageDetails.URL")
    shown = address or label or url_id
    if shown is None:
        return None, []
    tags = x.take_value(INTERACTION + "tags")
    record = UrlRecord(
        product=PRODUCT,
        account=head.account,
        url=shown,
        url_id=url_id,
        label=label,
        type=x.take(INTERACTION + "trackingType"),
        category=", ".join(str(tag) for tag in tags) if isinstance(tags, list) and tags else None,
        delivery=sent,
    )
    return shown, [record]


def _offers(x: Xdm, head: Head, kind: EventKind, word: str, context: dict[str, Any]) -> list[Record]:
    meant = OFFER_KINDS.get(kind)
    if meant is None:
        return []
    rows: list[Record] = []
    for offer in x.objects(INTERACTION + "offers", MESSAGES + "offers"):
        told = offer.take("offerName", "name", "offerID")
        if told is None:
            continue
        key = offer.peek("offerID") or told
        of_many = (meant.value, key, offer.peek("propositionID") or "")
        rows.append(
            Event(
                key=head.key(word, context["message"], of_many=of_many),
                kind=meant,
                type=word,
                name=told,
                fields=offer.rest(),
                **context,
            )
        )
    return rows


def _channel(x: Xdm) -> Channel | None:
    told = channel(
        x.peek(PROFILE + "channel._id"),
        x.peek(PROFILE + "channel"),
        x.peek(MESSAGES + "entities.channelDetails.channel._id"),
        x.peek("eventType"),
    )
    if told is not None:
        x.take(PROFILE + "channel._id", PROFILE + "channel")
        return told
    for context, meant in (("email", Channel.EMAIL), ("push", Channel.PUSH), ("sms", Channel.SMS)):
        if f"{MESSAGES}{context}ChannelContext" in x:
            return meant
    return Channel.PUSH if PUSH in x else None


def _platform(x: Xdm, told: Channel | None) -> str | None:
    if told is not Channel.PUSH:
        return None
    return platform(x.take(MESSAGES + "pushChannelContext.platform", PUSH + "pushProvider"))


def _origin(x: Xdm) -> Origin | None:
    """Adobe tells marketing from transactional messages; the former are what Brevo calls campaigns."""
    word = (x.peek(EXECUTION + "messageType") or "").lower()
    return {"marketing": Origin.CAMPAIGN, "transactional": Origin.TRANSACTIONAL}.get(word)


def _bounce_class(x: Xdm) -> BounceClass:
    told = (x.take(FEEDBACK + "messageFailure.type") or "").lower()
    code = x.peek(FEEDBACK + "messageFailure.code") or ""
    return CLASS_BY_TYPE.get(told) or CLASS_BY_CODE.get(code) or BounceClass.OTHER


def _reason(x: Xdm, status: str) -> str | None:
    """Why: failures by their reason; exclusions by reason and code, as Adobe lists them (F068)."""
    failure = x.peek(FEEDBACK + "messageFailure.reason", FEEDBACK + "messageFailure.code")
    if failure is not None:
        x.take(FEEDBACK + "messageFailure.reason")
        return failure
    reason = x.take(FEEDBACK + "messageExclusion.reason")
    code = x.take(FEEDBACK + "messageExclusion.code")
    told = " ".join(part for part in (reason, code) if part)
    return told or (status if status.lower() in {"duplicate", "denylist"} else None)

"""SendGrid's Event Webhook: arrays of events, each with an id of its own and a time in seconds."""

from __future__ import annotations

from collections.abc import Iterator

from backend.feeds.fields import bare_message_id, message_key, text_of
from backend.feeds.format import Format, Frame, Framing, Settings
from backend.feeds.sending import (
    CLICKED,
    COMPLAINED,
    DEFERRED,
    DELIVERED,
    EVENTS,
    EXCLUDED,
    HARD,
    IGNORED,
    OPENED,
    OTHER,
    SENT,
    SOFT,
    SUBSCRIBED,
    UNCLASSED,
    UNSUBSCRIBED,
    Body,
    Meaning,
    best_ref,
    clock,
    email_of,
    first_of,
    first_text,
    object_of,
    rest_of,
    share,
    word_of,
    words,
)
from backend.model import Channel, EventKind
from backend.record import Event, NamedBy, Record, Ref

PRODUCT = "sendgrid"

MEANINGS: dict[str, Meaning] = {
    "processed": SENT,
    "deferred": DEFERRED,
    "delivered": DELIVERED,
    "dropped": EXCLUDED,
    "open": OPENED,
    "click": CLICKED,
    "spamreport": COMPLAINED,
    "unsubscribe": UNSUBSCRIBED,
    "group_unsubscribe": UNSUBSCRIBED,
    "group_resubscribe": SUBSCRIBED,
}
BOUNCES: dict[str, Meaning] = {"bounce": HARD, "blocked": IGNORED, "expired": SOFT}
"""What the word `bounce` stands for, by the event's `type`."""

OWN_FIELDS = words(
    "asm_group_id attempt bounce_classification category cert_err email event ip marketing_campaign_id "
    "marketing_campaign_name marketing_campaign_split_id marketing_campaign_version mc_auto_id "
    "mc_auto_name mc_pod_id mc_stats newsletter phase_id pool post_type reason response send_at "
    "sg_content_type sg_event_id sg_machine_open sg_message_id sg_template_id sg_template_name sg_user_id "
    "singlesend_id singlesend_name smtp-id status template_hash template_id template_version_id timestamp "
    "tls type unique_args url url_offset useragent"
)
"""SendGrid's own fields; any other is the sender's own argument."""
_PLACED = words(
    "email event ip reason sg_event_id sg_message_id sg_template_id sg_template_name singlesend_id "
    "singlesend_name timestamp useragent"
)
_NO_ID = ("filter", "recvd")
"""How an id begins that tells machines of SendGrid and no message: such as that of a dropped message."""


def decode(frame: Frame, settings: Settings) -> Iterator[Record]:
    """The one event in an element of a body."""
    body = object_of(frame)
    word = word_of(body, "event")
    meaning = _meaning(body, word)
    raw_time, at_ms = clock(body, "timestamp")
    email = first_text(body, "email")
    event_id, message_id = first_text(body, "sg_event_id"), _message_id(body)
    url = first_text(body, "url") if meaning.kind is EventKind.CLICKED else None
    single_send, name = first_text(body, "singlesend_id"), first_text(body, "singlesend_name") or ""
    yield Event(
        product=PRODUCT,
        account=settings.account,
        key=("event", event_id)
        if event_id
        else ("content", word, message_id or "", email or "", raw_time, url or ""),
        has_id=event_id is not None,
        at_ms=at_ms,
        kind=meaning.kind,
        type=word,
        bounce_class=meaning.bounce_class,
        channel=Channel.EMAIL,
        machine=text_of(body.get("sg_machine_open")) == "true",
        identities=email_of(email),
        message=message_key(message_id, email) if message_id else None,
        message_id=first_text(body, "sg_message_id", "smtp-id"),
        delivery=_delivery(body, single_send, name),
        campaign=Ref(single_send, NamedBy.ID, name) if single_send else None,
        reason=first_text(body, "reason") or (_response(body) if meaning is DEFERRED else None),
        name=name or None,
        url=url,
        ip=first_text(body, "ip"),
        user_agent=first_text(body, "useragent"),
        fields=rest_of(
            {name: body[name] for name in body if name in OWN_FIELDS}, _PLACED | ({"url"} if url else set())
        ),
        data=rest_of(body, OWN_FIELDS),
    )


def _meaning(body: Body, word: str) -> Meaning:
    if word == "bounce":
        return BOUNCES.get(first_text(body, "type") or "", UNCLASSED)
    return MEANINGS.get(word, OTHER)


def _message_id(body: Body) -> str | None:
    """What all events of one sending share: the id up to its first dot, without SendGrid's own suffix."""
    told = (first_text(body, "sg_message_id") or "").partition(".")[0]
    if told and not told.startswith(_NO_ID):
        return told
    bare = bare_message_id(first_text(body, "smtp-id")) or ""
    return bare.partition("@")[0].partition(".")[0] or None


def _delivery(body: Body, single_send: str | None, name: str) -> Ref | None:
    template = first_text(body, "sg_template_id")
    if template:
        return Ref(template, NamedBy.ID, first_text(body, "sg_template_name") or "")
    category = first_of(body.get("category"))
    if category is None and single_send:
        return Ref(single_send, NamedBy.CAMPAIGN, name)
    return best_ref((NamedBy.TAG, category))


def _response(body: Body) -> str | None:
    return first_text(body, "response")


def _is_event(body: Body) -> bool:
    return {"event", "timestamp"} <= body.keys() and bool(
        {"sg_event_id", "sg_message_id", "smtp-id"} & body.keys()
    )


FORMATS: tuple[Format, ...] = (
    Format(
        name="sendgrid-webhook",
        product=PRODUCT,
        framing=Framing.JSON,
        summary="Event Webhook bodies as your endpoint received them",
        gives=EVENTS,
        recognise=share(_is_event),
        decode=decode,
    ),
)

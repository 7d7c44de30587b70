"""SendGrid's Event Webhook: arrays of events, each with an id of its own and a time in seconds."""

from __future__ import annotations

from collections.abc import Iterator

from backend.feeds.fields import bare_message_id, message_key, text_of
from backend.feeds.format import Format, Frame, Settings
from backend.feeds.sending import (
    REACTIONS,
    Body,
    Meaning,
    best_ref,
    clock,
    first_of,
    first_text,
    mail_event,
    object_of,
    rest_of,
    share,
    webhook,
    word_of,
    words,
)
from backend.record import NamedBy, Record, Ref

PRODUCT = "sendgrid"

MEANINGS: dict[str, Meaning] = {
    "processed": Meaning.SENT,
    "deferred": Meaning.DEFERRED,
    "delivered": Meaning.DELIVERED,
    "dropped": Meaning.EXCLUDED,
    "open": Meaning.OPENED,
    "click": Meaning.CLICKED,
    "spamreport": Meaning.COMPLAINED,
    "unsubscribe": Meaning.UNSUBSCRIBED,
    "group_unsubscribe": Meaning.UNSUBSCRIBED,
    "group_resubscribe": Meaning.SUBSCRIBED,
}
BOUNCES: dict[str, Meaning] = {"bounce": Meaning.HARD, "blocked": Meaning.IGNORED, "expired": Meaning.SOFT}
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
    "email event reason sg_event_id sg_message_id sg_template_id sg_template_name singlesend_id "
    "singlesend_name timestamp useragent"
)
_NO_ID = ("filter", "recvd")
"""How an id begins that tells machines of SendGrid and no message: such as that of a dropped message."""


def decode(frame: Frame, settings: Settings) -> Iterator[Record]:
    """The one event in an element of a body."""
    body = object_of(frame)
    word = word_of(body, "event")
    meaning = _meaning(body, word)
    url = first_text(body, "url") if meaning is Meaning.CLICKED else None
    caller = first_text(body, "ip") if meaning in REACTIONS else None
    single_send, name = first_text(body, "singlesend_id"), first_text(body, "singlesend_name") or ""
    yield mail_event(
        PRODUCT,
        settings,
        word,
        meaning,
        at=clock(body, "timestamp"),
        email=first_text(body, "email"),
        message=_message(body),
        message_id=first_text(body, "sg_message_id", "smtp-id"),
        event_id=first_text(body, "sg_event_id"),
        url=url,
        machine=text_of(body.get("sg_machine_open")) == "true",
        delivery=_delivery(body, single_send, name),
        campaign=Ref(single_send, NamedBy.ID, name) if single_send else None,
        reason=first_text(body, "reason") or (_response(body) if meaning is Meaning.DEFERRED else None),
        name=name or None,
        ip=caller,
        user_agent=first_text(body, "useragent"),
        fields=rest_of(
            {name: body[name] for name in body if name in OWN_FIELDS},
            {*_PLACED, *(("url",) if url else ()), *(("ip",) if caller else ())},
        ),
        data=rest_of(body, OWN_FIELDS),
    )


def _meaning(body: Body, word: str) -> Meaning:
    if word == "bounce":
        return BOUNCES.get(first_text(body, "type") or "", Meaning.UNCLASSED)
    return MEANINGS.get(word, Meaning.OTHER)


def _message(body: Body) -> str | None:
    """What all events of one sending to one person share: the id up to its first dot, and the address."""
    email = first_text(body, "email")
    told = (first_text(body, "sg_message_id") or "").partition(".")[0]
    if told and not told.startswith(_NO_ID):
        return message_key(told, email)
    bare = bare_message_id(first_text(body, "smtp-id")) or ""
    start = bare.partition("@")[0].partition(".")[0]
    return message_key(start, email) if start else None


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
    webhook(
        PRODUCT,
        "sendgrid-webhook",
        "Event Webhook bodies as your endpoint received them",
        share(_is_event),
        decode,
    ),
)

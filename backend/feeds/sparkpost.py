"""SparkPost's event webhooks: arrays of `{"msys": {class: event}}`, numbers written as texts."""

from __future__ import annotations

from collections.abc import Iterator

from backend.errors import DecodeError
from backend.feeds.fields import message_key
from backend.feeds.format import Format, Frame, Framing, Settings
from backend.feeds.sending import (
    CLICKED,
    COMPLAINED,
    DEFERRED,
    DELIVERED,
    ERROR,
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
    first_text,
    object_of,
    part_of,
    rest_of,
    share,
    word_of,
    words,
)
from backend.model import Channel
from backend.record import Event, NamedBy, Record, Ref

PRODUCT = "sparkpost"

MEANINGS: dict[str, Meaning] = {
    "injection": SENT,
    "delivery": DELIVERED,
    "delay": DEFERRED,
    "policy_rejection": EXCLUDED,
    "generation_rejection": EXCLUDED,
    "generation_failure": ERROR,
    "open": OPENED,
    "initial_open": OPENED,
    "amp_open": OPENED,
    "amp_initial_open": OPENED,
    "click": CLICKED,
    "amp_click": CLICKED,
    "spam_complaint": COMPLAINED,
    "list_unsubscribe": UNSUBSCRIBED,
    "link_unsubscribe": UNSUBSCRIBED,
}
BOUNCE_WORDS = ("bounce", "out_of_band")
BOUNCES: dict[str, Meaning] = {
    **dict.fromkeys(("10", "30"), HARD),
    **dict.fromkeys(("20", "21", "22", "23", "24", "40", "70"), SOFT),
    **dict.fromkeys(("1", "25", "50", "51", "52", "53", "54"), IGNORED),
    **dict.fromkeys(("60", "100"), OTHER),  # a machine answered: the message came through
    "80": SUBSCRIBED,
    "90": UNSUBSCRIBED,
}
"""What the words of BOUNCE_WORDS stand for, by `bounce_class`."""

_PLACED = words(
    "type event_id timestamp message_id rcpt_to raw_rcpt_to rcpt_meta template_id campaign_id subject "
    "reason target_link_url ip_address user_agent"
)


def decode(frame: Frame, settings: Settings) -> Iterator[Record]:
    """The one event in an element of a body; a ping gives nothing."""
    wrapped = object_of(frame).get("msys")
    if not isinstance(wrapped, dict):
        raise DecodeError("no msys")
    for body in wrapped.values():
        if not isinstance(body, dict):
            raise DecodeError("not a JSON object")
        yield _event(body, settings)


def _event(body: Body, settings: Settings) -> Event:
    word = word_of(body, "type")
    meaning = _meaning(body, word)
    raw_time, at_ms = clock(body, "timestamp")
    email, url = first_text(body, "raw_rcpt_to", "rcpt_to"), first_text(body, "target_link_url")
    event_id, message_id = first_text(body, "event_id"), first_text(body, "message_id", "transmission_id")
    campaign, subject = first_text(body, "campaign_id"), first_text(body, "subject")
    return Event(
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
        machine=part_of(body, "user_agent_parsed").get("is_prefetched") is True,
        identities=email_of(email),
        message=message_key(message_id, email) if message_id else None,
        message_id=message_id,
        delivery=best_ref(
            (NamedBy.ID, first_text(body, "template_id")),
            (NamedBy.CAMPAIGN, campaign),
            (NamedBy.SUBJECT, subject),
        ),
        campaign=Ref(campaign, NamedBy.ID, campaign) if campaign else None,
        reason=first_text(body, "reason", "raw_reason"),
        name=subject,
        url=url,
        ip=first_text(body, "ip_address"),
        user_agent=first_text(body, "user_agent"),
        fields=rest_of(body, _PLACED),
        data=part_of(body, "rcpt_meta"),
    )


def _meaning(body: Body, word: str) -> Meaning:
    if word in BOUNCE_WORDS:
        return BOUNCES.get(first_text(body, "bounce_class") or "", UNCLASSED)
    return MEANINGS.get(word, OTHER)


def _is_event(body: Body) -> bool:
    return isinstance(body.get("msys"), dict)


FORMATS: tuple[Format, ...] = (
    Format(
        name="sparkpost-webhook",
        product=PRODUCT,
        framing=Framing.JSON,
        summary="Event webhook bodies as your endpoint received them",
        gives=EVENTS,
        recognise=share(_is_event),
        decode=decode,
    ),
)

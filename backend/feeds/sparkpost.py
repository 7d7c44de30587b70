"""SparkPost's event webhooks: arrays of `{"msys": {class: event}}`, numbers written as texts."""

from __future__ import annotations

from collections.abc import Iterator

from backend.errors import DecodeError
from backend.feeds.format import Format, Frame, Settings
from backend.feeds.sending import (
    REACTIONS,
    Body,
    Meaning,
    best_ref,
    clock,
    first_text,
    mail_event,
    object_of,
    part_of,
    rest_of,
    share,
    webhook,
    word_of,
    words,
)
from backend.record import Event, NamedBy, Record, Ref

PRODUCT = "sparkpost"

MEANINGS: dict[str, Meaning] = {
    "injection": Meaning.SENT,
    "delivery": Meaning.DELIVERED,
    "delay": Meaning.DEFERRED,
    "policy_rejection": Meaning.EXCLUDED,
    "generation_rejection": Meaning.EXCLUDED,
    "generation_failure": Meaning.ERROR,
    "open": Meaning.OPENED,
    "initial_open": Meaning.OPENED,
    "amp_open": Meaning.OPENED,
    "amp_initial_open": Meaning.OPENED,
    "click": Meaning.CLICKED,
    "amp_click": Meaning.CLICKED,
    "spam_complaint": Meaning.COMPLAINED,
    "list_unsubscribe": Meaning.UNSUBSCRIBED,
    "link_unsubscribe": Meaning.UNSUBSCRIBED,
}
BOUNCE_WORDS = ("bounce", "out_of_band")
BOUNCES: dict[str, Meaning] = {
    **dict.fromkeys(("10", "30"), Meaning.HARD),
    **dict.fromkeys(("20", "21", "22", "23", "24", "40", "70"), Meaning.SOFT),
    **dict.fromkeys(("1", "25", "50", "51", "52", "53", "54"), Meaning.IGNORED),
    **dict.fromkeys(("60", "100"), Meaning.OTHER),  # a machine answered: the message came through
    "80": Meaning.SUBSCRIBED,
    "90": Meaning.UNSUBSCRIBED,
}
"""What the words of BOUNCE_WORDS stand for, by `bounce_class`."""

_PLACED = words(
    "type event_id timestamp message_id rcpt_to raw_rcpt_to rcpt_meta template_id campaign_id subject "
    "reason target_link_url user_agent"
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
    caller = first_text(body, "ip_address") if meaning in REACTIONS else None
    campaign, subject = first_text(body, "campaign_id"), first_text(body, "subject")
    return mail_event(
        PRODUCT,
        settings,
        word,
        meaning,
        at=clock(body, "timestamp"),
        email=first_text(body, "raw_rcpt_to", "rcpt_to"),
        message_id=first_text(body, "message_id", "transmission_id"),
        event_id=first_text(body, "event_id"),
        url=first_text(body, "target_link_url"),
        machine=part_of(body, "user_agent_parsed").get("is_prefetched") is True,
        delivery=best_ref(
            (NamedBy.ID, first_text(body, "template_id")),
            (NamedBy.CAMPAIGN, campaign),
            (NamedBy.SUBJECT, subject),
        ),
        campaign=Ref(campaign, NamedBy.ID, campaign) if campaign else None,
        reason=first_text(body, "reason", "raw_reason"),
        name=subject,
        ip=caller,
        user_agent=first_text(body, "user_agent"),
        fields=rest_of(body, {*_PLACED, "ip_address"} if caller else _PLACED),
        data=part_of(body, "rcpt_meta"),
    )


def _meaning(body: Body, word: str) -> Meaning:
    if word in BOUNCE_WORDS:
        return BOUNCES.get(first_text(body, "bounce_class") or "", Meaning.UNCLASSED)
    return MEANINGS.get(word, Meaning.OTHER)


def _is_event(body: Body) -> bool:
    return isinstance(body.get("msys"), dict)


FORMATS: tuple[Format, ...] = (
    webhook(
        PRODUCT,
        "sparkpost-webhook",
        "Event webhook bodies as your endpoint received them",
        share(_is_event),
        decode,
    ),
)

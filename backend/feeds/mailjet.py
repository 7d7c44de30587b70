"""Mailjet's event webhooks, single or grouped. Its message ids exceed what some JSON readers can count."""

from __future__ import annotations

from collections.abc import Iterator

from backend.feeds.fields import id_of, json_object, message_key, text_of
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
    SOFT,
    UNCLASSED,
    UNSUBSCRIBED,
    Body,
    Meaning,
    clock,
    email_of,
    first_text,
    object_of,
    rest_of,
    share,
    word_of,
    words,
)
from backend.model import Channel
from backend.record import Event, Identity, NamedBy, Record, Ref

PRODUCT = "mailjet"

MEANINGS: dict[str, Meaning] = {
    "sent": DELIVERED,  # the receiving server took it
    "open": OPENED,
    "click": CLICKED,
    "spam": COMPLAINED,
    "unsub": UNSUBSCRIBED,
    "blocked": IGNORED,
}
BOUNCES: dict[str, Meaning] = {"true": HARD, "1": HARD, "false": SOFT, "0": SOFT}
"""What the word `bounce` stands for, by `hard_bounce`."""
ERRORS: dict[str, Meaning] = {
    "greylisted": DEFERRED,
    "duplicate in campaign": EXCLUDED,
    "preblocked": EXCLUDED,
    "blacklisted": EXCLUDED,
    "spam reporter": EXCLUDED,
    "typofix": EXCLUDED,
    "bad or empty template": ERROR,
    "error in template language": ERROR,
}
"""Errors that tell more of a `blocked` event than its word; the first two also of a `bounce`."""
BOUNCE_ERRORS = ("greylisted", "duplicate in campaign")

_PLACED = words(
    "event time MessageID Message_GUID mj_message_id email mj_contact_id mj_campaign_id customcampaign "
    "error ip agent url CustomID Payload"
)


def decode(frame: Frame, settings: Settings) -> Iterator[Record]:
    """The one event in a body, or in an element of a grouped one."""
    body = object_of(frame)
    word = word_of(body, "event")
    meaning = _meaning(body, word)
    raw_time, at_ms = clock(body, "time")
    email, url = first_text(body, "email"), first_text(body, "url")
    message_id = _message_id(body)
    campaign_id, campaign_name = id_of(body.get("mj_campaign_id")), first_text(body, "customcampaign") or ""
    contact_id = id_of(body.get("mj_contact_id"))
    yield Event(
        product=PRODUCT,
        account=settings.account,
        key=("content", word, message_id or "", email or "", raw_time, url or ""),
        at_ms=at_ms,
        kind=meaning.kind,
        type=word,
        bounce_class=meaning.bounce_class,
        channel=Channel.EMAIL,
        identities=(*email_of(email), *((Identity("id", contact_id),) if contact_id else ())),
        message=message_key(message_id, email) if message_id else None,
        message_id=first_text(body, "mj_message_id") or message_id,
        delivery=_delivery(campaign_id, campaign_name),
        campaign=_campaign(campaign_id, campaign_name),
        reason=first_text(body, "error"),
        name=campaign_name or None,
        url=url,
        ip=first_text(body, "ip"),
        user_agent=first_text(body, "agent"),
        fields=rest_of(body, _PLACED) | rest_of({"Message_GUID": body.get("Message_GUID")}, ()),
        data=rest_of({"CustomID": body.get("CustomID")}, ()) | _payload(body),
    )


def _meaning(body: Body, word: str) -> Meaning:
    error = (first_text(body, "error") or "").casefold()
    if word == "bounce":
        meaning = BOUNCES.get((text_of(body.get("hard_bounce")) or "").casefold(), UNCLASSED)
        return ERRORS[error] if error in BOUNCE_ERRORS and meaning is not HARD else meaning
    if word == "blocked":
        return ERRORS.get(error, MEANINGS[word])
    return MEANINGS.get(word, OTHER)


def _message_id(body: Body) -> str | None:
    """The number as text, exactly; where a reader before us rounded it to a fraction, its other names."""
    number = body.get("MessageID")
    if isinstance(number, float):
        return first_text(body, "mj_message_id", "Message_GUID")
    return id_of(number) or first_text(body, "mj_message_id", "Message_GUID")


def _delivery(campaign_id: str | None, name: str) -> Ref | None:
    if campaign_id:
        return Ref(campaign_id, NamedBy.CAMPAIGN, name)
    return Ref(name, NamedBy.TAG, name) if name else None


def _campaign(campaign_id: str | None, name: str) -> Ref | None:
    if campaign_id:
        return Ref(campaign_id, NamedBy.ID, name)
    return Ref(name, NamedBy.NAME, name) if name else None


def _payload(body: Body) -> dict[str, object]:
    """What the sender wrote into Payload: the fields of a JSON object, else the text."""
    fields = json_object(body.get("Payload"))
    return dict(fields) if fields else rest_of({"Payload": body.get("Payload")}, ())


def _is_event(body: Body) -> bool:
    names = {"MessageID", "Message_GUID", "mj_campaign_id", "mj_contact_id", "mj_message_id"}
    return {"event", "time"} <= body.keys() and bool(names & body.keys())


FORMATS: tuple[Format, ...] = (
    Format(
        name="mailjet-webhook",
        product=PRODUCT,
        framing=Framing.JSON,
        summary="Event webhook bodies as your endpoint received them, single or grouped",
        gives=EVENTS,
        recognise=share(_is_event),
        decode=decode,
    ),
)

"""Mailjet's event webhooks, single or grouped. Its message ids exceed what some JSON readers can count."""

from __future__ import annotations

from collections.abc import Iterator

from backend.feeds.fields import id_of, json_object, text_of
from backend.feeds.format import Format, Frame, Settings
from backend.feeds.sending import (
    Body,
    Meaning,
    clock,
    email_of,
    first_text,
    mail_event,
    object_of,
    rest_of,
    share,
    webhook,
    word_of,
    words,
)
from backend.record import Identity, NamedBy, Record, Ref

PRODUCT = "mailjet"

MEANINGS: dict[str, Meaning] = {
    "sent": Meaning.DELIVERED,  # the receiving server took it
    "open": Meaning.OPENED,
    "click": Meaning.CLICKED,
    "spam": Meaning.COMPLAINED,
    "unsub": Meaning.UNSUBSCRIBED,
    "blocked": Meaning.IGNORED,
}
BOUNCES: dict[str, Meaning] = {
    "true": Meaning.HARD,
    "1": Meaning.HARD,
    "false": Meaning.SOFT,
    "0": Meaning.SOFT,
}
"""What the word `bounce` stands for, by `hard_bounce`."""
ERRORS: dict[str, Meaning] = {
    "greylisted": Meaning.DEFERRED,
    "duplicate in campaign": Meaning.EXCLUDED,
    "preblocked": Meaning.EXCLUDED,
    "blacklisted": Meaning.EXCLUDED,
    "spam reporter": Meaning.EXCLUDED,
    "typofix": Meaning.EXCLUDED,
    "bad or empty template": Meaning.ERROR,
    "error in template language": Meaning.ERROR,
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
    email, message_id = first_text(body, "email"), _message_id(body)
    campaign_id, campaign_name = id_of(body.get("mj_campaign_id")), first_text(body, "customcampaign") or ""
    contact_id = id_of(body.get("mj_contact_id"))
    yield mail_event(
        PRODUCT,
        settings,
        word,
        _meaning(body, word),
        at=clock(body, "time"),
        email=email,
        message_id=message_id,
        url=first_text(body, "url"),
        identities=(*email_of(email), *((Identity("id", contact_id),) if contact_id else ())),
        delivery=_delivery(campaign_id, campaign_name),
        campaign=_campaign(campaign_id, campaign_name),
        reason=first_text(body, "error"),
        name=campaign_name or None,
        ip=first_text(body, "ip"),
        user_agent=first_text(body, "agent"),
        fields=rest_of(body, _PLACED) | rest_of({"Message_GUID": body.get("Message_GUID")}, ()),
        data=rest_of({"CustomID": body.get("CustomID")}, ()) | _payload(body),
    )


def _meaning(body: Body, word: str) -> Meaning:
    error = (first_text(body, "error") or "").casefold()
    if word == "bounce":
        meaning = BOUNCES.get((text_of(body.get("hard_bounce")) or "").casefold(), Meaning.UNCLASSED)
        return ERRORS[error] if error in BOUNCE_ERRORS and meaning is not Meaning.HARD else meaning
    if word == "blocked":
        return ERRORS.get(error, MEANINGS[word])
    return MEANINGS.get(word, Meaning.OTHER)


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
    webhook(
        PRODUCT,
        "mailjet-webhook",
        "Event webhook bodies as your endpoint received them, single or grouped",
        share(_is_event),
        decode,
    ),
)

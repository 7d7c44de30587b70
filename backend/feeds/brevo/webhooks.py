"""Bodies of Brevo's webhooks (transactional, marketing, SMS; single, batched or exported) and the rows
that its events API answers.

Brevo gives its events no id: a row's key is made of event, message id or campaign, address, raw time and
link (R09), so two honest equal clicks within one second are one. `ts_epoch` is the best clock, then
`ts_event`; `date` is in some local zone and is read only where there is no other (R04).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC
from typing import Any

from backend.errors import DecodeError
from backend.feeds.brevo.fields import campaign_of, delivery_of, first_tag, identities
from backend.feeds.brevo.words import PRODUCT, Meaning, email_meaning, sms_meaning
from backend.feeds.fields import bare_message_id, each, id_of, json_object, message_key, text_of
from backend.feeds.format import Frame, Settings
from backend.feeds.times import Moment, read_time
from backend.model import Channel, EventKind, Origin
from backend.record import Event, Identity, NamedBy, Record, Ref, Rejected

Body = Mapping[str, Any]

TIME_FIELDS = ("ts_epoch", "ts_event", "ts", "date_event", "date")
"""The clocks, best first."""
MESSAGE_ID_FIELDS = ("message-id", "messageId", "message_id", "Message-Id")
LINK_FIELDS = ("link", "URL", "url")
CUSTOM_HEADER = "X-Mailin-custom"

_PLACED = frozenset(
    {
        *("event", "email", "reason", "user_agent", "ip", "subject", "campaign name"),
        *TIME_FIELDS,
        *MESSAGE_ID_FIELDS,
        *LINK_FIELDS,
    }
)
_SMS_PLACED = frozenset(
    {"msg_status", "event", "to", "phoneNumber", "reason", "description", *TIME_FIELDS, *MESSAGE_ID_FIELDS}
)
_SAYS_NOTHING: tuple[Any, ...] = (None, "", [])
_ORIGIN_KINDS = frozenset({EventKind.OPENED, EventKind.CLICKED, EventKind.UNSUBSCRIBED})
_CONTACT_KINDS = frozenset({EventKind.LIST_ADDITION, EventKind.OTHER})


def decode_webhook(frame: Frame, settings: Settings) -> Iterable[Record | Rejected]:
    """All events in a webhook's body or batch, of whichever of the three kinds each is."""

    def decode_one(body: Body) -> Iterator[Record | Rejected]:
        body = _renamed(body, settings)
        if "msg_status" in body:
            return _sms(body, settings)
        if "camp_id" in body or "campaign name" in body:
            return _marketing(body, settings)
        return _transactional(body, settings)

    return each(frame, decode_one)


def decode_events_answer(frame: Frame, settings: Settings) -> Iterable[Record | Rejected]:
    """Rows of the events API (e-mail or SMS), one by one or as the answer that wraps them."""

    def decode_one(body: Body) -> Iterator[Record | Rejected]:
        body = _renamed(body, settings)
        return _sms(body, settings) if "phoneNumber" in body else _transactional(body, settings)

    return each(frame, decode_one)


def _renamed(body: Body, settings: Settings) -> Body:
    if not settings.columns:
        return body
    return {settings.columns.get(name, name): value for name, value in body.items()}


def _transactional(body: Body, settings: Settings) -> Iterator[Event]:
    word, meaning = _event(body)
    message_id = text_of(_first(body, MESSAGE_ID_FIELDS))
    bare_id = bare_message_id(message_id)
    raw_time, moment = _clock(body, settings)
    link = text_of(_first(body, LINK_FIELDS))
    tag = first_tag(body.get("tags"), body.get("tag"))
    subject = text_of(body.get("subject"))
    template = body.get("template_id", body.get("templateId"))
    is_message = bare_id is not None or meaning.kind not in _CONTACT_KINDS
    reason, fields = _reason(body, meaning)
    for email in _emails(body):
        yield Event(
            product=PRODUCT,
            account=settings.account,
            key=(word, bare_id or "", email, raw_time, link or ""),
            at_ms=moment.at_ms,
            key_ms=moment.key_ms,
            kind=meaning.kind,
            type=word,
            bounce_class=meaning.bounce_class,
            channel=Channel.EMAIL if is_message else None,
            origin=Origin.TRANSACTIONAL if meaning.kind in _ORIGIN_KINDS else None,
            machine=meaning.machine,
            identities=identities(email, body.get("contact_id")),
            message=message_key(bare_id, email) if bare_id else None,
            message_id=message_id,
            delivery=delivery_of(template, tag, subject) if is_message else None,
            reason=reason,
            name=subject,
            url=link,
            ip=text_of(body.get("ip")),
            user_agent=text_of(body.get("user_agent")),
            fields=fields,
            data=json_object(body.get(CUSTOM_HEADER)),
        )


def _marketing(body: Body, settings: Settings) -> Iterator[Event]:
    word, meaning = _event(body)
    campaign, delivery = campaign_of(body.get("camp_id"), body.get("campaign name"))
    raw_time, moment = _clock(body, settings)
    link = text_of(_first(body, LINK_FIELDS))
    reason, fields = _reason(body, meaning)
    for email in _emails(body):
        yield Event(
            product=PRODUCT,
            account=settings.account,
            key=(word, campaign.key if campaign else "", email, raw_time, link or ""),
            at_ms=moment.at_ms,
            key_ms=moment.key_ms,
            kind=meaning.kind,
            type=word,
            bounce_class=meaning.bounce_class,
            channel=Channel.EMAIL,
            origin=Origin.CAMPAIGN if meaning.kind in _ORIGIN_KINDS else None,
            machine=meaning.machine,
            identities=identities(email, body.get("contact_id")),
            message=message_key(f"campaign {campaign.key}", email) if campaign else None,
            delivery=delivery,
            campaign=campaign,
            reason=reason,
            name=text_of(body.get("campaign name")),
            url=link,
            ip=text_of(body.get("ip")),
            user_agent=text_of(body.get("user_agent")),
            fields=fields,
        )


def _sms(body: Body, settings: Settings) -> Iterator[Event]:
    word = text_of(body.get("msg_status", body.get("event")))
    if word is None:
        raise DecodeError("no event")
    phone = text_of(body.get("to", body.get("phoneNumber")))
    if phone is None:
        raise DecodeError("no phone number")
    meaning = sms_meaning(word)
    message_id = id_of(_first(body, MESSAGE_ID_FIELDS))
    raw_time, moment = _clock(body, settings)
    tag = first_tag(body.get("tags"), body.get("tag"))
    campaign, delivery = campaign_of(body.get("camp_id"), body.get("campaign name"))
    is_campaign = campaign is not None or "marketing" in str(body.get("type", "")).casefold()
    origin = Origin.CAMPAIGN if is_campaign else Origin.TRANSACTIONAL
    yield Event(
        product=PRODUCT,
        account=settings.account,
        key=("sms", word, message_id or "", phone, raw_time),
        at_ms=moment.at_ms,
        key_ms=moment.key_ms,
        kind=meaning.kind,
        type=word,
        bounce_class=meaning.bounce_class,
        channel=Channel.SMS,
        origin=origin if meaning.kind in _ORIGIN_KINDS else None,
        identities=(Identity("phone", phone.strip()), *identities(None, body.get("contact_id"))),
        message=message_key(f"sms {message_id}", phone) if message_id else None,
        message_id=message_id,
        delivery=delivery or (Ref(tag, NamedBy.TAG, tag) if tag else None),
        campaign=campaign,
        reason=text_of(body.get("reason")) or text_of(body.get("description")),
        fields=_rest(body, _SMS_PLACED),
    )


def _event(body: Body) -> tuple[str, Meaning]:
    word = text_of(body.get("event"))
    if word is None:
        raise DecodeError("no event")
    return word, email_meaning(word)


def _emails(body: Body) -> list[str]:
    """The addresses that a body is about: one, but for deletions of several contacts."""
    told = body.get("email")
    found = map(text_of, told) if isinstance(told, list) else (text_of(told),)
    emails = [email for text in found if text and (email := text.strip())]
    if not emails:
        raise DecodeError("no email")
    return emails


def _clock(body: Body, settings: Settings) -> tuple[str, Moment]:
    """The raw text of the best clock, which enters the key, and its moment.

    The documents call the API's date UTC, and a webhook's in a local zone.
    """
    for name in TIME_FIELDS:
        told = body.get(name)
        raw = id_of(told)
        if raw is not None:
            if type(told) is int and told > 0:
                return raw, read_time(told)
            is_api = name == "date" and "messageId" in body and "msg_status" not in body
            return raw, read_time(raw, UTC) if is_api else read_time(raw, settings.zone)
    raise DecodeError("a record without a date")


def _reason(body: Body, meaning: Meaning) -> tuple[str | None, dict[str, Any]]:
    """The reason, and what has no place of its own: where the word itself is the reason, also the text."""
    fields = _rest(body, _PLACED)
    told = text_of(body.get("reason"))
    if meaning.reason is None:
        return told, fields
    if told is not None:
        fields["reason"] = told
    return meaning.reason, fields


def _first(body: Body, names: tuple[str, ...]) -> Any:
    for name in names:
        if name in body:
            return body[name]
    return None


def _rest(body: Body, placed: frozenset[str]) -> dict[str, Any]:
    """What says something and has no place of its own; a contact of number 0 is none."""
    rest = {name: value for name, value in body.items() if name not in placed and value not in _SAYS_NOTHING}
    if "contact_id" in rest and id_of(rest["contact_id"]) is None:
        del rest["contact_id"]
    return rest

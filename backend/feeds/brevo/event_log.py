"""Brevo's event log (Automations > Logs > Event logs), as CSV or JSON, by its documented fields: what
contacts did on the site, in forms and in messages, campaign and transactional told apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from backend.errors import DecodeError
from backend.feeds.brevo.fields import campaign_of, delivery_of, first_tag, identities
from backend.feeds.brevo.scenario_log import DATE_HEADERS, EMAIL_HEADERS
from backend.feeds.brevo.words import INTERNAL_REQUEST, PRODUCT, Meaning, fold, sib_meaning
from backend.feeds.columns import Row, names_of
from backend.feeds.fields import bare_message_id, id_of, json_object, message_key
from backend.feeds.format import Frame, Settings
from backend.feeds.times import read_time
from backend.model import Channel, EventKind, Origin
from backend.record import Event, Record, Ref, Rejected

NAMES = names_of(
    {
        "contact_id": "id du contact",
        "created_at": f"date|{DATE_HEADERS}",
        "email_id": f"user_email|{EMAIL_HEADERS.replace('|email_id', '')}",
        "message_id": "message-id|messageId",
        "sib_type": "",
        "type": "event type|type d'événement|event_type",
        "template_id": "templateId",
        "camp_id": "campaign_id|id de la campagne",
        "campaign_name": "campaign name|campagne",
        "name": "nom|event_name|event name|nom de l'événement",
        "ip": "adresse ip|ip address|ip_address",
        "link": "url|page_url|lien",
        "user_agent": "",
        "data": "event_data|event data|données|event_properties|properties",
        "tag": "tags",
    }
)
_MESSAGE_KINDS = frozenset({EventKind.OPENED, EventKind.CLICKED, EventKind.UNSUBSCRIBED})


def decode_event_row(frame: Frame, settings: Settings) -> Iterator[Record | Rejected]:
    """One row of the event log. Raises: DecodeError."""
    if not isinstance(frame.value, dict):
        raise DecodeError("not a JSON object")
    row = Row(frame.value, settings, NAMES)
    word = row.text("sib_type") or row.need("type")
    email, contact_id = row.text("email_id"), id_of(row.raw("contact_id"))
    if email is None and contact_id is None:
        raise DecodeError("neither email_id nor contact_id")
    raw_time = row.need("created_at")
    moment = read_time(raw_time, settings.zone)
    meaning = sib_meaning(word)
    bare_id = bare_message_id(row.text("message_id"))
    link, name = row.text("link"), row.text("name")
    data = json_object(row.raw("data"))
    campaign, delivery = _entities(row, meaning)
    key = ("event", meaning.word, bare_id or "", email or contact_id or "", raw_time, link or "", name or "")
    yield Event(
        product=PRODUCT,
        account=settings.account,
        key=(*key, msgspec.json.encode(data, order="sorted").decode()) if data else key,
        at_ms=moment.at_ms,
        key_ms=moment.key_ms,
        kind=meaning.kind,
        type=word,
        channel=Channel.EMAIL if meaning.kind in _MESSAGE_KINDS else None,
        origin=meaning.origin,
        identities=identities(email, contact_id),
        message=_message(bare_id, campaign, email or contact_id) if meaning.kind in _MESSAGE_KINDS else None,
        message_id=row.text("message_id"),
        delivery=delivery,
        campaign=campaign,
        name=name,
        url=link,
        ip=_address(row.text("ip")),
        user_agent=row.text("user_agent"),
        fields=_fields(row),
        data=data,
    )


def _entities(row: Row, meaning: Meaning) -> tuple[Ref | None, Ref | None]:
    """(campaign, delivery) of a row that is about a message."""
    if meaning.kind not in _MESSAGE_KINDS:
        return None, None
    name = row.text("name")
    if meaning.origin == Origin.CAMPAIGN:
        return campaign_of(row.raw("camp_id"), row.text("campaign_name") or name)
    return None, delivery_of(row.raw("template_id"), first_tag(None, row.raw("tag")), name)


def _message(bare_id: str | None, campaign: Ref | None, contact: str | None) -> str | None:
    if bare_id:
        return message_key(bare_id, contact)
    return message_key(f"campaign {campaign.key}", contact) if campaign else None


def _address(text: str | None) -> str | None:
    """The caller's address; None for an internal request (R42)."""
    return None if text is None or fold(text) in INTERNAL_REQUEST else text


def _fields(row: Row) -> dict[str, Any]:
    """The documented ids as they were written, then what has no place."""
    names = ("contact_id", "template_id", "camp_id", "tag")
    told = {name: row.raw(name) for name in names if row.raw(name) is not None and row.text(name) != "0"}
    if row.raw("sib_type") is not None and row.raw("type") is not None:
        told["type"] = row.raw("type")
    return {**told, **row.rest}

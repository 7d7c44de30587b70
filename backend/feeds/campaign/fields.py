"""What all of Adobe Campaign's exports share: headings, who and what a row is about, when."""

from __future__ import annotations

from typing import NamedTuple

from backend.errors import DecodeError
from backend.feeds.columns import Row
from backend.feeds.fields import id_of
from backend.feeds.format import Settings
from backend.feeds.times import Moment, read_time
from backend.model import Channel
from backend.record import Identity, NamedBy, Ref

# Headings by column, "|"-separated: in English, in French, as XDM and as query paths name them.
CONTACT_COLUMNS = {
    "address": "email|e-mail|adresse|adresse e-mail|email address|recipient|destinataire|recipient (email)"
    "|destinataire (email)|destinataire (e-mail)|recipient/@email|recipient email",
    "recipient_id": "recipient-id|recipientid|recipient (primary key)|destinataire (clé primaire)"
    "|id du destinataire|identifiant du destinataire|recipient/@id",
}
DELIVERY_COLUMNS = {
    "delivery_id": "delivery-id|deliveryid|delivery (primary key)|diffusion (clé primaire)|delivery/@id"
    "|id de la diffusion|identifiant de la diffusion|id diffusion",
    "delivery_name": "deliveryname|delivery (internal name)|diffusion (nom interne)|delivery/@internalName"
    "|delivery internal name|nom interne de la diffusion|delivery code|code de diffusion",
    "delivery": "diffusion|delivery label|deliverylabel|delivery (label)|diffusion (libellé)|delivery/@label"
    "|libellé de la diffusion",
}
CAMPAIGN_COLUMNS = {
    "campaign_id": "campaign-id|campaignid|operation-id|campaign (primary key)|campagne (clé primaire)"
    "|id de la campagne|identifiant de la campagne|operation/@id",
    "campaign": "campagne|opération|campaign label|campaignlabel|campaignname|campaign (label)"
    "|campagne (libellé)|operation/@label|libellé de la campagne",
}
CHANNEL_COLUMNS = {"channel": "canal|messagetype|message type|type de message|delivery/@messageType"}
TEST_COLUMNS = {
    "proof": "proofmember|bat|is proof",
    "seed": "seedmember|seed address|adresse de contrôle|is seed",
}
PRIMARY_KEY = "primary key|clé primaire|clef primaire|identifiant"
MODIFIED = (
    "last modified|lastmodified|last modification|last modification date|modification date|modified on"
    "|dernière modification|date de dernière modification|date de modification|modifié le"
)


class Contact(NamedTuple):
    identities: tuple[Identity, ...]
    key: str
    """What tells the contact apart inside a delivery; "" where nothing is told."""


def contact_of(row: Row, channel: Channel | None) -> Contact:
    address, number = row.text("address"), id_of(row.raw("recipient_id"))
    known = [Identity(namespace_of(address, channel), address)] if address else []
    if number:
        known.append(Identity("id", number))
    return Contact(tuple(known), number or (address or "").casefold())


def namespace_of(address: str, channel: Channel | None) -> str:
    if "@" in address:
        return "email"
    return "token" if channel is Channel.PUSH else "phone"


def delivery_of(row: Row, told_id: int | None = None) -> Ref | None:
    """The delivery by its primary key, else by its internal name, else by its label.

    told_id: the key that a tracked link tells.
    """
    label = row.text("delivery") or ""
    key = id_of(row.raw("delivery_id")) or (str(told_id) if told_id else None) or row.text("delivery_name")
    if key:
        return Ref(key, NamedBy.ID, label)
    return Ref(label, NamedBy.NAME, label) if label else None


def campaign_of(row: Row) -> Ref | None:
    label, key = row.text("campaign") or "", id_of(row.raw("campaign_id"))
    if key:
        return Ref(key, NamedBy.ID, label)
    return Ref(label, NamedBy.NAME, label) if label else None


def time_of(row: Row, settings: Settings, *columns: str) -> tuple[str, Moment]:
    """The first of these columns that is told, as written and as a moment. Raises: DecodeError."""
    for column in columns:
        text = row.text(column)
        if text is not None:
            return text, read_time(text, settings.zone)
    raise DecodeError("a record without a date")

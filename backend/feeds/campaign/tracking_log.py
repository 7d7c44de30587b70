"""Adobe Campaign's tracking log (trackingLogRcp): opens, clicks and the other followed links."""

from __future__ import annotations

from collections.abc import Iterator

from backend.errors import DecodeError
from backend.feeds.campaign.fields import (
    CAMPAIGN_COLUMNS,
    CHANNEL_COLUMNS,
    CONTACT_COLUMNS,
    DELIVERY_COLUMNS,
    PRIMARY_KEY,
    campaign_of,
    contact_of,
    delivery_of,
    time_of,
)
from backend.feeds.campaign.tracked_url import decode_tracked_url
from backend.feeds.campaign.words import (
    OPEN_URL_ID,
    PRODUCT,
    URL_KINDS,
    URL_TYPES,
    channel_of,
    fold,
)
from backend.feeds.columns import Row, names_of
from backend.feeds.fields import id_of
from backend.feeds.format import Frame, Settings
from backend.model import EventKind
from backend.record import Event, Record, Rejected

NAMES = names_of(
    {
        "id": f"{PRIMARY_KEY}|tracking log id|trackinglog-id|@id",
        "log_date": "log date|logdate|date du log|date de log|tracking date|date de tracking|date"
        "|event date|date de l'événement|click date|date du clic",
        "broadlog_id": "broadlog-id|broadlogid|broadlog|delivery log id|id du log de diffusion"
        "|broadlog (primary key)|log de diffusion (clé primaire)|broadLog/@id|message id",
        "url_id": "url-id|urlid|tracking url id|url (primary key)|url (clé primaire)|url/@id|id de l'url",
        "url": "source url|sourceurl|url source|url/@sourceURL|tracked url|url trackée|lien|link",
        "label": "libellé|url label|libellé de l'url|url (label)|url (libellé)|url/@label",
        "type": "url type|type d'url|type de l'url|url (type)|url/@type|tracking type|type de tracking",
        "category": "catégorie|url category|url/@category",
        "source_id": "source-id|sourceid|id source|source",
        "user_agent": "user agent|useragent|browser|navigateur|agent utilisateur",
        "platform": "device|appareil|operating system|système d'exploitation|os",
        "ip": "ip address|adresse ip",
        "amount": "montant|total amount|montant total|web amount|webTrackingLog/@amount",
        "articles": "article|articles|items|nombre d'articles|webTrackingLog/@article",
        **CONTACT_COLUMNS,
        **DELIVERY_COLUMNS,
        **CAMPAIGN_COLUMNS,
        **CHANNEL_COLUMNS,
    }
)


def decode_tracking_row(frame: Frame, settings: Settings) -> Iterator[Record | Rejected]:
    """One reaction to one message. Raises: DecodeError."""
    row = Row(frame.value, settings, NAMES)
    raw_time, moment = time_of(row, settings, "log_date")
    url = row.text("url")
    link = decode_tracked_url(url) if url else None
    message = id_of(row.raw("broadlog_id")) or (str(link.message_id) if link else None)
    url_id = id_of(row.raw("url_id")) or (str(link.url_id) if link else None)
    label, source = row.text("label"), row.text("source_id")
    word = row.text("type")
    kind = _kind(word, url_id, url)
    if kind is None:
        raise DecodeError("neither a type nor a link")
    if kind is EventKind.OTHER:
        yield Rejected(raw=frame.raw, reason="kept as other: a type that is not known", place=frame.place)
    key = id_of(row.raw("id"))
    channel = channel_of(row.text("channel"), row.text("address"))
    contact = contact_of(row, channel)
    told = {
        "url_id": url_id,
        "source_id": source,
        **{name: row.text(name) for name in ("category", "amount", "articles")},
    }
    if link is not None:
        told["tracked_url"] = url
    yield Event(
        product=PRODUCT,
        account=settings.account,
        key=("tracking", key)
        if key
        else ("tracking", message or contact.key, url_id or url or "", source or "", raw_time),
        has_id=key is not None,
        at_ms=moment.at_ms,
        key_ms=moment.key_ms,
        kind=kind,
        type=word or str(kind),
        channel=channel,
        identities=contact.identities,
        message=message,
        message_id=message,
        delivery=delivery_of(row, link.delivery_id if link else None),
        campaign=campaign_of(row),
        name=label,
        url=label if link is not None else url or label,
        platform=row.text("platform"),
        ip=row.text("ip"),
        user_agent=row.text("user_agent"),
        fields={**{name: text for name, text in told.items() if text}, **row.rest},
    )


def _kind(word: str | None, url_id: str | None, url: str | None) -> EventKind | None:
    """What a reaction is: by the open pixel, else by the URL's type; None where nothing tells."""
    if url_id == OPEN_URL_ID:
        return EventKind.OPENED
    if word:
        return URL_KINDS.get(URL_TYPES.get(fold(word), ""), EventKind.OTHER)
    return EventKind.CLICKED if url or url_id else None

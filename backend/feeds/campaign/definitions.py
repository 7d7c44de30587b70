"""Adobe Campaign's lists: deliveries, tracked URLs, addresses in quarantine."""

from __future__ import annotations

from collections.abc import Iterator

from backend.errors import DecodeError
from backend.feeds.campaign.fields import (
    CAMPAIGN_COLUMNS,
    CHANNEL_COLUMNS,
    DELIVERY_COLUMNS,
    MODIFIED,
    PRIMARY_KEY,
    campaign_of,
    delivery_of,
    namespace_of,
)
from backend.feeds.campaign.words import (
    PRODUCT,
    QUARANTINED,
    URL_TYPES,
    channel_of,
    fold,
    reason_of,
    truth_of,
)
from backend.feeds.columns import Row, names_of
from backend.feeds.fields import id_of
from backend.feeds.format import Frame, Settings
from backend.feeds.times import read_time
from backend.record import (
    CampaignRecord,
    ContentRecord,
    DeliveryRecord,
    Identity,
    NamedBy,
    Record,
    Ref,
    Rejected,
    SuppressionRecord,
    UrlRecord,
)

DELIVERY_NAMES = names_of(
    {
        "id": f"{PRIMARY_KEY}|delivery-id|deliveryid|@id|id de la diffusion",
        "internal_name": "internal name|internalname|nom interne|delivery code|code de diffusion",
        "label": "libellé|delivery label|deliverylabel|libellé de la diffusion|delivery|diffusion",
        "html": "html content|contenu html|html source|source html|content/html/source",
        "subject": "objet|sujet|message subject|objet du message",
        "tracking": "activate tracking|tracking activated|tracking enabled|trackingenabled"
        "|activer le tracking|tracking activé|tracking actif|url tracking|tracking des url",
        **CAMPAIGN_COLUMNS,
        **CHANNEL_COLUMNS,
    }
)
URL_NAMES = names_of(
    {
        "url_id": f"{PRIMARY_KEY}|id|url-id|urlid|tracking url id|@id",
        "url": "source url|sourceurl|url source|tracked url|url trackée|@sourceURL",
        "label": "libellé|url label|libellé de l'url",
        "type": "url type|type d'url|type de l'url|tracking type",
        "category": "catégorie|url category|catégorie d'url",
        **DELIVERY_COLUMNS,
    }
)
QUARANTINE_NAMES = names_of(
    {
        "address": "email|e-mail|adresse|adresse e-mail|email address",
        "status": "statut|état|quarantine status|statut de quarantaine",
        "quarantine_reason": "quarantine reason|quarantinereason|raison de mise en quarantaine"
        "|raison de la mise en quarantaine|raison de quarantaine|motif de mise en quarantaine",
        "quarantine_text": "quarantinetext|error text|texte de l'erreur|texte d'erreur",
        "since": f"quarantine date|quarantinedate|date de mise en quarantaine|status date|date de statut"
        f"|{MODIFIED}|date",
        **CHANNEL_COLUMNS,
    }
)


def decode_delivery(frame: Frame, settings: Settings) -> Iterator[Record | Rejected]:
    """One line of the list of deliveries. Raises: DecodeError."""
    row = Row(frame.value, settings, DELIVERY_NAMES)
    key = id_of(row.raw("id")) or row.text("internal_name")
    if key is None:
        raise DecodeError("no primary key")
    channel, campaign = row.text("channel"), campaign_of(row)
    if campaign is not None:
        yield CampaignRecord(product=PRODUCT, account=settings.account, campaign=campaign)
    html = row.text("html")
    if html is not None:
        yield ContentRecord(product=PRODUCT, account=settings.account, delivery=Ref(key), html=html)
    yield DeliveryRecord(
        product=PRODUCT,
        account=settings.account,
        delivery=Ref(key, NamedBy.ID, row.text("label") or row.text("internal_name") or ""),
        channel=channel_of(channel, None) if channel else None,
        subject=row.text("subject"),
        campaign=campaign,
        tracking=truth_of(row.text("tracking")),
    )


def decode_url(frame: Frame, settings: Settings) -> Iterator[Record | Rejected]:
    """One tracked URL. Raises: DecodeError."""
    row = Row(frame.value, settings, URL_NAMES)
    label, word = row.text("label"), row.text("type")
    url = row.text("url") or label
    if url is None:
        raise DecodeError("no url")
    yield UrlRecord(
        product=PRODUCT,
        account=settings.account,
        url=url,
        url_id=id_of(row.raw("url_id")),
        label=label,
        type=URL_TYPES.get(fold(word), word) if word else None,
        category=row.text("category"),
        delivery=delivery_of(row),
    )


def decode_quarantine(frame: Frame, settings: Settings) -> Iterator[Record | Rejected]:
    """One address that is not written to. Raises: DecodeError."""
    row = Row(frame.value, settings, QUARANTINE_NAMES)
    address = row.need("address")
    status, told = row.text("status"), row.text("quarantine_reason")
    why = QUARANTINED.get(fold(status), "quarantine") if status else "quarantine"
    if not why:
        raise DecodeError("an address that is not in quarantine")
    known, since = reason_of(told), row.text("since")
    reason = known.label if known else told or row.text("quarantine_text")
    channel = channel_of(row.text("channel"), address)
    yield SuppressionRecord(
        product=PRODUCT,
        account=settings.account,
        identity=Identity(namespace_of(address, channel), address),
        reason=f"{why}: {reason}" if reason else why,
        since_ms=read_time(since, settings.zone).at_ms if since else None,
    )

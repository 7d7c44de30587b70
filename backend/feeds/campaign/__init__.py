"""Adobe Campaign: exports of its delivery, exclusion and tracking logs, and of its lists, as CSV.

Columns go by name, in any order; headings are English, French or the schema's own; values are labels or
raw enumeration values. What an operator has renamed, the mapping file names. docs/formats/campaign.md.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from backend.feeds.campaign import definitions, delivery_log, tracking_log
from backend.feeds.campaign.words import PRODUCT
from backend.feeds.columns import judge_columns
from backend.feeds.format import Decode, Format, Framing, Sample

__all__ = ["FORMATS"]

_DELIVERY = ("delivery_id", "delivery_name", "delivery")
_WHO = ("address", "recipient_id")
_WHEN = ("modified", "event_date")
_FOREIGN = ("record", "scenario_name", "st_text", "mid", "sib_type", "marketoGUID")
"""Columns of other products' exports."""
_URL = ("url", "url-id", "source url", "url source", "url type", "type d'url", "category", "catégorie")
_STATUS = ("status", "statut", "état", "state")
_QUARANTINE = ("quarantine reason", "quarantineReason", "raison de mise en quarantaine")

Judge = Callable[[Collection[str]], float]


def _csv(name: str, summary: str, gives: str, judge: Judge, decode: Decode) -> Format:
    def recognise(sample: Sample) -> float:
        return judge(sample.header)

    return Format(
        name=f"campaign-{name}",
        product=PRODUCT,
        framing=Framing.CSV,
        summary=summary,
        gives=gives,
        zoneless=True,
        recognise=recognise,
        decode=decode,
    )


FORMATS: tuple[Format, ...] = (
    _csv(
        "broadlog",
        "Delivery logs (nms:broadLogRcp), CSV; export again for later statuses",
        "event log, messages",
        judge_columns(
            delivery_log.LOG_NAMES,
            ("status", "last modified", "delivery"),
            (("status",), _WHO, _WHEN, _DELIVERY),
            unlike=(*_FOREIGN, *_URL, *_QUARANTINE),
        ),
        delivery_log.decode_log_row,
    ),
    _csv(
        "exclusions",
        "Exclusion logs (nms:excludeLogRcp), CSV",
        "event log: who was left out, and why",
        judge_columns(
            delivery_log.EXCLUSION_NAMES,
            ("delivery", "reason", "typology rule"),
            (_WHO, _WHEN, _DELIVERY, ("reason", "rule")),
            unlike=(*_FOREIGN, *_URL, *_STATUS, *_QUARANTINE),
        ),
        delivery_log.decode_exclusion,
    ),
    _csv(
        "tracking",
        "Tracking logs (nms:trackingLogRcp), CSV",
        "tracking log, messages",
        judge_columns(
            tracking_log.NAMES,
            ("log date", "url", "delivery"),
            (("log_date",), ("url", "url_id", "type"), ("broadlog_id", *_DELIVERY)),
            unlike=(*_FOREIGN, *_STATUS, *_QUARANTINE),
        ),
        tracking_log.decode_tracking_row,
    ),
    _csv(
        "deliveries",
        "List of deliveries, CSV: labels, channels, whether tracking is on",
        "names of deliveries and campaigns",
        judge_columns(
            definitions.DELIVERY_NAMES,
            ("label", "internal name", "channel"),
            (("id", "internal_name"), ("label",), ("channel", "tracking", "subject")),
            unlike=(*_FOREIGN, *_URL, *_QUARANTINE, "email", "address", "adresse", "recipient", "log date"),
        ),
        definitions.decode_delivery,
    ),
    _csv(
        "urls",
        "Tracked URLs (nms:trackingUrl), CSV: label, type, category",
        "what links are called",
        judge_columns(
            definitions.URL_NAMES,
            ("url", "label", "category"),
            (("url",), ("label", "category", "type"), ("url_id", *_DELIVERY)),
            unlike=(*_FOREIGN, *_QUARANTINE, "log date", "date", "date du log", "broadlog-id", "source-id"),
        ),
        definitions.decode_url,
    ),
    _csv(
        "quarantines",
        "Addresses in quarantine (nms:address), CSV",
        "suppressed addresses",
        judge_columns(
            definitions.QUARANTINE_NAMES,
            ("address", "status", "quarantine reason"),
            (("address",), ("quarantine_reason",)),
            unlike=_FOREIGN,
        ),
        definitions.decode_quarantine,
    ),
)

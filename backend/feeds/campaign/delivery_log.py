"""Adobe Campaign's delivery log (broadLog), which holds states, and its log of exclusions (excludeLogRcp)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from backend.errors import DecodeError
from backend.feeds.campaign.fields import (
    CAMPAIGN_COLUMNS,
    CHANNEL_COLUMNS,
    CONTACT_COLUMNS,
    DELIVERY_COLUMNS,
    MODIFIED,
    PRIMARY_KEY,
    TEST_COLUMNS,
    campaign_of,
    contact_of,
    delivery_of,
    time_of,
)
from backend.feeds.campaign.words import (
    CLASS_BY_REASON,
    COMPLAINT,
    PRODUCT,
    STATUS_KINDS,
    STATUSES,
    channel_of,
    fold,
    reason_of,
    truth_of,
)
from backend.feeds.columns import Row, names_of
from backend.feeds.fields import id_of
from backend.feeds.format import Frame, Settings
from backend.model import BounceClass, EventKind
from backend.record import Event, Record, Rejected

REASON_COLUMNS = {
    "reason": "raison|failure reason|failurereason|error reason|cause|msg/@failureReason|raison de l'échec"
    "|raison de l'erreur|raison d'échec|motif",
    "failure_type": "failure type|failuretype|error type|type d'échec|type d'erreur|msg/@failureType",
    "description": "reasonmessage|error text|texte de l'erreur|texte d'erreur|msg/@text|error message"
    "|message d'erreur|libellé de l'erreur",
}
SHARED = {**CONTACT_COLUMNS, **DELIVERY_COLUMNS, **CAMPAIGN_COLUMNS, **CHANNEL_COLUMNS, **REASON_COLUMNS}
LOG_NAMES = names_of(
    {
        "id": f"{PRIMARY_KEY}|broadlogid|broadlog-id|broadlog|delivery log id|@id",
        "status": "statut|état|state|delivery status|statut de la diffusion",
        "modified": MODIFIED,
        "event_date": "event date|eventdate|date de l'événement|date d'événement|date|sent on|sending date"
        "|date d'envoi",
        **SHARED,
        **TEST_COLUMNS,
    }
)
EXCLUSION_NAMES = names_of(
    {
        "id": f"{PRIMARY_KEY}|exclude log id|@id",
        "event_date": "exclusion date|date d'exclusion|event date|eventdate|date de l'événement|date"
        "|log date|date du log",
        "modified": MODIFIED,
        "rule": "typology rule|règle de typologie|typologyrule|exclusion rule|règle d'exclusion",
        **SHARED,
        "reason": f"{REASON_COLUMNS['reason']}|exclusion reason|raison d'exclusion|cause d'exclusion"
        "|raison de l'exclusion",
    }
)


def decode_log_row(frame: Frame, settings: Settings) -> Iterator[Record | Rejected]:
    """One status of one message. Raises: DecodeError."""
    row = Row(frame.value, settings, LOG_NAMES)
    word = row.need("status")
    status = STATUSES.get(fold(settings.columns.get(f"status={word}", word)))
    if status is None:
        yield Rejected(raw=frame.raw, reason="kept as other: a status that is not known", place=frame.place)
    kind = STATUS_KINDS.get(status or "", EventKind.OTHER)
    raw_time, told = _row_of(row, settings)
    key = _primary_key(row, told)
    reason = reason_of(row.text("reason"))
    bounce_class = None
    if kind is EventKind.BOUNCED:
        bounce_class = CLASS_BY_REASON.get(reason.code, BounceClass.OTHER) if reason else BounceClass.OTHER
    event = Event(
        **told,
        key=("broadlog", key, status or fold(word), raw_time),
        has_id=True,
        kind=kind,
        type=word,
        bounce_class=bounce_class,
        message=key,
        message_id=key,
        test=bool(truth_of(row.text("proof")) or truth_of(row.text("seed"))),
    )
    yield event
    if kind is EventKind.BOUNCED and reason is not None and reason.code == COMPLAINT:
        yield Event(
            **told,
            key=("complaint", key, raw_time),
            has_id=True,
            kind=EventKind.COMPLAINED,
            type=word,
            message=key,
            message_id=key,
            test=event.test,
        )


def decode_exclusion(frame: Frame, settings: Settings) -> Iterator[Record | Rejected]:
    """One contact left out of one delivery before sending. Raises: DecodeError."""
    row = Row(frame.value, settings, EXCLUSION_NAMES)
    raw_time, told = _row_of(row, settings)
    key, rule = id_of(row.raw("id")), row.text("rule")
    delivery = told["delivery"].key if told["delivery"] else ""
    contact = contact_of(row, told["channel"]).key
    if not delivery or not contact:
        raise DecodeError("an exclusion without delivery or recipient")
    yield Event(
        **{**told, "reason": told["reason"] or rule, "name": rule},
        key=("exclusion", key) if key else ("exclusion", delivery, contact, told["reason"] or "", raw_time),
        has_id=key is not None,
        kind=EventKind.EXCLUDED,
        type="exclusion",
        message=f"excluded {delivery} {contact}",
    )


def _row_of(row: Row, settings: Settings) -> tuple[str, dict[str, Any]]:
    """The time as written, and what both logs tell, as fields of an Event."""
    raw_time, moment = time_of(row, settings, "modified", "event_date")
    channel = channel_of(row.text("channel"), row.text("address"))
    reason = row.text("reason")
    known = reason_of(reason)
    kept = {name: text for name in ("failure_type", "description") if (text := row.text(name))}
    if reason and known and reason != known.label:
        kept["failure_reason"] = reason
    return raw_time, {
        "product": PRODUCT,
        "account": settings.account,
        "at_ms": moment.at_ms,
        "key_ms": moment.key_ms,
        "channel": channel,
        "identities": contact_of(row, channel).identities,
        "delivery": delivery_of(row),
        "campaign": campaign_of(row),
        "reason": known.label if known else reason,
        "fields": {**kept, **row.rest},
    }


def _primary_key(row: Row, told: dict[str, Any]) -> str:
    """The row's primary key; where it is not exported, delivery and recipient, of which there is one."""
    key = id_of(row.raw("id"))
    if key:
        return key
    contact = contact_of(row, told["channel"]).key
    if told["delivery"] is None or not contact:
        raise DecodeError("no primary key")
    return f"{told['delivery'].key} {contact}"

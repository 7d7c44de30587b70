"""Brevo: its webhooks, the answers of its events API, and the exports of its logs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from backend.feeds.brevo import blocked, contacts, event_log, log_csv, scenario_log
from backend.feeds.brevo.blocked import blocked_contacts, decode_blocked, is_blocked
from backend.feeds.brevo.contacts import decode_contact_row
from backend.feeds.brevo.event_log import decode_event_row
from backend.feeds.brevo.log_csv import decode_log_row
from backend.feeds.brevo.scenario_log import decode_scenario_row
from backend.feeds.brevo.webhooks import MESSAGE_ID_FIELDS, decode_events_answer, decode_webhook
from backend.feeds.brevo.words import PRODUCT, email_meaning
from backend.feeds.columns import LIKELY, SURE, judge_columns
from backend.feeds.format import Decode, Format, Framing, Recognise, Sample
from backend.model import EventKind

__all__ = ["FORMATS"]

_CONTACT_WORDS = frozenset({"list_addition", "contact_updated", "contact_deleted"})


def _is_marketing(body: Mapping[str, Any]) -> bool:
    if "event" not in body or "email" not in body:
        return False
    return (
        "camp_id" in body
        or "campaign name" in body
        or email_meaning(str(body["event"])).word in _CONTACT_WORDS
    )


def _is_transactional(body: Mapping[str, Any]) -> bool:
    if "event" not in body or "email" not in body or _is_marketing(body):
        return False
    is_timed = any(name in body for name in ("ts_epoch", "ts_event", "ts"))
    is_message = any(name in body for name in MESSAGE_ID_FIELDS)
    is_known = email_meaning(str(body["event"])).kind != EventKind.OTHER
    return is_timed and (is_message or is_known)


def _is_sms(body: Mapping[str, Any]) -> bool:
    return "msg_status" in body and "to" in body


def _is_webhook(body: Mapping[str, Any]) -> bool:
    return _is_transactional(body) or _is_marketing(body) or _is_sms(body)


def _is_api_row(body: Mapping[str, Any]) -> bool:
    if not {"event", "date"} <= body.keys() or {"ts_epoch", "ts_event", "ts"} & body.keys():
        return False
    return "phoneNumber" in body or ("email" in body and "messageId" in body)


def _bodies(sample: Sample) -> list[Mapping[str, Any]]:
    """The objects of a sample, those of batches and wrappers taken out."""
    bodies: list[Mapping[str, Any]] = []
    for frame in sample.frames:
        value = frame.value
        if isinstance(value, dict) and isinstance(value.get("events"), list):
            value = value["events"]
        value = blocked_contacts(value)
        bodies += [part for part in (value if isinstance(value, list) else [value]) if isinstance(part, dict)]
    return bodies


def _share(test: Callable[[Mapping[str, Any]], bool]) -> Recognise:
    """Recognises by the share of the sample's objects that pass."""

    def recognise(sample: Sample) -> float:
        bodies = _bodies(sample)
        return SURE * sum(map(test, bodies)) / len(bodies) if bodies else 0.0

    return recognise


def _recognise_webhook(sample: Sample) -> float:
    """Transactional bodies for sure; likely also where an endpoint took all three kinds of webhooks."""
    return max(_share(_is_transactional)(sample), LIKELY / SURE * _share(_is_webhook)(sample))


def _columns(
    names: Mapping[str, str],
    certain: Collection[str],
    needed: Collection[Collection[str]],
    unlike: Collection[str] = (),
) -> Recognise:
    """Recognises rows of CSV, or objects with the same fields, as `judge_columns` does."""
    judge = judge_columns(names, certain, needed, unlike)

    def recognise(sample: Sample) -> float:
        if sample.framing is Framing.CSV:
            return judge(sample.header)
        bodies = _bodies(sample)
        return sum(judge(body.keys()) for body in bodies) / len(bodies) if bodies else 0.0

    return recognise


_recognise_log = _columns(log_csv.NAMES, ("st_text", "mid"), (("st_text",), ("ts",), ("email",), ("mid",)))
_recognise_scenario_log = _columns(
    scenario_log.NAMES,
    ("message", "scenario_name", "user_email"),
    (("scenario_name",), ("date",), ("user_email", "contact_id"), ("message", "workflow_points")),
    unlike=("record", "sib_type"),
)
_recognise_event_log = _columns(
    event_log.NAMES,
    ("sib_type", "created_at"),
    (("sib_type", "type"), ("created_at",), ("email_id", "contact_id"), ("sib_type", "ip", "name")),
    unlike=("record", "scenario_name", "workflow_points", "message", "st_text"),
)
_recognise_contacts = _columns(
    contacts.NAMES,
    ("user_email", "scenario_name", "state"),
    (("email", "contact_id"), ("scenario",), ("entered",), ("step", "step_id", "state")),
    unlike=("record", "message", "type", "workflow_points", "sib_type"),
)


def _recognise_webhook_csv(sample: Sample) -> float:
    """The weekly export of webhooks: their fields as columns."""
    rows = [dict.fromkeys(sample.header)] if not sample.frames else [frame.value for frame in sample.frames]
    return SURE * sum(map(_is_webhook, rows)) / len(rows)


_judge_blocked = judge_columns(
    blocked.NAMES,
    ("email", "reason", "blockedAt"),
    (("email",), ("reason",), ("blocked_at",)),
    unlike=("record", "event", "st_text", "scenario_name"),
)


def _format(
    name: str,
    framing: Framing,
    summary: str,
    gives: str,
    recognise: Recognise,
    decode: Decode,
    zoneless: bool = False,
) -> Format:
    return Format(
        name=name,
        product=PRODUCT,
        framing=framing,
        summary=summary,
        gives=gives,
        zoneless=zoneless,
        recognise=recognise,
        decode=decode,
    )


def _both(name: str, summary: str, gives: str, recognise: Recognise, decode: Decode) -> tuple[Format, Format]:
    """A log that comes as CSV from the console, or as JSON objects with the same fields."""
    return (
        _format(name, Framing.CSV, f"{summary}, CSV", gives, recognise, decode, zoneless=True),
        _format(
            f"{name}-json", Framing.JSON, f"{summary}, JSON objects", gives, recognise, decode, zoneless=True
        ),
    )


FORMATS: tuple[Format, ...] = (
    _format(
        "brevo-webhook",
        Framing.JSON,
        "Transactional webhook bodies as your endpoint received them, single or batched",
        "event log, messages",
        _recognise_webhook,
        decode_webhook,
    ),
    _format(
        "brevo-marketing-webhook",
        Framing.JSON,
        "Marketing webhook bodies as your endpoint received them, single or batched",
        "event log, messages of campaigns",
        _share(_is_marketing),
        decode_webhook,
    ),
    _format(
        "brevo-sms-webhook",
        Framing.JSON,
        "SMS webhook bodies as your endpoint received them",
        "event log, SMS messages",
        _share(_is_sms),
        decode_webhook,
    ),
    _format(
        "brevo-webhook-csv",
        Framing.CSV,
        "Webhook events exported as CSV (POST /v3/webhooks/export)",
        "event log, messages",
        _recognise_webhook_csv,
        decode_webhook,
    ),
    _format(
        "brevo-events",
        Framing.JSON,
        "Answers of GET /v3/smtp/statistics/events or /v3/transactionalSMS/statistics/events",
        "event log, messages",
        _share(_is_api_row),
        decode_events_answer,
    ),
    _format(
        "brevo-log-csv",
        Framing.CSV,
        "Transactional > Logs > export, in any of six languages",
        "event log, messages (without reasons)",
        _recognise_log,
        decode_log_row,
        zoneless=True,
    ),
    *_both(
        "brevo-scenario-log",
        "Automations > Logs > scenario logs > download",
        "scenario log, contacts inside",
        _recognise_scenario_log,
        decode_scenario_row,
    ),
    *_both(
        "brevo-event-log",
        "Automations > Logs > event logs > download",
        "event log, tracking log",
        _recognise_event_log,
        decode_event_row,
    ),
    *_both(
        "brevo-contacts-in-scenario",
        "Automations > Logs > contacts in scenarios",
        "contacts inside",
        _recognise_contacts,
        decode_contact_row,
    ),
    _format(
        "brevo-blocked",
        Framing.JSON,
        "Answers of GET /v3/smtp/blockedContacts",
        "suppressed addresses",
        _share(is_blocked),
        decode_blocked,
    ),
    _format(
        "brevo-blocked-csv",
        Framing.CSV,
        "List of blocked contacts, exported as CSV",
        "suppressed addresses",
        lambda sample: _judge_blocked(sample.header),
        decode_blocked,
    ),
)

"""Brevo's blocked and unsubscribed contacts (GET /v3/smtp/blockedContacts, or the export of that list)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from backend.feeds.brevo.words import PRODUCT
from backend.feeds.columns import Row, names_of
from backend.feeds.fields import each, text_of
from backend.feeds.format import Frame, Settings
from backend.feeds.times import read_time
from backend.record import Identity, Record, Rejected, SuppressionRecord

NAMES = names_of(
    {
        "email": "email address|e-mail|adresse e-mail|adresse email|contact|contact email|recipient",
        "blocked_at": "blockedAt|blocked on|blocked date|date de blocage|bloqué le|date bloqué",
        "reason": "blocked reason|raison|motif|reason for blocking|raison du blocage",
        "sender": "senderEmail|sender email|expéditeur",
    }
)


def blocked_contacts(value: Any) -> Any:
    """The contacts of an answer that wraps them; anything else as it is."""
    if isinstance(value, dict) and isinstance(value.get("contacts"), list):
        return value["contacts"]
    return value


def is_blocked(body: Mapping[str, Any]) -> bool:
    return "email" in body and "blockedAt" in body and "event" not in body


def decode_blocked(frame: Frame, settings: Settings) -> Iterator[Record | Rejected]:
    """A page of blocked contacts, one of them, or a row of the export. Raises: DecodeError."""
    whole = Frame(raw=frame.raw, value=blocked_contacts(frame.value), place=frame.place)
    yield from each(whole, lambda body: _decode(body, settings))


def _decode(body: Mapping[str, Any], settings: Settings) -> Iterator[Record | Rejected]:
    row = Row(body, settings, NAMES)
    since = row.text("blocked_at")
    yield SuppressionRecord(
        product=PRODUCT,
        account=settings.account,
        identity=Identity("email", row.need("email")),
        reason=_reason(row.raw("reason")) or "blocked",
        since_ms=read_time(since, settings.zone).at_ms if since else None,
    )


def _reason(value: Any) -> str | None:
    """Brevo's words with their code, such as "Admin blocked (adminBlocked)"."""
    if not isinstance(value, dict):
        return text_of(value)
    code, message = text_of(value.get("code")), text_of(value.get("message"))
    return f"{message} ({code})" if message and code else message or code

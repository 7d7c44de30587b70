"""Marketo's people (REST answers and bulk extracts): who a lead id is, and whether it may be written to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from backend.errors import DecodeError
from backend.feeds.columns import Row, names_of
from backend.feeds.fields import id_of
from backend.feeds.format import Frame, Settings
from backend.feeds.marketo.pages import each_result
from backend.feeds.marketo.words import PRODUCT, SUSPENDED_MS, TRUE
from backend.feeds.times import read_time
from backend.record import ContactRecord, Identity, Record, Rejected, SuppressionRecord

NAMES = names_of(
    {
        "id": "leadId|lead id|person id|marketo id",
        "email": "email address|emailaddress",
        "created": "createdAt|created at",
        "updated": "updatedAt|updated at",
        "first_name": "firstName|first name",
        "last_name": "lastName|last name",
        "unsubscribed": "",
        "marketing_suspended": "marketingSuspended|marketing suspended",
        "block_listed": "blackListed|black listed|blocklisted|block listed",
        "email_invalid": "emailInvalid|email invalid",
        "email_invalid_cause": "emailInvalidCause|email invalid cause",
        "email_suspended": "emailSuspended|email suspended",
        "email_suspended_at": "emailSuspendedAt|email suspended at",
        "email_suspended_cause": "emailSuspendedCause|email suspended cause",
    }
)
_FLAGS = {
    "unsubscribed": "unsubscribed",
    "marketing_suspended": "marketing suspended",
    "block_listed": "block-listed",
    "email_invalid": "e-mail invalid",
}
_SHOWN = {
    "first_name": "firstName",
    "last_name": "lastName",
    "created": "createdAt",
    "updated": "updatedAt",
}


def decode_page(frame: Frame, settings: Settings) -> Iterator[Record | Rejected]:
    """A page of people, or one. Raises: DecodeError."""
    yield from each_result(frame, lambda body: _decode(body, settings))


def decode_extract_row(frame: Frame, settings: Settings) -> Iterator[Record | Rejected]:
    """A row of a bulk extract. Raises: DecodeError."""
    yield from _decode(frame.value, settings)


def _decode(body: Mapping[str, Any], settings: Settings) -> Iterator[Record | Rejected]:
    row = Row(body, settings, NAMES)
    number, email = id_of(row.raw("id")), row.text("email")
    if number is None:
        raise DecodeError("no id")
    identities = (*((Identity("email", email),) if email else ()), Identity("id", number))
    shown = {own: text for name, own in _SHOWN.items() if (text := row.text(name))}
    yield ContactRecord(
        product=PRODUCT, account=settings.account, identities=identities, fields={**shown, **row.rest}
    )
    for name, reason in _FLAGS.items():
        if _is_true(row, name):
            cause = row.text(f"{name}_cause")
            yield SuppressionRecord(
                product=PRODUCT,
                account=settings.account,
                identity=identities[0],
                reason=f"{reason}: {cause}" if cause else reason,
            )
    since = row.text("email_suspended_at")
    if _is_true(row, "email_suspended") and since:
        at_ms = read_time(since, settings.zone).at_ms
        cause = row.text("email_suspended_cause")
        yield SuppressionRecord(
            product=PRODUCT,
            account=settings.account,
            identity=identities[0],
            reason=f"e-mail suspended: {cause}" if cause else "e-mail suspended",
            since_ms=at_ms,
            until_ms=at_ms + SUSPENDED_MS,
        )


def _is_true(row: Row, name: str) -> bool:
    return (row.text(name) or "").lower() in TRUE

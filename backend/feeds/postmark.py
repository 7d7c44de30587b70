"""Postmark's webhooks: one body an event, its fields named by its record type.

A suppression that a bounce or a complaint brings about is posted beside that bounce or complaint: two
formats, so that the fact counts once.
"""

from __future__ import annotations

from collections.abc import Iterator

from backend.errors import DecodeError
from backend.feeds.format import Format, Frame, Settings
from backend.feeds.sending import (
    Body,
    Meaning,
    best_ref,
    clock,
    first_text,
    mail_event,
    object_of,
    part_of,
    rest_of,
    share,
    webhook,
    word_of,
)
from backend.record import NamedBy, Record

PRODUCT = "postmark"
WEBHOOK, SUBSCRIPTION = "postmark-webhook", "postmark-subscription"

MEANINGS: dict[str, Meaning] = {
    "Delivery": Meaning.DELIVERED,
    "Open": Meaning.OPENED,
    "Click": Meaning.CLICKED,
}
BOUNCES: dict[str, Meaning] = {
    "HardBounce": Meaning.HARD,
    "BadEmailAddress": Meaning.HARD,
    "SoftBounce": Meaning.SOFT,
    "Transient": Meaning.DEFERRED,
    "DnsError": Meaning.DEFERRED,
    "Blocked": Meaning.IGNORED,
    "DMARCPolicy": Meaning.IGNORED,
    "SpamNotification": Meaning.IGNORED,
    "VirusNotification": Meaning.IGNORED,
    "ManuallyDeactivated": Meaning.EXCLUDED,
    "Unconfirmed": Meaning.EXCLUDED,
    "AutoResponder": Meaning.OTHER,
    "AddressChange": Meaning.OTHER,
    "ChallengeVerification": Meaning.OTHER,
    "OpenRelayTest": Meaning.OTHER,
    "SMTPApiError": Meaning.ERROR,
    "TemplateRenderingFailed": Meaning.ERROR,
    "InboundError": Meaning.ERROR,
    "Unsubscribe": Meaning.UNSUBSCRIBED,
    "ManualSuppression": Meaning.UNSUBSCRIBED,
    "Subscribe": Meaning.SUBSCRIBED,
    "SpamComplaint": Meaning.COMPLAINED,
}
"""What a bounce stands for, by its `Type`."""
SUPPRESSIONS: dict[str, Meaning] = {
    "HardBounce": Meaning.HARD,
    "SpamComplaint": Meaning.COMPLAINED,
    "ManualSuppression": Meaning.UNSUBSCRIBED,
}
"""What a suppression stands for, by its `SuppressionReason`."""

TIMES = ("BouncedAt", "DeliveredAt", "ReceivedAt", "ChangedAt")
NO_MESSAGE = "00000000-0000-0000-0000-000000000000"
_BOUNCE_RECORDS = ("Bounce", "SpamComplaint")
_CHANGE = "SubscriptionChange"
_PLACED = frozenset(
    {"RecordType", "MessageID", "Email", "Recipient", "Tag", "Subject", "Metadata", "OriginalLink", *TIMES}
    | {"UserAgent", "SuppressionReason", "Content"}
)


def decode(frame: Frame, settings: Settings) -> Iterator[Record]:
    """The one event in a body, of whichever record type."""
    body = object_of(frame)
    record = word_of(body, "RecordType")
    message_id = first_text(body, "MessageID")
    subject = first_text(body, "Subject")
    yield mail_event(
        PRODUCT,
        settings,
        _word(body, record),
        _meaning(body, record),
        at=clock(body, *TIMES),
        email=first_text(body, "Email", "Recipient"),
        message_id=None if message_id == NO_MESSAGE else message_id,
        event_id=first_text(body, "ID") if record in _BOUNCE_RECORDS else None,
        url=first_text(body, "OriginalLink"),
        delivery=best_ref(
            (NamedBy.TAG, first_text(body, "Tag", "MessageStream")), (NamedBy.SUBJECT, subject)
        ),
        reason=_reason(body, record),
        name=subject,
        ip=first_text(part_of(body, "Geo"), "IP"),
        user_agent=first_text(body, "UserAgent"),
        format=SUBSCRIPTION if record == _CHANGE else WEBHOOK,
        fields=rest_of(body, _PLACED),
        data=part_of(body, "Metadata"),
    )


def _meaning(body: Body, record: str) -> Meaning:
    if record == _CHANGE:
        suppressed = body.get("SuppressSending")
        if not isinstance(suppressed, bool):
            raise DecodeError("no SuppressSending")
        reason = first_text(body, "SuppressionReason") or ""
        return SUPPRESSIONS.get(reason, Meaning.UNSUBSCRIBED) if suppressed else Meaning.SUBSCRIBED
    if record in _BOUNCE_RECORDS:
        unknown = Meaning.COMPLAINED if record == "SpamComplaint" else Meaning.UNCLASSED
        return BOUNCES.get(first_text(body, "Type") or "", unknown)
    return MEANINGS.get(record, Meaning.OTHER)


def _word(body: Body, record: str) -> str:
    """A bounce is called by its type, which says more than that it is one."""
    return (first_text(body, "Type") if record in _BOUNCE_RECORDS else None) or record


def _reason(body: Body, record: str) -> str | None:
    if record == _CHANGE:
        return first_text(body, "SuppressionReason")
    return first_text(body, "Description", "Name", "Details") if record in _BOUNCE_RECORDS else None


def _is_change(body: Body) -> bool:
    return body.get("RecordType") == _CHANGE and "SuppressSending" in body


def _is_event(body: Body) -> bool:
    return (
        body.get("RecordType") in (*MEANINGS, *_BOUNCE_RECORDS)
        and bool(body.keys() & set(TIMES))
        and "MessageID" in body
    )


def _is_any(body: Body) -> bool:
    return _is_event(body) or _is_change(body)


FORMATS: tuple[Format, ...] = (
    webhook(
        PRODUCT,
        WEBHOOK,
        "Delivery, bounce, open, click and complaint webhook bodies as your endpoint received them",
        share(_is_event, _is_any),
        decode,
    ),
    webhook(
        PRODUCT,
        SUBSCRIPTION,
        "Subscription change webhook bodies as your endpoint received them",
        share(_is_change, _is_any),
        decode,
        gives="event log: unsubscribes, suppressions",
    ),
)

"""Mandrill's webhooks: form posts whose one field, `mandrill_events`, is an array of events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from backend.errors import DecodeError
from backend.feeds.format import Format, Frame, Framing, Sample, Settings
from backend.feeds.sending import (
    SURE,
    Body,
    Meaning,
    best_ref,
    clock,
    first_of,
    first_text,
    mail_event,
    part_of,
    rest_of,
    share,
    webhook,
    word_of,
    words,
)
from backend.record import Event, NamedBy, Record

PRODUCT = "mandrill"
WEBHOOK = "mandrill-webhook"
FIELD = "mandrill_events"

MEANINGS: dict[str, Meaning] = {
    "send": Meaning.SENT,
    "delivered": Meaning.DELIVERED,
    "deferral": Meaning.DEFERRED,
    "hard_bounce": Meaning.HARD,
    "soft_bounce": Meaning.SOFT,
    "reject": Meaning.EXCLUDED,
    "open": Meaning.OPENED,
    "click": Meaning.CLICKED,
    "spam": Meaning.COMPLAINED,
    "unsub": Meaning.UNSUBSCRIBED,
}
LISTS = ("whitelist", "blacklist")
"""Changes of Mandrill's lists: about an address, and about no message."""

_PLACED = frozenset({"event", "_id", "ts", "msg", "url", "ip", "user_agent"})
_MESSAGE_PLACED = words(
    "_id email subject template tags metadata bounce_description ts opens clicks smtp_events resends"
)
_LIST_TIMES = ("last_event_at", "created_at")


def decode(frame: Frame, settings: Settings) -> Iterator[Record]:
    """The one event in an element of a body."""
    value = frame.value
    body = value.get(FIELD, value) if isinstance(value, dict) else value
    if not isinstance(body, dict):
        raise DecodeError(f"no array in {FIELD}" if isinstance(body, list) else "not a JSON object")
    yield _list_change(body, settings) if body.get("type") in LISTS else _event(body, settings)


def _event(body: Body, settings: Settings) -> Event:
    word = word_of(body, "event")
    meaning = MEANINGS.get(word, Meaning.OTHER)
    message = part_of(body, "msg")
    subject = first_text(message, "subject")
    return mail_event(
        PRODUCT,
        settings,
        word,
        meaning,
        at=clock(body, "ts"),
        email=first_text(message, "email"),
        message_id=first_text(message, "_id") or first_text(body, "_id"),
        url=first_text(body, "url"),
        delivery=best_ref(
            (NamedBy.ID, first_text(message, "template")),
            (NamedBy.TAG, first_of(message.get("tags"))),
            (NamedBy.SUBJECT, subject),
        ),
        reason=_reason(message, meaning),
        name=subject,
        ip=first_text(body, "ip"),
        user_agent=first_text(body, "user_agent"),
        format=WEBHOOK,
        fields=rest_of(body, _PLACED) | rest_of(message, _MESSAGE_PLACED),
        data=part_of(message, "metadata"),
    )


def _reason(message: Body, meaning: Meaning) -> str | None:
    """Why it did not arrive; messages that did may carry the diagnosis of an earlier try."""
    if meaning not in (Meaning.DEFERRED, Meaning.HARD, Meaning.SOFT, Meaning.EXCLUDED):
        return None
    told = first_text(part_of(message, "reject"), "reason")
    return told or first_text(message, "bounce_description", "diag") or _last_diagnosis(message)


def _last_diagnosis(message: Body) -> str | None:
    tries: Any = message.get("smtp_events")
    last = tries[-1] if isinstance(tries, list) and tries else None
    return first_text(last, "diag") if isinstance(last, dict) else None


def _list_change(body: Body, settings: Settings) -> Event:
    word, action = word_of(body, "type"), first_text(body, "action") or ""
    entry = part_of(body, "reject") or part_of(body, "entry")
    times = {name: entry.get(name) for name in _LIST_TIMES} | {"ts": body.get("ts")}
    at, email = clock(times, "ts", *_LIST_TIMES), first_text(entry, "email")
    return mail_event(
        PRODUCT,
        settings,
        f"{word} {action}".strip(),
        Meaning.OTHER,
        at=at,
        email=email,
        message_id=None,
        channel=None,
        reason=first_text(entry, "reason"),
        format=WEBHOOK,
        fields=rest_of(entry, ("email", "reason")),
    )


def _recognise_form(sample: Sample) -> float:
    return SURE if FIELD in sample.header else 0.0


def _is_event(body: Body) -> bool:
    if body.get("type") in LISTS:
        return "reject" in body or "entry" in body
    return {"event", "ts", "msg"} <= body.keys()


FORMATS: tuple[Format, ...] = (
    webhook(
        PRODUCT,
        WEBHOOK,
        "Webhook bodies as your endpoint received them: form posts with mandrill_events",
        _recognise_form,
        decode,
        framing=Framing.FORM,
    ),
    webhook(
        PRODUCT,
        "mandrill-webhook-json",
        "The arrays that were in mandrill_events",
        share(_is_event),
        decode,
    ),
)

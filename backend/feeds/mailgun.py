"""Mailgun's webhooks: JSON with the event in `event-data`, and the form posts of before 2018.

Mailgun's own event ids are unique within a day only, so the token of a post is its id. In the older
posts the sender's variables stand among Mailgun's own fields, under the same names if it so happens: the
last timestamp, token and signature are Mailgun's, and of everything else the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from email.utils import parseaddr
from typing import Any

from backend.errors import DecodeError
from backend.feeds.fields import bare_message_id
from backend.feeds.format import Format, Frame, Framing, Sample, Settings
from backend.feeds.intake import parse_json
from backend.feeds.sending import (
    SURE,
    Body,
    Meaning,
    best_ref,
    clock,
    first_of,
    first_text,
    mail_event,
    object_of,
    part_of,
    rest_of,
    share,
    webhook,
    word_of,
    words,
)
from backend.record import NamedBy, Record, Ref

PRODUCT = "mailgun"

MEANINGS: dict[str, Meaning] = {
    "accepted": Meaning.SENT,
    "delivered": Meaning.DELIVERED,
    "opened": Meaning.OPENED,
    "clicked": Meaning.CLICKED,
    "unsubscribed": Meaning.UNSUBSCRIBED,
    "complained": Meaning.COMPLAINED,
    "rejected": Meaning.ERROR,
}
FAILURES = ("failed", "bounced", "dropped")
"""Words whose meaning severity, reason and code decide."""
SUPPRESSED = "suppress-"
SUPPRESSED_CODES = frozenset({"605", "606", "607"})
"""Mailgun's own codes: not even tried, since the address bounced, unsubscribed or complained before."""
GAVE_UP_CODES = frozenset({"499"})
"""Never connected: says nothing lasting of the address."""
GAVE_UP = "old"
"""The reason of what was tried for too long."""

_SIGNED = ("timestamp", "token", "signature")
_EVENT_PLACED = words(
    "event id timestamp recipient reason tags campaigns user-variables message delivery-status url ip "
    "template reject client-info"
)
_FORM_FIELDS = words(
    "event recipient domain ip country region city user-agent device-type client-type client-name client- "
    "os campaign-id campaign-name tag mailing-list url code error reason description notification "
    "message-headers Message-Id message-id X-Mailgun-Sid X-Mailgun-Tag X-Mailgun-Variables body-plain "
    "attachment-count timestamp token signature"
)
"""Mailgun's own fields of the older posts; any other is the sender's own variable."""
_FORM_PLACED = words(
    "event recipient ip user-agent campaign-id campaign-name url reason message-headers Message-Id "
    "message-id timestamp token signature body-plain"
)


def decode(frame: Frame, settings: Settings) -> Iterator[Record]:
    """The one event in a body, or in the event-data that was taken out of one."""
    post = object_of(frame)
    body = part_of(post, "event-data") or post
    word = word_of(body, "event")
    message, status = part_of(body, "message", "headers"), part_of(body, "delivery-status")
    code, reason = first_text(status, "code") or "", first_text(body, "reason") or ""
    at = clock(body, "timestamp")
    email = first_text(body, "recipient") or parseaddr(first_text(message, "to") or "")[1] or None
    message_id, url = bare_message_id(first_text(message, "message-id")), first_text(body, "url")
    token, subject = first_text(part_of(post, "signature"), "token"), first_text(message, "subject")
    campaign = _campaign(body)
    client = part_of(body, "client-info")
    content = ("content", word, first_text(body, "id") or "", message_id or "", email or "", at[0], url or "")
    yield mail_event(
        PRODUCT,
        settings,
        word,
        _meaning(word, first_text(body, "severity") or "", reason, code),
        at=at,
        email=email,
        message_id=message_id,
        event_id=token,
        url=url,
        key=("token", token) if token else content,
        machine=first_text(client, "bot") is not None,
        test=part_of(body, "flags").get("is-test-mode") is True,
        delivery=best_ref(
            (NamedBy.ID, first_text(part_of(body, "template"), "name")),
            (NamedBy.CAMPAIGN, campaign.key if campaign else None),
            (NamedBy.TAG, first_of(body.get("tags"))),
            (NamedBy.SUBJECT, subject),
        ),
        campaign=campaign,
        reason=reason or first_text(part_of(body, "reject"), "reason"),
        name=subject,
        ip=first_text(body, "ip"),
        user_agent=first_text(client, "user-agent"),
        fields=rest_of(body, _EVENT_PLACED)
        | rest_of({"delivery-status": status, "client-info": rest_of(client, ("user-agent",))}, ()),
        data=part_of(body, "user-variables"),
    )


def _campaign(body: Body) -> Ref | None:
    campaigns: Any = body.get("campaigns")
    first = campaigns[0] if isinstance(campaigns, list) and campaigns else None
    if isinstance(first, dict):
        return _campaign_ref(first_text(first, "id"), first_text(first, "name"))
    return _campaign_ref(first_of(first), None)


def _campaign_ref(key: str | None, name: str | None) -> Ref | None:
    if key:
        return Ref(key, NamedBy.ID, name or "")
    return Ref(name, NamedBy.NAME, name) if name else None


def _meaning(word: str, severity: str, reason: str, code: str) -> Meaning:
    if word not in FAILURES:
        return MEANINGS.get(word, Meaning.OTHER)
    if reason.startswith(SUPPRESSED) or code in SUPPRESSED_CODES:
        return Meaning.EXCLUDED
    if severity == "temporary":
        return Meaning.DEFERRED
    if reason == GAVE_UP or code in GAVE_UP_CODES or (word == "bounced" and code.startswith("4")):
        return Meaning.SOFT
    if word == "dropped" and reason != "hardfail":
        return Meaning.EXCLUDED
    return Meaning.HARD


def decode_form(frame: Frame, settings: Settings) -> Iterator[Record]:
    """The one event in a form post."""
    body = _unmixed(object_of(frame))
    word = word_of(body, "event")
    reason, code = first_text(body, "reason") or "", first_text(body, "code") or ""
    token = first_text(body, "token")
    campaign = _campaign_ref(first_text(body, "campaign-id"), first_text(body, "campaign-name"))
    subject = _subject(first_text(body, "message-headers"))
    yield mail_event(
        PRODUCT,
        settings,
        word,
        _meaning(word, "", reason, code),
        at=clock(body, "timestamp"),
        email=first_text(body, "recipient"),
        message_id=bare_message_id(first_text(body, "Message-Id", "message-id")),
        event_id=token,
        url=first_text(body, "url"),
        **({"key": ("form token", token)} if token else {}),
        delivery=best_ref(
            (NamedBy.CAMPAIGN, campaign.key if campaign else None),
            (NamedBy.TAG, first_text(body, "tag", "X-Mailgun-Tag")),
            (NamedBy.SUBJECT, subject),
        ),
        campaign=campaign,
        reason=reason or first_text(body, "description", "error", "notification"),
        name=subject,
        ip=first_text(body, "ip"),
        user_agent=first_text(body, "user-agent"),
        fields=rest_of({name: body[name] for name in body if name in _FORM_FIELDS}, _FORM_PLACED),
        data=rest_of(body, _FORM_FIELDS),
    )


def _unmixed(form: Mapping[str, Any]) -> dict[str, str]:
    """Mailgun's value of each field. Raises: DecodeError where this is no form."""
    body: dict[str, str] = {}
    for name, texts in form.items():
        if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
            raise DecodeError("not a form post")
        body[name] = texts[-1] if name in _SIGNED else texts[0]
    return body


def _subject(headers: str | None) -> str | None:
    """The subject among a message's headers, a JSON array of [name, value]."""
    if headers is None:
        return None
    try:
        pairs = parse_json(headers.encode())
    except DecodeError:
        return None
    for pair in pairs if isinstance(pairs, list) else ():
        if isinstance(pair, list) and len(pair) == 2 and str(pair[0]).casefold() == "subject":
            return first_of(pair[1])
    return None


def _is_event(body: Body) -> bool:
    event = part_of(body, "event-data")
    if event:
        return {"event", "timestamp"} <= event.keys()
    return {"event", "timestamp", "message", "log-level"} <= body.keys()


def _recognise_form(sample: Sample) -> float:
    return SURE if {"event", *_SIGNED} <= set(sample.header) else 0.0


FORMATS: tuple[Format, ...] = (
    webhook(
        PRODUCT,
        "mailgun-webhook",
        "Webhook bodies as your endpoint received them (JSON with event-data)",
        share(_is_event),
        decode,
    ),
    webhook(
        PRODUCT,
        "mailgun-form",
        "Older webhook bodies as your endpoint received them (form posts)",
        _recognise_form,
        decode_form,
        framing=Framing.FORM,
    ),
)

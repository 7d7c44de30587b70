"""What the mail senders' webhooks share: words and what they mean, people, messages, how a format is told.

Each sender's own module holds its tables as data and reads its own fields; nothing here knows a sender.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import UTC
from enum import Enum
from typing import Any

from backend.errors import DecodeError
from backend.feeds.fields import message_key, text_of
from backend.feeds.format import Decode, Format, Frame, Framing, Recognise, Sample, Settings
from backend.feeds.times import read_time
from backend.model import BounceClass, Channel, EventKind
from backend.record import Event, Identity, NamedBy, Ref

SURE, LIKELY = 0.95, 0.6

Body = Mapping[str, Any]


class Meaning(Enum):
    """What a sender's word stands for: a kind and, of bounces, a class."""

    OTHER = (EventKind.OTHER, None)
    SENT = (EventKind.SENT, None)
    DELIVERED = (EventKind.DELIVERED, None)
    DEFERRED = (EventKind.DEFERRED, None)
    EXCLUDED = (EventKind.EXCLUDED, None)
    ERROR = (EventKind.ERROR, None)
    HARD = (EventKind.BOUNCED, BounceClass.HARD)
    SOFT = (EventKind.BOUNCED, BounceClass.SOFT)
    IGNORED = (EventKind.BOUNCED, BounceClass.IGNORED)
    UNCLASSED = (EventKind.BOUNCED, BounceClass.OTHER)
    OPENED = (EventKind.OPENED, None)
    CLICKED = (EventKind.CLICKED, None)
    COMPLAINED = (EventKind.COMPLAINED, None)
    UNSUBSCRIBED = (EventKind.UNSUBSCRIBED, None)
    SUBSCRIBED = (EventKind.SUBSCRIBED, None)


REACTIONS = frozenset({Meaning.OPENED, Meaning.CLICKED, Meaning.UNSUBSCRIBED, Meaning.SUBSCRIBED})
"""What people do: of these alone an address in the record is the caller's, not a mail server's (R42)."""


def mail_event(
    product: str,
    settings: Settings,
    word: str,
    meaning: Meaning,
    *,
    at: tuple[str, int],
    email: str | None,
    message_id: str | None,
    event_id: str | None = None,
    url: str | None = None,
    **more: Any,
) -> Event:
    """A row about a mail, with what all senders' rows have in common; `more` are further fields of Event.

    at: as `clock` gives it. event_id: the sender's own id of the event; without one, or a key among `more`,
    the content is the key, the time in it as raw text.
    """
    raw_time, at_ms = at
    kind, bounce_class = meaning.value
    content = ("content", word, message_id or "", email or "", raw_time, url or "")
    common = {
        "key": ("event", event_id) if event_id else content,
        "has_id": event_id is not None,
        "channel": Channel.EMAIL,
        "identities": email_of(email),
        "message": message_key(message_id, email) if message_id else None,
        "message_id": message_id,
        "url": url,
    }
    return Event(
        product=product,
        account=settings.account,
        at_ms=at_ms,
        kind=kind,
        type=word,
        bounce_class=bounce_class,
        **{**common, **more},
    )


def words(text: str) -> frozenset[str]:
    """The words of a text: names of fields, written as a table."""
    return frozenset(text.split())


def object_of(frame: Frame) -> Body:
    """The frame's JSON object. Raises: DecodeError."""
    if not isinstance(frame.value, dict):
        raise DecodeError("not a JSON object")
    return frame.value


def part_of(body: Body, *names: str) -> Body:
    """The object below the names; {} where there is none."""
    value: Any = body
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def word_of(body: Body, name: str) -> str:
    """The sender's own word for what happened. Raises: DecodeError."""
    word = text_of(body.get(name))
    if word is None:
        raise DecodeError(f"no {name}")
    return word


def first_text(body: Body, *names: str) -> str | None:
    """The first of the fields that says something, as text."""
    for name in names:
        text = text_of(body.get(name))
        if text is not None and text.strip():
            return text.strip()
    return None


def first_of(value: Any) -> str | None:
    """The first text of a list, or a text that stands alone."""
    for part in value if isinstance(value, list) else [value]:
        text = text_of(part)
        if text is not None and text.strip():
            return text.strip()
    return None


def clock(body: Body, *names: str) -> tuple[str, int]:
    """The raw text of the first time that is told, which enters keys, and its milliseconds.

    Senders write UTC or tell the zone, so --tz has no say. Raises: DecodeError.
    """
    raw = first_text(body, *names)
    return raw or "", read_time(raw, UTC).at_ms


def email_of(address: str | None) -> tuple[Identity, ...]:
    return (Identity("email", address),) if address else ()


def best_ref(*told: tuple[NamedBy, str | None]) -> Ref | None:
    """The delivery by the first name that is told."""
    for by, key in told:
        if key:
            return Ref(key, by, "" if by is NamedBy.ID else key)
    return None


def rest_of(body: Body, placed: Collection[str]) -> dict[str, Any]:
    """What says something and has no place of its own."""
    return {
        name: value
        for name, value in body.items()
        if name not in placed and value is not None and value != "" and value != [] and value != {}
    }


def webhook(
    product: str,
    name: str,
    summary: str,
    recognise: Recognise,
    decode: Decode,
    *,
    framing: Framing = Framing.JSON,
    gives: str = "event log, tracking log, messages",
) -> Format:
    """The format of a sender's webhook bodies."""
    return Format(
        name=name,
        product=product,
        framing=framing,
        summary=summary,
        gives=gives,
        recognise=recognise,
        decode=decode,
    )


def share(test: Callable[[Body], bool], of_family: Callable[[Body], bool] | None = None) -> Recognise:
    """Recognises by the share of the sample's objects that pass.

    of_family: what formats of one sender that read each other's bodies have in common; where they are
    mixed in a feed, the one that most bodies are of is taken.
    """

    def recognise(sample: Sample) -> float:
        bodies = [frame.value for frame in sample.frames if isinstance(frame.value, dict)]
        if not bodies:
            return 0.0
        own = sum(map(test, bodies)) / len(sample.frames)
        family = sum(map(of_family, bodies)) / len(sample.frames) if of_family and own else 0.0
        return max(SURE * own, LIKELY * family + 0.1 * own)

    return recognise

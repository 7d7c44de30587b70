"""The export of Brevo's transactional log (Transactional > Logs > export): CSV, labels in the exporter's
language, times without a zone, no reasons for bounces."""

from __future__ import annotations

from collections.abc import Iterator

from backend.feeds.brevo.fields import delivery_of, first_tag, identities
from backend.feeds.brevo.words import PRODUCT, Meaning, label_meaning
from backend.feeds.columns import Row, names_of
from backend.feeds.fields import bare_message_id, message_key
from backend.feeds.format import Frame, Settings
from backend.feeds.times import read_time
from backend.model import Channel, EventKind, Origin
from backend.record import Event, Record, Rejected

NAMES = names_of(
    {
        "st_text": "status|statut|stato|event|evenement",
        "ts": "date|timestamp",
        "sub": "subject|sujet|objet|oggetto|betreff|asunto|assunto",
        "frm": "from|sender|de",
        "email": "to|recipient",
        "tag": "tags",
        "mid": "message_id|message-id",
        "link": "url",
    }
)
ABSENT = "NA"
_ORIGIN_KINDS = frozenset({EventKind.OPENED, EventKind.CLICKED, EventKind.UNSUBSCRIBED})


def decode_log_row(frame: Frame, settings: Settings) -> Iterator[Record | Rejected]:
    """One row of the export. A label of no language that is known gives an event `other` with that label
    as its type, and a note among the rejected records."""
    row = Row({name: cell for name, cell in frame.value.items() if cell != ABSENT}, settings, NAMES)
    label = row.need("st_text")
    email = row.need("email")
    raw_time = row.need("ts")
    moment = read_time(raw_time, settings.zone)
    meaning = label_meaning(label)
    if meaning is None:
        meaning = Meaning(EventKind.OTHER, label)
        yield Rejected(
            raw=frame.raw, reason="kept as other: a label of no language that is known", place=frame.place
        )
    message_id = row.text("mid")
    bare_id = bare_message_id(message_id)
    link, subject = row.text("link"), row.text("sub")
    sender = row.text("frm")
    yield Event(
        product=PRODUCT,
        account=settings.account,
        key=("log", meaning.word, bare_id or "", email, raw_time, link or ""),
        at_ms=moment.at_ms,
        key_ms=moment.key_ms,
        kind=meaning.kind,
        type=label,
        bounce_class=meaning.bounce_class,
        channel=Channel.EMAIL,
        origin=Origin.TRANSACTIONAL if meaning.kind in _ORIGIN_KINDS else None,
        machine=meaning.machine,
        identities=identities(email),
        message=message_key(bare_id, email) if bare_id else None,
        message_id=message_id,
        delivery=delivery_of(None, first_tag(None, row.raw("tag")), subject),
        reason=meaning.reason,
        name=subject,
        url=link,
        fields={**({"frm": sender} if sender else {}), **row.rest},
    )

"""The rows of the tracking log that hits become. Pure."""

from __future__ import annotations

from backend.feeds.campaign.words import OPEN_URL_ID, PRODUCT, URL_KINDS
from backend.model import Channel, EventKind, TrackedLink
from backend.record import Event, Ref
from backend.tracking.bots import is_machine
from backend.tracking.hits import Hit


def event_of(hit: Hit, link: TrackedLink | None, account: str, gap_s: int | None) -> Event:
    """The tracking log row of a hit. link: what the list of tracked URLs, or the message, says of it."""
    tracked = hit.link
    listed = link or TrackedLink(url="")
    url_id, message = str(tracked.url_id), str(tracked.message_id)
    is_open = url_id == OPEN_URL_ID
    kind = EventKind.OPENED if is_open else URL_KINDS.get(listed.type or "", EventKind.CLICKED)
    told = {
        "url_id": url_id,
        "category": listed.category,
        "part": "html" if tracked.is_html else "text",
        **dict(tracked.parameters),
    }
    return Event(
        product=PRODUCT,
        account=account,
        key=hit.key,
        at_ms=hit.at_ms,
        kind=kind,
        type="open" if is_open else listed.type or "email click",
        channel=Channel.EMAIL,
        machine=is_machine(hit),
        gap_s=gap_s,
        message=message,
        message_id=message,
        delivery=Ref(str(tracked.delivery_id)),
        name=listed.label,
        url=None if is_open else listed.url or None,
        ip=hit.ip,
        user_agent=hit.user_agent,
        fields={name: text for name, text in told.items() if text},
    )

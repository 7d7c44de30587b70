"""The HTML of Adobe Campaign's messages: a file for each delivery, its links tracked or not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from html import unescape
from pathlib import PurePath

from backend.errors import DecodeError
from backend.feeds.campaign.tracked_url import decode_tracked_url
from backend.feeds.campaign.words import PRODUCT
from backend.feeds.format import Format, Frame, Framing, Sample, Settings
from backend.feeds.html_frames import HEADER
from backend.record import ContentRecord, Record, Ref, Rejected

_HREF = re.compile(r"""\b(?:href|src)\s*=\s*["']?([^"'\s>]*/r/\?id=[^"'\s>]*)""", re.IGNORECASE)


def recognise(sample: Sample) -> float:
    """HTML with tracked links in it; any other page may be anything."""
    if sample.header != HEADER:
        return 0.0
    return 1.0 if any(_deliveries(frame.value) for frame in sample.frames) else 0.0


def decode_content(frame: Frame, settings: Settings) -> Iterator[Record | Rejected]:
    """The message of the delivery that its tracked links name, else that the file is named after.

    Raises: DecodeError.
    """
    found = _deliveries(frame.value)
    key = str(found.most_common(1)[0][0]) if found else PurePath(frame.place).stem
    if not key:
        raise DecodeError("nothing tells whose message this is")
    yield ContentRecord(product=PRODUCT, account=settings.account, delivery=Ref(key), html=frame.value)


def _deliveries(html: str) -> Counter[int]:
    """The deliveries that tracked links name, and how often."""
    links = (decode_tracked_url(unescape(href)) for href in _HREF.findall(html))
    return Counter(link.delivery_id for link in links if link is not None)


FORMATS: tuple[Format, ...] = (
    Format(
        name="campaign-html",
        product=PRODUCT,
        framing=Framing.HTML,
        summary="Messages of deliveries, an HTML file each, named after it where links are untracked",
        gives="hot clicks",
        recognise=recognise,
        decode=decode_content,
    ),
)

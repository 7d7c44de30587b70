"""The links that Adobe Campaign puts in place of those of a message: `/r/?id=h<message>,<delivery>,<url>`.

The three ids are hexadecimal; `h` or `t` says whether the link stands in the HTML or the text part; what
follows are the personalised parts of the link behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, unquote

import msgspec

_LINK = re.compile(
    r"(?P<server>https?://[^/?#\s]+)?/r/\?id=(?P<part>[ht])(?P<ids>[0-9a-f]{1,16},[0-9a-f]{1,16},[0-9a-f]{1,16})"
    r"(?P<rest>(?:&[^#\s]*)?)(?:#\S*)?",
    re.IGNORECASE,
)


class TrackedUrl(msgspec.Struct, frozen=True, kw_only=True):
    """What a tracked link says. Ids are the primary keys of the three tables, as numbers."""

    server: str = ""
    """Scheme and host, "" where the text begins with the path."""
    is_html: bool = True
    message_id: int
    """The delivery log's row."""
    delivery_id: int
    url_id: int
    parameters: tuple[tuple[str, str], ...] = ()
    """p1 and the others, in order."""


def decode_tracked_url(text: str) -> TrackedUrl | None:
    """None for what is no such link."""
    match = _LINK.fullmatch(text.strip()) if "/r/?id=" in text else None
    if match is None:
        return None
    message, delivery, url = (int(part, 16) for part in match["ids"].split(","))
    return TrackedUrl(
        server=match["server"] or "",
        is_html=match["part"].lower() == "h",
        message_id=message,
        delivery_id=delivery,
        url_id=url,
        parameters=tuple(_parameters(match["rest"])),
    )


def encode_tracked_url(link: TrackedUrl) -> str:
    """The inverse of `decode_tracked_url`."""
    ids = f"{link.message_id:x},{link.delivery_id:x},{link.url_id:x}"
    rest = "".join(f"&{quote(name, safe='')}={quote(value, safe='')}" for name, value in link.parameters)
    return f"{link.server}/r/?id={'h' if link.is_html else 't'}{ids}{rest}"


def _parameters(rest: str) -> Iterable[tuple[str, str]]:
    for pair in rest.split("&"):
        name, is_told, value = pair.partition("=")
        if is_told:
            yield unquote(name), unquote(value)

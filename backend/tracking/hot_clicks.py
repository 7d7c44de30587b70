"""Hot clicks: the message itself as text, each link with its share of all clicks (F104).

The text is made of the HTML by `inscriptis`. Links for opting out and to the mirror page count in the total
and are not marked. Where the message's links are tracked ones, they are told apart by the id of the URL;
else by the address, so two links to one address share what they got.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from backend.feeds.campaign.tracked_url import decode_tracked_url
from backend.feeds.campaign.words import URL_KINDS
from backend.metrics import rate
from backend.model import EventKind, TrackedLink
from backend.numbers import format_percent
from backend.tracking.reactions import Link, LinkCount

MOST_LINKS = 500
MOST_LABEL = 100
MOST_BYTES = 1 << 20
_NUMBER = "data-parcours-link"


class HeatLine(msgspec.Struct, frozen=True):
    """A line of the message. share: of all clicks, of the links on it; None: no link is marked on it."""

    text: str
    clicks: int | None
    share: float | None


def heat_lines(
    html: str, links: Mapping[Link, LinkCount], listed: Mapping[str, TrackedLink] | None = None
) -> list[HeatLine]:
    """The message's lines with the heat of its links; [] for HTML without any text.

    listed: the tracked URLs by key, which tell the links that are not to be marked.
    """
    numbered, hrefs = _number_links(html[:MOST_BYTES])
    if numbered is None:
        return []
    from inscriptis import get_annotated_text
    from inscriptis.model.config import ParserConfig

    rules = {f"a#{_NUMBER}={place}": [str(place)] for place in range(len(hrefs))}
    found = get_annotated_text(numbered, ParserConfig(display_images=True, annotation_rules=rules))
    total = sum(count.rows for count in links.values())
    spans = [
        (start, end, clicks)
        for start, end, place in found.get("label", ())
        if (clicks := _clicks(hrefs[int(place)], links, listed or {})) is not None
    ]
    return _marked(found.get("text", ""), sorted(spans), total)


def _number_links(html: str) -> tuple[str | None, list[str]]:
    """The HTML with its links numbered, and their addresses."""
    from lxml.etree import ParserError
    from lxml.html import document_fromstring, tostring

    try:
        tree = document_fromstring(html)
    except (ParserError, ValueError):
        return None, []
    hrefs: list[str] = []
    for link in tree.iter("a"):
        href = link.get("href")
        if href and len(hrefs) < MOST_LINKS:
            link.set(_NUMBER, str(len(hrefs)))
            hrefs.append(href.strip())
    return tostring(tree, encoding="unicode"), hrefs


def link_texts(html: str) -> dict[str, str]:
    """What the tracked links of a message say, by the key of their URL; the first of each."""
    from lxml.etree import ParserError
    from lxml.html import document_fromstring

    try:
        tree = document_fromstring(html[:MOST_BYTES])
    except (ParserError, ValueError):
        return {}
    told: dict[str, str] = {}
    for link in tree.iter("a"):
        tracked = decode_tracked_url(link.get("href") or "")
        text = " ".join(link.text_content().split())[:MOST_LABEL]
        if tracked is not None and text:
            told.setdefault(str(tracked.url_id), text)
    return told


def _clicks(href: str, links: Mapping[Link, LinkCount], listed: Mapping[str, TrackedLink]) -> int | None:
    """Clicks on a link; None for one that is not marked."""
    tracked = decode_tracked_url(href)
    key = None if tracked is None else str(tracked.url_id)
    told = [link.type for at, link in listed.items() if at == key or (key is None and link.url == href)]
    if any(URL_KINDS.get(type or "", EventKind.CLICKED) is not EventKind.CLICKED for type in told):
        return None
    mine = [
        count
        for link, count in links.items()
        if (link.url_id == key if key is not None else link.url == href)
    ]
    if any(count.kind is not EventKind.CLICKED for count in mine):
        return None
    return sum(count.rows for count in mine)


def _marked(text: str, spans: list[tuple[int, int, int]], total: int) -> list[HeatLine]:
    """Lines of the text with each span's share written behind it."""
    lines: list[HeatLine] = []
    start = 0
    for line in text.split("\n"):
        end = start + len(line)
        inside = [(a, min(b, end), clicks) for a, b, clicks in spans if start <= a < end]
        shown, at = "", start
        for first, last, clicks in inside:
            share = rate(clicks, total)
            mark = "no clicks" if share is None else format_percent(share)
            shown += f"{text[at:first]}[{text[first:last]} {mark}]"
            at = last
        shown = (shown + text[at:end]).rstrip()
        sum_of = sum(clicks for _, _, clicks in inside) if inside else None
        lines.append(HeatLine(shown, sum_of, rate(sum_of, total)))
        start = end + 1
    while lines and not lines[-1].text:
        lines.pop()
    return lines

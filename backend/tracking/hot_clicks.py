"""Hot clicks: the message itself as text, each link with its share of all clicks (F104).

The text is made of the HTML by `inscriptis`. Links for opting out and to the mirror page count in the total
and are not marked. Where the message's links are tracked ones, they are told apart by the id of the URL;
else by the address, so two links to one address share what they got.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from backend.feeds.campaign.tracked_url import decode_tracked_url
from backend.model import EventKind, Span, TrackedLink
from backend.numbers import format_percent
from backend.reports.metrics import rate
from backend.tracking.message_links import UNFOLLOWED, is_click, link_type, parsed
from backend.tracking.reactions import Link, LinkCount

MOST_LINKS = 500
_NUMBER = "data-parcours-link"


class HeatLine(msgspec.Struct, frozen=True):
    """A line of the message. share: of all clicks, of the links on it; None: no link is marked on it."""

    text: str
    clicks: int | None
    share: float | None
    spans: tuple[Span, ...] = ()
    """The links on it, with their shares."""


class Unmarked(msgspec.Struct, frozen=True):
    """What counts in the total and is not drawn: by kind, and clicks on links that the message lacks."""

    opt_out: int = 0
    mirror: int = 0
    elsewhere: int = 0


def heat_lines(
    html: str, links: Mapping[Link, LinkCount], listed: Mapping[str, TrackedLink] | None = None
) -> list[HeatLine]:
    """The message's lines with the heat of its links; [] for HTML without any text.

    listed: the tracked URLs by key, which tell the links that are not to be marked.
    """
    numbered, hrefs = _number_links(html)
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
        if (clicks := _clicks(*hrefs[int(place)], links, listed or {})) is not None
    ]
    return _marked(found.get("text", ""), sorted(spans), total)


def _number_links(html: str) -> tuple[str | None, list[tuple[str, str | None]]]:
    """The HTML with its links numbered, and the address and type of each."""
    from lxml.html import tostring

    tree = parsed(html)
    if tree is None:
        return None, []
    found: list[tuple[str, str | None]] = []
    for link in tree.iter("a"):
        href = (link.get("href") or "").strip()
        if href and not href.casefold().startswith(UNFOLLOWED) and len(found) < MOST_LINKS:
            link.set(_NUMBER, str(len(found)))
            found.append((href, link_type(link)))
    return tostring(tree, encoding="unicode"), found


def _clicks(
    href: str, told: str | None, links: Mapping[Link, LinkCount], listed: Mapping[str, TrackedLink]
) -> int | None:
    """Clicks on a link; None for one that is not marked. told: its type as the message tells it, which the
    list of tracked URLs and the rows themselves correct."""
    key = _key(href)
    at_key = [link.type for at, link in listed.items() if at == key or (key is None and link.url == href)]
    corrected: list[str | None] = [one for one in at_key if one]
    if not all(map(is_click, corrected or [told])):
        return None
    mine = [count for link, count in links.items() if _leads(link, key, href)]
    if any(count.kind is not EventKind.CLICKED for count in mine):
        return None
    return sum(count.rows for count in mine)


def _key(href: str) -> str | None:
    tracked = decode_tracked_url(href)
    return None if tracked is None else str(tracked.url_id)


def _leads(link: Link, key: str | None, href: str) -> bool:
    return link.url_id == key if key is not None else link.url == href


def unmarked(html: str, links: Mapping[Link, LinkCount]) -> Unmarked:
    """What of the total stands at no link of the message."""
    hrefs = [(_key(href), href) for href, _ in _number_links(html)[1]]
    found = {EventKind.UNSUBSCRIBED: 0, EventKind.LINK: 0, EventKind.CLICKED: 0}
    for link, count in links.items():
        is_held = any(_leads(link, key, href) for key, href in hrefs)
        if count.kind is not EventKind.CLICKED or not is_held:
            found[count.kind] += count.rows
    return Unmarked(found[EventKind.UNSUBSCRIBED], found[EventKind.LINK], found[EventKind.CLICKED])


def _marked(text: str, spans: list[tuple[int, int, int]], total: int) -> list[HeatLine]:
    """Lines of the text with each span's share written behind it."""
    lines: list[HeatLine] = []
    start = 0
    for line in text.split("\n"):
        end = start + len(line)
        inside = [(a, min(b, end), clicks) for a, b, clicks in spans if start <= a < end]
        shown, at = "", start
        links: list[Span] = []
        for first, last, clicks in inside:
            share = rate(clicks, total)
            mark = "no clicks" if share is None else format_percent(share)
            shown += text[at:first]
            marked = f"[{text[first:last]} {mark}]"
            links.append(Span(len(shown), len(shown) + len(marked), share))
            shown += marked
            at = last
        shown = (shown + text[at:end]).rstrip()
        sum_of = sum(clicks for _, _, clicks in inside) if inside else None
        lines.append(HeatLine(shown, sum_of, rate(sum_of, total), tuple(links)))
        start = end + 1
    while lines and not lines[-1].text:
        lines.pop()
    return lines

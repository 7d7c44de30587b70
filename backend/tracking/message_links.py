"""The links of a message, as its HTML tells them: what each is called, and whether it is a click at all.

Adobe Campaign marks links by `_type` and `_label`; the list of tracked URLs wins over these, and these over
what address and words of a link say. Only tracked links have a key.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from backend.feeds.campaign.tracked_url import decode_tracked_url
from backend.feeds.campaign.words import URL_KINDS, URL_TYPES, fold
from backend.model import EventKind, TrackedLink

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MOST_LABEL = 100
MOST_BYTES = 1 << 20
OPT_OUT, MIRROR = "opt-out", "mirror page"
_BY_ADDRESS = (
    (
        OPT_OUT,
        re.compile(
            r"/webapp/(?:unsub|optout|opt-out)|/unsubscribe|/d[eé]s(?:inscri|abonn)|\bunsubscribe\b", re.I
        ),
    ),
    (MIRROR, re.compile(r"/nl/jsp/m\.jsp|mirrorpage|/mirror\b|\{\{\s*mirror", re.I)),
)
_BY_WORDS = (
    (OPT_OUT, re.compile(r"unsubscri|opt[- ]?out|d[ée]sinscri|d[ée]sabonn", re.I)),
    (
        MIRROR,
        re.compile(
            r"mirror page|page miroir|(?:view|read|open|see|lire|voir|ouvrir|afficher|version)\b.*"
            r"\b(?:browser|online|navigateur|en ligne|web ?page|page web)",
            re.I,
        ),
    ),
)
_MOST_WORDS = 80
"""Characters of a link that may say what it is; more of them are a text, and no name of a link."""
UNFOLLOWED = ("mailto:", "tel:", "sms:", "#", "javascript:")
"""What begins so asks no web server, and is never tracked."""


def parsed(html: str) -> HtmlElement | None:
    """The tree of a message; None for HTML without anything in it."""
    from lxml.etree import ParserError
    from lxml.html import document_fromstring

    try:
        return document_fromstring(html[:MOST_BYTES])
    except (ParserError, ValueError):
        return None


def link_type(link: HtmlElement) -> str | None:
    """What a link is, in the words of URL types; None where nothing tells that it is no plain click."""
    told = URL_TYPES.get(fold(link.get("_type") or ""))
    if told is not None:
        return told
    href, text = link.get("href") or "", text_of(link)
    for kind, pattern in _BY_ADDRESS:
        if pattern.search(href):
            return kind
    for kind, pattern in _BY_WORDS:
        if len(text) <= _MOST_WORDS and pattern.search(text):
            return kind
    return None


def text_of(link: HtmlElement) -> str:
    """What a link says, on one line."""
    return " ".join(link.text_content().split())


@lru_cache(maxsize=64)
def links_of(html: str) -> dict[str, TrackedLink]:
    """The tracked links of a message by the key of their URL; the first of each."""
    tree = parsed(html)
    told: dict[str, TrackedLink] = {}
    for link in () if tree is None else tree.iter("a"):
        tracked = decode_tracked_url(link.get("href") or "")
        if tracked is not None:
            label = (link.get("_label") or text_of(link))[:MOST_LABEL]
            found = TrackedLink(url="", label=label or None, type=link_type(link))
            told.setdefault(str(tracked.url_id), found)
    return told


def is_click(type: str | None) -> bool:
    """Whether a followed link of this type is a click (R29)."""
    return URL_KINDS.get(type or "", EventKind.CLICKED) is EventKind.CLICKED

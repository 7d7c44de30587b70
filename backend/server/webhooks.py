"""Webhooks of the products: believed by their proof, decoded, stored, and only then acknowledged.

A sender tries again until it hears a 200, so a 200 is given when the batch is durable, for what is known
already, and for what can never be read (it is set aside): trying that again would change nothing.
"""

from __future__ import annotations

import asyncio
import logging
import zoneinfo
from collections.abc import Callable, Mapping
from itertools import chain
from typing import NamedTuple, Protocol

import msgspec

from backend.clean import clean
from backend.errors import BadData
from backend.feeds import MODULES, SAMPLE_BYTES, find_format, recognise
from backend.feeds.format import Format, Settings
from backend.feeds.framing import open_framer
from backend.ingest.feed_reading import decode_frame
from backend.record import Added, Decoded, Rejected
from backend.server.feed_settings import FeedId, FeedSettings
from backend.server.limits import Limits
from backend.server.measures import Metrics
from backend.server.proofs import (
    Check,
    Headers,
    body_digest,
    check_mailgun,
    check_mandrill,
    check_sendgrid,
)
from backend.server.sns import Certificates, check_sns

LOG = logging.getLogger("parcours.server")
READ_ASIDE_BYTES = 32_768
"""Longer bodies are read in a thread: 10 MB take seconds, and others ask meanwhile."""


class TooMany(Exception):
    """A body of more records than one may have. Nothing of it was stored."""


class Feed(NamedTuple):
    """A sender: the format that its webhook has, and how it is believed."""

    format: str
    """What a body is read as that no format of this sender recognises."""
    check: Check | None = None
    """None: it signs nothing, a token of scope ingest is asked for."""
    needed: tuple[str, ...] = ()
    """Settings without which it is not believed."""
    busy_status: int = 503
    """What makes it try again."""
    is_sns: bool = False

    @property
    def formats(self) -> tuple[str, ...]:
        """The names of what it may send."""
        module = MODULES[self.format]
        return tuple(name for name in MODULES if MODULES[name] == module)

    @property
    def has_proof(self) -> bool:
        """Whether it signs what it sends."""
        return self.check is not None or self.is_sns


FEEDS: Mapping[str, Feed] = {
    "brevo": Feed("brevo-webhook", busy_status=429),  # gives up on any 5xx
    "sendgrid": Feed("sendgrid-webhook", check_sendgrid, ("key",)),
    "mailgun": Feed("mailgun-webhook", check_mailgun, ("key",)),
    "mandrill": Feed("mandrill-webhook", check_mandrill, ("key", "url")),
    "ses": Feed("ses-sns", needed=("topic",), is_sns=True),
    "mailjet": Feed("mailjet-webhook"),
    "postmark": Feed("postmark-webhook"),
    "sparkpost": Feed("sparkpost-webhook"),
    "parcours": Feed("parcours"),
}


class Acknowledged(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a webhook's records."""

    new: int = 0
    known: int = 0
    set_aside: int = 0


class Stored(Protocol):
    """What webhooks need of the writer."""

    async def add(
        self,
        pieces: list[Decoded],
        rejected: list[Rejected],
        *,
        format: str,
        account: str,
        product: str,
    ) -> Added: ...

    async def seen(self, proof: bytes, body: bytes, now_ms: int) -> bool: ...


class Webhooks:
    """All feeds of one server."""

    def __init__(
        self,
        store: Stored,
        settings: Mapping[FeedId, FeedSettings],
        certificates: Certificates,
        metrics: Metrics,
        now_ms: Callable[[], int],
        *,
        most_records: int = Limits().body_records,
    ) -> None:
        self._store = store
        self._settings = settings
        self._certificates = certificates
        self._metrics = metrics
        self._now_ms = now_ms
        self._most_records = most_records

    async def is_genuine(self, feed: str, account: str, headers: Headers, body: bytes) -> bool:
        """Whether the sender's own proof holds.

        Raises: OSError, ValueError where a certificate could not be had.
        """
        settings = self._settings.get((feed, account))
        if settings is None:
            LOG.warning("%s: nothing is set for this account of the feed in feeds.toml", feed)
            return False
        known, now_ms = FEEDS[feed], self._now_ms()
        if known.is_sns:
            message = await check_sns(settings.topic, headers, body, now_ms / 1000, self._certificates)
            if message is not None and message.SubscribeURL is not None:
                LOG.warning(
                    "Amazon SNS asks to confirm %s; a person may open: %s",
                    clean(message.TopicArn),
                    clean(message.SubscribeURL, 2_000),
                )
            return message is not None
        assert known.check is not None
        proof = known.check(settings, headers, body, now_ms / 1000)
        if proof.genuine and proof.once is not None:
            return await self._store.seen(proof.once, body_digest(body), now_ms)
        return proof.genuine

    async def take(self, feed: str, account: str, body: bytes) -> Acknowledged:
        """Store a body that is believed; it is durable when this returns.

        Raises: TooMany, SourceUnavailable, CannotWrite: nothing was stored.
        """
        settings = self._settings.get((feed, account), FeedSettings())
        zone = zoneinfo.ZoneInfo(settings.zone) if settings.zone else None
        told = Settings(account=account, zone=zone)
        if len(body) < READ_ASIDE_BYTES:
            format, pieces, rejected = read_body(FEEDS[feed], body, told, self._most_records)
        else:
            format, pieces, rejected = await asyncio.to_thread(
                read_body, FEEDS[feed], body, told, self._most_records
            )
        if not pieces and not rejected:
            return Acknowledged()
        added = await self._store.add(
            pieces, rejected, format=format.name, account=account, product=format.product
        )
        for fate, count in (("new", added.new), ("known", added.known), ("set_aside", added.rejected)):
            self._metrics.events[feed, fate] += count
        return Acknowledged(new=added.new, known=added.known, set_aside=added.rejected)


def read_body(
    feed: Feed, body: bytes, settings: Settings, most: int
) -> tuple[Format, list[Decoded], list[Rejected]]:
    """The records of a body and what of it is set aside.

    Raises: TooMany as soon as these are more than `most`, good and bad ones together; for nothing else
    that it may hold.
    """
    try:
        format = recognise(body[:SAMPLE_BYTES], feed.formats)
    except BadData:
        format = find_format(feed.format)
    pieces: list[Decoded] = []
    rejected: list[Rejected] = []
    try:
        framer = open_framer(format.framing, body, name="webhook")
    except BadData as error:
        return format, [], [Rejected(raw=body, reason=str(error), place="webhook")]
    count = 0
    for framed in chain(framer.feed(body), framer.finish()):
        found = [framed] if isinstance(framed, Rejected) else decode_frame(framed, format, settings)
        for piece in found:
            if isinstance(piece, Rejected):
                rejected.append(piece)
            else:
                pieces.append(piece)
        count += max(sum(1 if isinstance(one, Rejected) else len(one.records) for one in found), 1)
        if count > most:
            raise TooMany
    return format, pieces, rejected

"""The log records of a batch as rows: which of them the store has, and what the others are.

What has to be asked of the store is asked for the whole batch at once: a question by itself costs four
times as much (measured), and a batch has thousands.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from backend.keys import key_hash
from backend.products import product_rules
from backend.record import LOG_RECORDS, Added, Decoded, Event, ScenarioRow
from backend.sources.sqlite.entities import Entities
from backend.sources.sqlite.event_writing import EventWriter
from backend.sources.sqlite.feed_counts import Feed, FeedCounts
from backend.sources.sqlite.identities import Identities
from backend.sources.sqlite.known_keys import KnownKeys
from backend.sources.sqlite.pruned import pruned_before_ms
from backend.sources.sqlite.rawblocks import RawWriter
from backend.sources.sqlite.schema import Word
from backend.sources.sqlite.step_writing import StepWriter


class _Found(msgspec.Struct, gc=False):
    """A log record of the batch that is young enough to be kept."""

    record: Event | ScenarioRow
    h: int
    feed: Feed
    piece: int
    """The place of its piece in the batch."""


class RowTaker:
    """Takes the log records of one batch for the writers of the two logs."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        entities: Entities,
        identities: Identities,
        events: EventWriter,
        steps: StepWriter,
    ) -> None:
        self._db = connection
        self._entities = entities
        self._identities = identities
        self._events = events
        self._steps = steps

    def take(
        self, pieces: Sequence[Decoded], now_ms: int, feeds: FeedCounts, added: Added, *, keep_raw: bool
    ) -> None:
        """Takes the rows that are new; counts all of them."""
        fresh = self._fresh(self._found(pieces, feeds, added), now_ms, feeds, added)
        self._expect(fresh)
        raw = RawWriter(self._db) if keep_raw else None
        met: set[int] = set()
        last, place = -1, None
        for found in fresh:
            record, piece = found.record, pieces[found.piece]
            account, format = found.feed
            if record.format:
                format = self._entities.word(Word.FORMAT, record.format)
            if raw is not None and found.piece != last:
                last, place = found.piece, raw.keep(piece.raw)
            if isinstance(record, Event):
                row = self._events.take(record, found.h, account, format, now_ms)
                row.raw = place
                if row.message is not None and product_rules(record.product).state_formats:
                    added.states += self._is_state(record, row.message, piece.format, met)
            else:
                self._steps.take(record, found.h, account, format, now_ms).raw = place
        if raw is not None:
            raw.flush()
        self._identities.flush()

    def _found(self, pieces: Sequence[Decoded], feeds: FeedCounts, added: Added) -> list[_Found]:
        """The log records that are younger than what was pruned."""
        pruned_before = pruned_before_ms(self._db)
        feed_of: dict[tuple[str, str, str], Feed] = {}
        found: list[_Found] = []
        for place, piece in enumerate(pieces):
            for record in piece.records:
                if not isinstance(record, LOG_RECORDS):
                    continue
                product, account = record.product, record.account
                feed = feed_of.get((product, account, piece.format))
                if feed is None:
                    feed = self._feed(product, account, piece.format)
                    feed_of[product, account, piece.format] = feed
                added.read += 1
                if record.at_ms < pruned_before:
                    added.older_than_archive += 1
                    feeds.heard(feed, is_new=False)
                    continue
                found.append(_Found(record, key_hash(product, account, record.key), feed, place))
        return found

    def _feed(self, product: str, account: str, format: str) -> Feed:
        return (self._entities.account(product, account), self._entities.word(Word.FORMAT, format))

    def _fresh(self, found: Sequence[_Found], now_ms: int, feeds: FeedCounts, added: Added) -> list[_Found]:
        """Those of the records that neither the store nor the batch has had before, by key."""
        events = KnownKeys(self._db, "event_log")
        steps = KnownKeys(self._db, "scenario_log")
        for one in found:
            keys = events if type(one.record) is Event else steps
            keys.ask(one.record.at_ms, one.h, one.record.key_ms)
        for keys in (events, steps):
            keys.look_up()
        fresh = []
        for one in found:
            record = one.record
            keys = events if type(record) is Event else steps
            at_ms = record.at_ms
            is_new = keys.add(at_ms, one.h, record.key_ms)
            feeds.heard(one.feed, is_new=is_new, at_ms=at_ms if at_ms <= now_ms else None)
            if is_new:
                fresh.append(one)
            else:
                added.known += 1
        for keys in (events, steps):
            keys.store()
        return fresh

    def _expect(self, fresh: Sequence[_Found]) -> None:
        self._identities.expect((found.feed[0], found.record.identities) for found in fresh)
        self._events.expect(
            (found.feed[0], found.record) for found in fresh if isinstance(found.record, Event)
        )

    def _is_state(self, record: Event, message: int, format: str, met: set[int]) -> bool:
        """Whether a new row is a further state of a message that had rows before. met: messages of states
        in this batch."""
        if (record.format or format) not in product_rules(record.product).state_formats:
            return False
        is_known = message in met or not self._events.is_new_message(message)
        met.add(message)
        return is_known

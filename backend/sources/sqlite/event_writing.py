"""Writing the event log: rows, the messages they make, and what both count as.

A batch is settled before it is inserted, so a row is written once with what it counts as; rows of older
batches change only where a new row of their message changes what they count as.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from itertools import islice
from typing import Any

import msgspec

from backend.facts import CLASS_RANK, EVENT_RANK, SKEW, MessageState
from backend.keys import key_hash
from backend.products import product_rules
from backend.record import Event
from backend.settling import EventRow, email_domain, event_flags, place_alone, settle_rows
from backend.sources.sqlite.entities import Entities
from backend.sources.sqlite.event_columns import (
    INSERT_EVENT,
    INSERT_MESSAGE,
    KEPT_COLUMNS,
    PAST_COLUMNS,
    UPDATE_EVENT,
    UPDATE_MESSAGE,
    insert_values,
    message_values,
    past_state,
    stored_event,
    text_or_none,
)
from backend.sources.sqlite.identities import Identities
from backend.sources.sqlite.rollups import RollupChanges
from backend.sources.sqlite.schema import CHANNEL_CODE, ORIGIN_CODE, Word

MESSAGE_CHUNK = 400
"""Messages settled in one go."""


class EventWriter:
    """Takes the events of one batch, then settles and stores them."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        entities: Entities,
        identities: Identities,
        rollups: RollupChanges,
    ) -> None:
        self._db = connection
        self._entities = entities
        self._identities = identities
        self._rollups = rollups
        self._fresh: list[EventRow] = []
        self._products: dict[int, str] = {}
        self._hashes: dict[tuple[int, str], int] = {}
        """(account, message) -> the hash by which the message is known, of the events that are expected."""
        self._messages: dict[tuple[int, int], int] = {}
        self._new_messages: dict[int, tuple[int, int, str, str | int]] = {}
        """What INSERT_MESSAGE takes of each but its state."""
        self._next_message = 0
        self._touched: set[int] = set()

    # --- taking a record ---------------------------------------------------------------------------------

    def take(self, event: Event, h: int, account: int, format_id: int, now_ms: int) -> EventRow:
        """A new row for an event that the store does not have, and that was expected."""
        entities = self._entities
        self._products[account] = event.product
        people = self._identities.resolve(account, event.identities)
        delivery = entities.delivery(account, event.delivery, event.at_ms) if event.delivery else None
        channel = CHANNEL_CODE[event.channel] if event.channel else 0
        if delivery and channel:
            entities.see_channel(delivery, channel)
        scenario = entities.scenario(account, event.scenario, event.at_ms) if event.scenario else None
        step = entities.step(scenario, event.step, event.at_ms) if scenario and event.step else None
        row = EventRow(
            ts=event.at_ms,
            h=h,
            kind=EVENT_RANK[event.kind],
            bounce_class=CLASS_RANK[event.bounce_class] if event.bounce_class else 0,
            format=format_id,
            flags=event_flags(event, now_ms),
            url=entities.url(account, event.url) if event.url else 0,
            reason=entities.word(Word.REASON, event.reason) if event.reason else 0,
            delivery=(int(event.delivery.by), delivery) if event.delivery and delivery else None,
            scenario=None,
            step=None,
            campaign=entities.campaign(account, event.campaign, event.at_ms) if event.campaign else None,
            received=now_ms,
            account=account,
            channel=channel,
            origin=ORIGIN_CODE[event.origin] if event.origin else 0,
            type=entities.type_word(account, event.type),
            identity=people[1] if people else None,
            owner=people[0] if people else None,
            named_scenario=scenario,
            named_step=step,
            domain=entities.word(Word.DOMAIN, email_domain(event)),
            platform=entities.word(Word.PLATFORM, event.platform) if event.platform else 0,
            name=entities.word(Word.NAME, event.name) if event.name else 0,
            agent=entities.word(Word.AGENT, event.user_agent) if event.user_agent else 0,
            ip=event.ip,
            run=event.run,
            fields=text_or_none(event.fields),
            data=text_or_none(event.data),
        )
        if event.message is not None:
            row.message = self._message(account, event)
        self._fresh.append(row)
        return row

    def expect(self, events: Iterable[tuple[int, Event]]) -> None:
        """Looks up the messages of events that are about to be taken, all at once: (account, event) each."""
        asked: dict[int, set[int]] = {}
        for account, event in events:
            if event.message is None:
                continue
            name = (account, event.message)
            if name not in self._hashes:
                h = key_hash(event.product, event.account, ("message", event.message))
                self._hashes[name] = h
                asked.setdefault(account, set()).add(h)
        for account, hashes in asked.items():
            sql = "SELECT h, id FROM message WHERE account_id = ? AND h IN (SELECT value FROM json_each(?))"
            wanted = msgspec.json.encode(sorted(hashes)).decode()
            for h, message in self._db.execute(sql, (account, wanted)):
                self._messages[account, h] = message

    def _message(self, account: int, event: Event) -> int:
        h = self._hashes[account, event.message or ""]
        known = self._messages.get((account, h))
        if known is None:
            known = self._messages[account, h] = self._new_message_id()
            name = event.message_id
            self._new_messages[known] = (account, h, event.message or "", 0 if name is None else name)
        self._touched.add(known)
        return known

    def _new_message_id(self) -> int:
        """An id for a message that is inserted when it is settled: one statement instead of two."""
        if not self._new_messages:
            row = self._db.execute("SELECT coalesce(max(id), 0) + 1 FROM message").fetchone()
            self._next_message = int(row[0])
        handle = self._next_message
        self._next_message += 1
        return handle

    def is_new_message(self, message: int) -> bool:
        """Whether the message came up in this batch."""
        return message in self._new_messages

    def touch(self, message_ids: Iterable[int]) -> None:
        """Also settles these messages: something that they belong to has changed."""
        self._touched.update(message_ids)

    # --- settling and storing ----------------------------------------------------------------------------

    def store(self) -> list[EventRow]:
        """Settles what the batch touched, inserts its rows, corrects older ones; gives the new rows."""
        fresh, self._fresh = self._fresh, []
        by_message: dict[int, list[EventRow]] = {}
        for row in fresh:
            if row.owner is not None:
                row.contact = self._identities.contact_of(row.owner)
            if row.message is None:
                place_alone(row, self._entities)
            else:
                by_message.setdefault(row.message, []).append(row)
        touched = iter(sorted(self._touched))
        while chunk := list(islice(touched, MESSAGE_CHUNK)):
            self._settle_chunk(chunk, by_message)
        self._db.executemany(INSERT_EVENT, [insert_values(row) for row in fresh])
        for row in fresh:
            self._rollups.event(row, 1)
        self._hashes.clear()
        self._messages.clear()
        self._new_messages.clear()
        self._touched.clear()
        return fresh

    def _settle_chunk(self, messages: list[int], by_message: dict[int, list[EventRow]]) -> None:
        known = [message for message in messages if message not in self._new_messages]
        old, earlier = self._load(known), self._earlier(known)
        corrections: list[tuple[Any, ...]] = []
        changed: list[tuple[Any, ...]] = []
        made: list[tuple[Any, ...]] = []
        for message in messages:
            kept = old.get(message, [])
            before = [row.counts_as() for row in kept]
            rows = [*kept, *by_message.get(message, [])]
            if not rows:
                continue
            values = self._settle(rows, earlier.get(message))
            if message in self._new_messages:
                made.append((*values, message, *self._new_messages[message]))
            else:
                changed.append((*values, message))
            corrections += self._correct(kept, before)
        self._db.executemany(UPDATE_EVENT, corrections)
        self._db.executemany(UPDATE_MESSAGE, changed)
        self._db.executemany(INSERT_MESSAGE, made)

    def _settle(self, rows: list[EventRow], earlier: MessageState | None) -> tuple[Any, ...]:
        product = product_rules(self._product(rows[0].account))
        state = settle_rows(rows, product, self._entities, earlier)
        if len(rows) == 1:
            return message_values(state, rows[0], rows[0])
        place = max(rows, key=lambda row: (row.scenario_id is not None, row.campaign_id is not None))
        person = min(rows, key=lambda row: (row.owner is None, row.ts, row.kind, row.h))
        return message_values(state, place, person)

    def _correct(self, kept: list[EventRow], before: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        corrections = []
        for row, former in zip(kept, before, strict=True):
            now = row.counts_as()
            if now != former:
                _become(row, former)
                self._rollups.event(row, -1)
                _become(row, now)
                self._rollups.event(row, 1)
                corrections.append((*now, row.id))
        return corrections

    def _earlier(self, messages: list[int]) -> dict[int, MessageState]:
        """What is known of those of the messages of which rows were pruned."""
        sql = (
            f"SELECT id, {PAST_COLUMNS} FROM message "
            "WHERE pruned > 0 AND id IN (SELECT value FROM json_each(?))"
        )
        found = self._db.execute(sql, (msgspec.json.encode(messages).decode(),)) if messages else ()
        return {message: past_state(columns) for message, *columns in found}

    def _product(self, account: int) -> str:
        if account not in self._products:
            row = self._db.execute("SELECT product FROM account WHERE id = ?", (account,)).fetchone()
            self._products[account] = row[0]
        return self._products[account]

    def _load(self, messages: list[int]) -> dict[int, list[EventRow]]:
        """The stored rows of these messages."""
        if not messages:
            return {}
        found: dict[int, list[EventRow]] = {}
        sql = (
            f"SELECT {KEPT_COLUMNS} FROM event_log INDEXED BY event_message "
            "WHERE message_id IN (SELECT value FROM json_each(?))"
        )
        for columns in self._db.execute(sql, (msgspec.json.encode(messages).decode(),)):
            row = stored_event(columns, self._entities)
            found.setdefault(row.message or 0, []).append(row)
        return found

    # --- rows whose surroundings changed -----------------------------------------------------------------

    def mature(self, now_ms: int) -> int:
        """Counts rows that were ahead of our clock and whose time has come."""
        sql = f"SELECT {KEPT_COLUMNS} FROM event_log WHERE flags & 64 AND ts <= ?"
        rows = [
            stored_event(columns, self._entities) for columns in self._db.execute(sql, (now_ms,)).fetchall()
        ]
        for row in rows:
            row.flags &= ~SKEW
            self._db.execute("UPDATE event_log SET flags = ? WHERE id = ?", (row.flags, row.id))
            self._rollups.event(row, 1)
        self._touched.update(row.message for row in rows if row.message is not None)
        return len(rows)

    def move_rows(self, where: str, handle: int) -> None:
        """Places rows again whose delivery or scenario (`where`, a column) now belongs elsewhere."""
        index = "event_delivery" if where == "delivery_id" else "event_scenario"
        messages = self._db.execute(
            f"SELECT DISTINCT message_id FROM event_log INDEXED BY {index} "
            f"WHERE {where} = ? AND message_id IS NOT NULL",
            (handle,),
        )
        self.touch(message for (message,) in messages.fetchall())
        alone = self._db.execute(
            f"SELECT {KEPT_COLUMNS} FROM event_log INDEXED BY {index} "
            f"WHERE {where} = ? AND message_id IS NULL",
            (handle,),
        ).fetchall()
        rows = [stored_event(columns, self._entities) for columns in alone]
        before = [row.counts_as() for row in rows]
        for row in rows:
            place_alone(row, self._entities)
        self._db.executemany(UPDATE_EVENT, self._correct(rows, before))


def _become(row: EventRow, derived: tuple[Any, ...]) -> None:
    row.flags, row.contact, row.delivery_id, row.scenario_id, row.step_id, row.campaign_id = derived

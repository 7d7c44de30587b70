"""The store for writing: one batch of decoded records is one durable transaction.

A batch is all or nothing, and so is what hangs on it: rows, message states, rollups, rosters, feed
statistics, rejected pieces and the positions in the files they were read from. Any number of programs may
write to one file; each batch waits for the others at most five seconds.
"""

from __future__ import annotations

import gc
import hashlib
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from backend.errors import SourceError
from backend.facts import REPEAT, SKEW
from backend.keys import key_hash
from backend.model import DAY_MS, TrackedLink
from backend.products import product_rules
from backend.record import (
    Added,
    CampaignRecord,
    ContactRecord,
    ContentRecord,
    Decoded,
    DeliveryRecord,
    Event,
    Record,
    Rejected,
    RosterComplete,
    RosterRecord,
    ScenarioRecord,
    ScenarioRow,
    StepRecord,
    SuppressionRecord,
    TypeRecord,
    UrlRecord,
    WorkflowRun,
)
from backend.removals import RemovalAnswer
from backend.settling import EventRow, StepRow
from backend.sources.sqlite.checking import check_store
from backend.sources.sqlite.entities import DEFINED_MS, Entities
from backend.sources.sqlite.event_writing import EventWriter
from backend.sources.sqlite.feed_counts import Feed, FeedCounts
from backend.sources.sqlite.forgetting import (
    drop_unused_raw,
    forget_contact,
    prune_days,
    pruned_before_ms,
    remember_pruned,
)
from backend.sources.sqlite.identities import Identities
from backend.sources.sqlite.list_writing import ListWriter
from backend.sources.sqlite.migrating import exclusive, open_writer, translated
from backend.sources.sqlite.rawblocks import RawWriter
from backend.sources.sqlite.removing import RemovalWriter
from backend.sources.sqlite.rollups import RollupChanges
from backend.sources.sqlite.rosters import Rosters
from backend.sources.sqlite.schema import Word
from backend.sources.sqlite.step_writing import StepWriter
from backend.sources.sqlite.workflows import read_tracked_links, read_workflow_runs

SAMPLE_BYTES = 65_536
"""How much of a rejected piece is kept."""


def wall_clock_ms() -> int:
    return time.time_ns() // 1_000_000


def _subject_of(record: Record) -> object:
    """The thing that a definition is about; None for lines of lists, which are remembered nowhere."""
    match record:
        case ScenarioRecord():
            return (record.scenario, record.version)
        case StepRecord():
            return (record.scenario, record.step.by, record.step.key)
        case DeliveryRecord():
            return (record.delivery.by, record.delivery.key)
        case CampaignRecord():
            return record.campaign
        case UrlRecord():
            return record.url
        case _:
            return None


@contextmanager
def _no_collector() -> Iterator[None]:
    """Keeps the garbage collector out of a batch: its rows hold no cycles, and looking for some among so
    many values took a third of the time (measured on a week of the demonstration)."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class Store:
    """Writes to one SQLite file; to be used from one thread."""

    def __init__(
        self,
        path: Path,
        *,
        create: bool = False,
        now_ms: Callable[[], int] = wall_clock_ms,
        keep_raw: bool = True,
    ) -> None:
        """Opens, and where needed makes or upgrades, the store.

        Raises: NoSuchSource (missing and not `create`), SchemaMismatch, CannotWrite, SourceUnavailable.
        """
        self._path = path
        self._now_ms = now_ms
        self._keep_raw = keep_raw
        self._db = open_writer(path, create=create)
        self._entities = Entities(self._db)
        self._data_version = 0
        self._start_afresh()

    def _start_afresh(self) -> None:
        """Forgets what was remembered of rows: after a rollback it may not be there."""
        self._entities.forget_memory()
        self._defined: dict[tuple[object, ...], Record] = {}
        self._identities = Identities(self._db)
        self._rollups = RollupChanges()
        self._rosters = Rosters(self._db, self._entities)
        self._events = EventWriter(self._db, self._entities, self._identities, self._rollups)
        self._steps = StepWriter(self._db, self._entities, self._identities, self._rollups)
        self._lists = ListWriter(self._db, self._entities, self._identities, self._rosters)
        self._removals = RemovalWriter(self._db, self._entities, self._steps)

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()

    # --- adding ------------------------------------------------------------------------------------------

    def add(
        self,
        pieces: Sequence[Decoded],
        rejected: Sequence[Rejected] = (),
        *,
        format: str = "",
        account: str = "default",
        product: str = "",
        positions: Mapping[str, str] | None = None,
    ) -> Added:
        """Stores a batch durably: when this returns, it survives a crash; if it raises, nothing happened.

        rejected: pieces set aside, which belong to `format`, `product`, `account`.
        positions: how far each file has been read, to be asked for again with `position`.
        Raises: SourceUnavailable (locked), WriteFailed (disk), CannotWrite.
        """
        with self._transaction(), _no_collector():
            now_ms = self._now_ms()
            added = Added()
            self._events.mature(now_ms)
            self._steps.mature(now_ms)
            feeds = FeedCounts()
            self._take_definitions(pieces, feeds, added)
            self._take_rows(pieces, now_ms, feeds, added)
            self._set_aside(rejected, now_ms, (format, product, account), feeds, added)
            feeds.flush(self._db, now_ms)
            for name, place in (positions or {}).items():
                self._remember(f"position:{name}", place)
        return added

    def position(self, name: str) -> str | None:
        """What an earlier `add` stored under this name."""
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (f"position:{name}",)).fetchone()
        return row[0] if row else None

    def tracked_links(self, product: str, account: str) -> dict[tuple[str, str], TrackedLink]:
        """The product's list of tracked links by (delivery's key, URL's key); "" where a link names none."""
        return read_tracked_links(self._db, product, account)

    def workflow_runs(self, limit: int = 100) -> tuple[WorkflowRun, ...]:
        """Runs of technical jobs, the latest first."""
        return read_workflow_runs(self._db, limit)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._notice_other_writers()
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # SQLite itself has rolled back where the disk was full
                    self._db.execute("ROLLBACK")
                self._start_afresh()
                raise
        except sqlite3.Error as error:
            raise translated(error, self._path) from error

    def _notice_other_writers(self) -> None:
        """Forgets what was remembered when another program has written since."""
        version = int(self._db.execute("PRAGMA data_version").fetchone()[0])
        if version != self._data_version:
            self._data_version = version
            self._start_afresh()

    def _remember(self, key: str, value: str) -> None:
        self._db.execute(
            "INSERT INTO meta(key, value) VALUES(?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
            (key, value),
        )

    def _take_definitions(self, pieces: Sequence[Decoded], feeds: FeedCounts, added: Added) -> None:
        """Takes everything that is no log row, then moves the rows whose surroundings it changes."""
        for piece in pieces:
            for record in piece.records:
                if isinstance(record, Event | ScenarioRow):
                    continue
                changed = self._define_once(record)
                feeds.heard(self._feed(record, piece.format), is_new=changed)
                added.read += 1
                added.new += changed
                added.known += not changed
        self._identities.flush()
        self._lists.flush()
        self._entities.rename_types()
        for delivery in sorted(self._entities.rejoined_deliveries):
            self._events.move_rows("delivery_id", delivery)
        self._entities.rejoined_deliveries.clear()
        for version in sorted(self._entities.aliased_scenarios):
            self._events.move_rows("scenario_id", version)
            self._steps.follow_alias(version)
            self._lists.follow_alias(version)
        self._entities.aliased_scenarios.clear()

    def _define_once(self, record: Record) -> bool:
        """Takes a definition unless it is the one taken last: some feeds repeat theirs in every row."""
        subject = _subject_of(record)
        if subject is None:
            return self._define(record)
        place = (type(record), record.product, record.account, subject)
        if self._defined.get(place) == record:
            return False
        changed = self._define(record)
        self._defined[place] = record
        return changed

    def _define(self, record: Record) -> bool:
        match record:
            case ScenarioRecord():
                return self._entities.define_scenario(record)
            case StepRecord():
                return self._entities.define_step(record)
            case DeliveryRecord():
                return self._entities.define_delivery(record)
            case UrlRecord():
                return self._entities.define_url(record)
            case TypeRecord():
                return self._entities.define_type(record)
            case ContentRecord():
                return self._entities.define_content(record)
            case CampaignRecord():
                owner = self._entities.account(record.product, record.account)
                before = self._db.total_changes
                self._entities.campaign(owner, record.campaign, DEFINED_MS)
                return self._db.total_changes > before
            case RosterRecord():
                return self._lists.roster_line(record)
            case RosterComplete():
                return self._lists.roster_complete(record)
            case ContactRecord():
                return self._lists.contact(record)
            case SuppressionRecord():
                return self._lists.suppression(record)
            case WorkflowRun():
                return self._lists.workflow_run(record)
            case _:
                raise TypeError(f"a {type(record).__name__} is a log row, not a definition")

    def _feed(self, record: Record, format: str) -> Feed:
        owner = self._entities.account(record.product, record.account)
        return (owner, self._entities.word(Word.FORMAT, format))

    def _take_rows(self, pieces: Sequence[Decoded], now_ms: int, feeds: FeedCounts, added: Added) -> None:
        raw = RawWriter(self._db) if self._keep_raw else None
        pruned_before = pruned_before_ms(self._db)
        seen: tuple[set[tuple[int, int]], set[tuple[int, int]]] = (set(), set())
        met: set[int] = set()
        for piece in pieces:
            place: int | None = None
            for record in piece.records:
                if not isinstance(record, Event | ScenarioRow):
                    continue
                added.read += 1
                feed = self._feed(record, piece.format)
                if record.at_ms < pruned_before:
                    added.older_than_archive += 1
                    feeds.heard(feed, is_new=False)
                    continue
                first = self._entities.word(Word.FORMAT, record.format) or feed[1]
                row = self._take_row(record, first, now_ms, seen)
                at_ms = record.at_ms if record.at_ms <= now_ms else None
                feeds.heard(feed, is_new=row is not None, at_ms=at_ms)
                if row is None:
                    added.known += 1
                    continue
                if place is None and raw is not None:
                    place = raw.keep(piece.raw)
                row.raw = place
                added.states += self._is_state(record, row, record.format or piece.format, met)
        if raw is not None:
            raw.flush()
        self._identities.flush()
        self._store_rows(added)

    def _take_row(
        self,
        record: Event | ScenarioRow,
        format_id: int,
        now_ms: int,
        seen: tuple[set[tuple[int, int]], set[tuple[int, int]]],
    ) -> EventRow | StepRow | None:
        """The new row of a record; None where the store has it already."""
        h = key_hash(record.product, record.account, record.key)
        is_event = isinstance(record, Event)
        key_ms = record.at_ms if record.key_ms is None else record.key_ms
        memory = seen[0] if is_event else seen[1]
        places = {(key_ms, h), (record.at_ms, h)}
        if places & memory or self._is_known(is_event, record, key_ms, h):
            return None
        memory |= places
        if isinstance(record, Event):
            return self._events.take(record, h, format_id, now_ms)
        return self._steps.take(record, h, format_id, now_ms)

    def _is_state(
        self, record: Event | ScenarioRow, row: EventRow | StepRow, format: str, met: set[int]
    ) -> bool:
        """Whether a new row is a further state of a message that had rows before. met: messages of states
        in this batch."""
        if not isinstance(record, Event) or not isinstance(row, EventRow) or row.message is None:
            return False
        if format not in product_rules(record.product).state_formats:
            return False
        is_known = row.message in met or not self._events.is_new_message(row.message)
        met.add(row.message)
        return is_known

    def _is_known(self, is_event: bool, record: Event | ScenarioRow, key_ms: int, h: int) -> bool:
        if record.key_ms is not None:
            salted = h if is_event else ~h
            sql = "INSERT OR IGNORE INTO zoneless_key(ts, h) VALUES(?, ?)"
            if not self._db.execute(sql, (key_ms, salted)).rowcount:
                return True
        table = "event_log" if is_event else "scenario_log"
        sql = f"SELECT 1 FROM {table} WHERE ts = ? AND h = ?"
        return self._db.execute(sql, (record.at_ms, h)).fetchone() is not None

    def _store_rows(self, added: Added) -> None:
        rows: list[EventRow | StepRow] = [*self._events.store(), *self._steps.store()]
        for row in rows:
            added.new += 1
            added.repeats += bool(row.flags & REPEAT)
            added.skewed += bool(row.flags & SKEW)
        self._entities.flush()
        moved = self._steps.moved | self._lists.moved
        for _, former, contact in self._identities.moved:
            moved.update(self._rosters.pairs_of(former))
            moved.update(self._rosters.pairs_of(contact))
        for scenario in self._entities.redefined_scenarios:
            moved.update(self._rosters.everyone_in(scenario))
        self._removals.follow(moved)
        self._rosters.refold(moved)
        self._rollups.flush(self._db)
        for changes in (self._steps.moved, self._lists.moved, self._identities.moved):
            changes.clear()
        self._entities.redefined_scenarios.clear()

    def _set_aside(
        self,
        rejected: Sequence[Rejected],
        now_ms: int,
        origin: tuple[str, str, str],
        feeds: FeedCounts,
        added: Added,
    ) -> None:
        """Keeps pieces that are no records, once each; `origin` is their format, product and account."""
        if not rejected:
            return
        format, product, account = origin
        feed = (
            self._entities.account(product, account),
            self._entities.word(Word.FORMAT, format or "unknown"),
        )
        fresh = 0
        for piece in rejected:
            digest = hashlib.sha256(piece.raw).hexdigest()
            fresh += self._db.execute(
                "INSERT OR IGNORE INTO rejected(at_ms, account_id, format_id, reason, place, size, sha256, "
                "sample) VALUES(?,?,?,?,?,?,?,?)",
                (
                    *(now_ms, *feed, piece.reason, piece.place, len(piece.raw), digest),
                    piece.raw[:SAMPLE_BYTES],
                ),
            ).rowcount
        added.rejected += len(rejected)
        feeds.rejected(feed, fresh)

    # --- removing from a scenario ------------------------------------------------------------------------

    def remove(self, scenario_id: int, contacts: Sequence[int], *, key: str, actor: str) -> RemovalAnswer:
        """Takes 1 to 50 contacts out of a scenario, all or none of them.

        key: made once for one confirmed request; the same again gives the same answer and does nothing.
        actor: who asks, as the audit keeps it.
        Raises: Refused, NothingFound, UsageError with the exact reason; SourceUnavailable, WriteFailed,
        CannotWrite. Whenever it raises, nothing happened.
        """
        with self._transaction():
            now_ms = self._now_ms()
            self._events.mature(now_ms)
            self._steps.mature(now_ms)
            return self._removals.remove(
                scenario_id, contacts, key, actor, now_ms, lambda: self._store_rows(Added())
            )

    # --- keeping and forgetting --------------------------------------------------------------------------

    def prune(self, before_ms: int) -> int:
        """Removes log rows of whole UTC days before `before_ms`, a day at a time while readers go on.

        Day rollups, message states and the rows of runs still inside stay. Gives the rows removed.
        Raises: SourceUnavailable where another program is pruning.
        """
        removed = 0
        with exclusive(self._path):
            for day in prune_days(self._db, before_ms):
                with self._transaction():
                    removed += day.remove(self._db)
            with self._transaction():
                remember_pruned(self._db, before_ms // DAY_MS * DAY_MS)
                drop_unused_raw(self._db)
        return removed

    def forget(self, contact_id: int) -> None:
        """Makes a contact nameless, for good: identities, data, raw and rejected bytes go, counts stay."""
        with self._transaction():
            forget_contact(self._db, contact_id)
        try:
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            raise translated(error, self._path) from error
        self._start_afresh()

    def check(self, *, deep: bool) -> list[str]:
        """What is wrong with the store, a sentence each. deep: also recounts every rollup and roster."""
        try:
            self._db.execute("BEGIN")
            try:
                return check_store(self._db, deep=deep)
            finally:
                self._db.execute("ROLLBACK")
        except sqlite3.Error as error:
            found = translated(error, self._path)
            if isinstance(found, SourceError):
                return [str(found)]
            raise found from error

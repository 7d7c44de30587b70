"""The store for writing: one batch of decoded records is one durable transaction.

A batch is all or nothing, and so is what hangs on it: rows, message states, rollups, rosters, feed
statistics, rejected pieces and the positions in the files they were read from. Any number of programs may
write to one file; each batch waits for the others at most five seconds.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from backend.collector import without_collector
from backend.errors import SourceError
from backend.facts import REPEAT, SKEW
from backend.model import DAY_MS, TrackedLink
from backend.record import Added, Decoded, Rejected, WorkflowRun
from backend.removals.removal import RemovalAnswer
from backend.settling import EventRow, StepRow
from backend.sources.sqlite.definition_taking import DefinitionTaker
from backend.sources.sqlite.entities import Entities
from backend.sources.sqlite.event_writing import EventWriter
from backend.sources.sqlite.feed_counts import FeedCounts
from backend.sources.sqlite.forgetting import (
    drop_unused_raw,
    forget_contact,
    prune_days,
)
from backend.sources.sqlite.identities import Identities
from backend.sources.sqlite.list_writing import ListWriter
from backend.sources.sqlite.migrating import exclusive, open_writer, translated
from backend.sources.sqlite.pruned import remember_pruned
from backend.sources.sqlite.removing import RemovalWriter
from backend.sources.sqlite.rollups import RollupChanges
from backend.sources.sqlite.rosters import Rosters
from backend.sources.sqlite.row_taking import RowTaker
from backend.sources.sqlite.schema import Word
from backend.sources.sqlite.step_writing import StepWriter
from backend.sources.sqlite.workflows import read_message_html, read_tracked_links, read_workflow_runs

SAMPLE_BYTES = 65_536
"""How much of a rejected piece is kept."""


def wall_clock_ms() -> int:
    return time.time_ns() // 1_000_000


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
        self._identities = Identities(self._db)
        self._rollups = RollupChanges()
        self._rosters = Rosters(self._db, self._entities)
        self._events = EventWriter(self._db, self._entities, self._identities, self._rollups)
        self._steps = StepWriter(self._db, self._entities, self._identities, self._rollups)
        self._lists = ListWriter(self._db, self._entities, self._identities, self._rosters)
        self._removals = RemovalWriter(self._db, self._entities, self._steps)
        self._definitions = DefinitionTaker(
            self._db, self._entities, self._identities, self._events, self._steps, self._lists
        )

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
        with self._transaction(), without_collector():
            now_ms = self._now_ms()
            added = Added()
            self._events.mature(now_ms)
            self._steps.mature(now_ms)
            feeds = FeedCounts()
            self._definitions.take(pieces, feeds, added)
            taker = RowTaker(self._db, self._entities, self._identities, self._events, self._steps)
            taker.take(pieces, now_ms, feeds, added, keep_raw=self._keep_raw)
            self._store_rows(added)
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

    def message_html(self, product: str, account: str, delivery: str) -> str | None:
        """The message of the delivery of this key; None where it is not known."""
        return read_message_html(self._db, product, account, delivery)

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
                    *(now_ms, *feed, piece.reason, piece.place, piece.size_bytes, digest),
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
        from backend.sources.sqlite.checking import check_store  # what only reads loads more than storing

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

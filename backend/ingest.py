"""Feeds into a store: read, recognise, frame, decode, batch, add; what is no record is set aside.

Feeds are read one after the other, or followed together while they grow. Where reading got to is saved
in the same transaction as what was read, so an ingest that died goes on where it was, and one that is
run again changes no count. One bad record, or one bad file among several, never stops the rest.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from backend.collector import without_collector
from backend.errors import BadData, NoSuchSource, ParcoursError, SourceUnavailable
from backend.feed_input import CHUNK_BYTES, STDIN, Damaged, FeedInput, Unreadable, find_files
from backend.feed_reading import FeedReader, Options, Piece
from backend.feeds import find_format
from backend.ingest_result import FeedResult, Progress, Summary
from backend.record import LOG_RECORDS, Added, Decoded, Record, Rejected

BATCH_RECORDS, BATCH_BYTES = 50_000, 16 << 20
"""A bulk load commits after so much at most; what comes live is committed when nothing more waits."""
LONG_COMMIT_S = 0.5
"""A commit that took longer makes the next batches smaller: other writers wait for it."""
POLL_S = 0.2
"""How long a followed feed is left alone when it had nothing new."""

_FEED_ERRORS = (BadData, NoSuchSource, Unreadable)
"""What one feed can be guilty of; a store raises none of these while it adds."""


class Writer(Protocol):
    """What ingest needs of a store."""

    def add(
        self,
        pieces: Sequence[Decoded],
        rejected: Sequence[Rejected] = (),
        *,
        format: str = "",
        account: str = "default",
        product: str = "",
        positions: Mapping[str, str] | None = None,
    ) -> Added: ...

    def position(self, name: str) -> str | None: ...


class Ingest:
    """One run over some feeds into one store. `summary` is right at any moment, whatever ends the run."""

    def __init__(
        self,
        store: Writer,
        options: Options,
        *,
        tell: Callable[[Progress], None] = lambda progress: None,
        monotonic_s: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.summary = Summary(added=Added(), reasons=Counter(), feeds=[], warnings=[])
        self._store = store
        self._options = options
        self._format = find_format(options.format) if options.format is not None else None
        self._tell = tell
        self._monotonic_s = monotonic_s
        self._sleep = sleep
        self._started_s = monotonic_s()
        self._done_bytes = 0
        self._total_bytes: int | None = None
        self._most_records = max(BATCH_RECORDS // 10, 1)
        """Records in a batch, by how long the last ones took."""

    def read(self, names: Sequence[str]) -> Summary:
        """Read feeds to their ends: files, folders of files, or "-" for standard input.

        A feed that cannot be read is among `summary.failures`. Raises: NoSuchSource for a name that is not
        there, before anything is read; BadData for folders without files; the store's errors.
        """
        files = _files(names)
        self._total_bytes = _total_bytes(files)
        for name in files:
            self._done_bytes += self._read_one(name)
        return self.summary

    def follow(self, names: Sequence[str]) -> Summary:
        """Read files and go on as they grow, are rotated or begin anew. Ends by an exception only, or with
        standard input. Raises as `read` does."""
        files = _files(names)
        if STDIN in files:
            return self.read(files)
        running: list[_Run] = []
        try:
            for name in files:
                self._add_to(running, self._begin(name, may_grow=True))
            while running:
                was_full = [self._advance(run) for run in running]
                for run in [run for run in running if self._is_gone(run)]:
                    running.remove(run)
                    self._add_to(running, self._replaced(run))
                if not any(was_full):
                    self._sleep(POLL_S)
        finally:
            for run in running:
                run.reader.feed.close()
        return self.summary

    # --- one feed to its end ---------------------------------------------------------------------------

    def _read_one(self, name: str) -> int:
        """Answers how many bytes of it, as they lie on disk, are done."""
        run = self._begin(name)
        if run is None:
            return 0
        try:
            with without_collector():
                self._read_to_end(run)
        except _FEED_ERRORS as error:
            self._fail(name, error)
        else:
            self.summary.feeds.append(run.result())
        finally:
            run.reader.feed.close()
        return run.reader.feed.offset if run.reader.feed.is_plain else 0

    def _read_to_end(self, run: _Run) -> None:
        while chunk := self._chunk(run):
            run.take(chunk)
            if self._is_full(run) or run.reader.feed.is_waiting():
                self._commit(run)
            self._report(run)
        run.finish()
        self._commit(run)

    def _begin(self, name: str, *, may_grow: bool = False) -> _Run | None:
        """The feed, opened and put where an earlier run got to; None where it cannot be read at all."""
        try:
            feed = FeedInput(name)
        except _FEED_ERRORS as error:
            self._fail(name, error)
            return None
        reader = FeedReader(feed, self._options, self._format)
        saved = self._store.position(reader.position_name) if reader.position_name else None
        if saved is not None:
            reader.resume(saved, may_grow=may_grow)
        return _Run(reader)

    def _chunk(self, run: _Run) -> bytes:
        """The next bytes; the end of what is damaged is an end, and is set aside as such."""
        try:
            return run.reader.feed.read(CHUNK_BYTES)
        except Damaged as error:
            run.keep([Rejected(raw=b"", reason=str(error), place=run.reader.feed.name)])
            return b""

    def _commit(self, run: _Run) -> None:
        """Store what was read of the feed, and how far that leads, in one transaction."""
        if not run.has_news:
            return
        format = run.reader.format
        started_s = self._monotonic_s()
        added = self._store.add(
            run.pieces,
            run.rejected,
            format=format.name if format else "",
            product=format.product if format else "",
            account=self._options.account,
            positions=run.reader.positions(),
        )
        self._suit_batches(self._monotonic_s() - started_s)
        self.summary.added = self.summary.added.add(added)
        self.summary.reasons.update(piece.reason for piece in run.rejected)
        if run.has_zoneless and self._options.zone is None:
            self._warn(f"times without a zone are read as UTC ({run.reader.feed.shown}); use --tz")
        run.clear()
        self._report(run)

    def _is_full(self, run: _Run) -> bool:
        return run.records >= self._most_records or run.bytes >= BATCH_BYTES

    def _suit_batches(self, took_s: float) -> None:
        if took_s > LONG_COMMIT_S:
            self._most_records = max(self._most_records // 2, 1)
        elif took_s < LONG_COMMIT_S / 2:
            self._most_records = min(self._most_records * 2, BATCH_RECORDS)

    def _warn(self, warning: str) -> None:
        if warning not in self.summary.warnings:
            self.summary.warnings.append(warning)

    def _fail(self, name: str, error: ParcoursError) -> None:
        self.summary.feeds.append(FeedResult(name=name, failure=error))

    def _report(self, run: _Run) -> None:
        added = self.summary.added
        self._tell(
            Progress(
                feed=run.reader.feed.name,
                records=added.read + run.records,
                rejected=added.rejected + len(run.rejected),
                read_bytes=self._done_bytes + run.reader.feed.read_bytes,
                total_bytes=self._total_bytes,
                elapsed_s=self._monotonic_s() - self._started_s,
            )
        )

    # --- feeds that grow -------------------------------------------------------------------------------

    def _advance(self, run: _Run) -> bool:
        """Read what is new in a followed feed. Answers whether there is likely more at once."""
        if self._is_full(run):  # the store could not take it a moment ago
            self._commit_if_free(run)
            return False
        try:
            chunk = self._chunk(run)
            if chunk:
                run.take(chunk)
            is_caught_up = len(chunk) < (CHUNK_BYTES if run.reader.feed.is_plain else 1)
            if is_caught_up:
                run.settle()
        except _FEED_ERRORS as error:
            self._fail(run.reader.feed.name, error)
            run.is_over = True
            return False
        if self._is_full(run) or is_caught_up:
            self._commit_if_free(run)
        return not is_caught_up

    def _commit_if_free(self, run: _Run) -> None:
        """A store that others keep busy is asked again at the next look: a follower goes on."""
        try:
            self._commit(run)
        except SourceUnavailable as error:
            self._warn(f"waited for the database: {error}")

    def _is_gone(self, run: _Run) -> bool:
        """Whether there is nothing more to read in what was opened under this name."""
        return run.is_over or run.reader.feed.was_truncated() or run.reader.feed.was_replaced()

    def _replaced(self, run: _Run) -> _Run | None:
        """The run of the file that stands in the place of another now; None where the feed is over."""
        feed = run.reader.feed
        try:
            if run.is_over:
                return None
            if not feed.was_truncated():
                self._drain(run)
        finally:
            feed.close()
        return self._begin(feed.name, may_grow=True)

    def _drain(self, run: _Run) -> None:
        """Read what was still written into a file after it was renamed."""
        try:
            while chunk := self._chunk(run):
                run.take(chunk)
            run.finish()
        except _FEED_ERRORS as error:
            self._fail(run.reader.feed.name, error)
        self._commit(run)

    def _add_to(self, running: list[_Run], run: _Run | None) -> None:
        if run is not None:
            running.append(run)


class _Run:
    """One feed while it is read, with what waits for the next transaction."""

    def __init__(self, reader: FeedReader) -> None:
        self.reader = reader
        self.is_over = False
        self.has_zoneless = False
        """Whether any record's time carried no zone."""
        self.clear()

    def clear(self) -> None:
        self.pieces: list[Decoded] = []
        self.rejected: list[Rejected] = []
        self.records = 0
        self.bytes = 0

    def take(self, chunk: bytes) -> None:
        self.keep(self.reader.take(chunk))

    def finish(self) -> None:
        self.keep(self.reader.finish())

    def settle(self) -> None:
        self.keep(self.reader.settle())

    def keep(self, pieces: Sequence[Piece]) -> None:
        for piece in pieces:
            self.bytes += len(piece.raw)
            if isinstance(piece, Rejected):
                self.rejected.append(piece)
            else:
                self.pieces.append(piece)
                self.records += len(piece.records)
                self.has_zoneless = self.has_zoneless or any(map(_is_zoneless, piece.records))

    @property
    def has_news(self) -> bool:
        return bool(self.pieces or self.rejected)

    def result(self) -> FeedResult:
        reader = self.reader
        return FeedResult(
            name=reader.feed.name,
            format=reader.format.name if reader.format else None,
            resumed_at=reader.resumed_at,
            unchanged=reader.resumed_at is not None and reader.resumed_at == reader.feed.offset,
        )


def _is_zoneless(record: Record) -> bool:
    return isinstance(record, LOG_RECORDS) and record.key_ms is not None


def _files(names: Sequence[str]) -> list[str]:
    files = find_files(names)
    if not files:
        raise BadData(f"there is no file in {', '.join(names)}")
    return files


def _total_bytes(files: Sequence[str]) -> int | None:
    """Bytes of all files together; None where one has no end to know."""
    paths = [Path(name) for name in files]
    if not all(path.is_file() for path in paths):
        return None
    return sum(path.stat().st_size for path in paths)

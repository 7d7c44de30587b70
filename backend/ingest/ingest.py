"""Feeds into a store: read, recognise, frame, decode, batch, add; what is no record is set aside.

Feeds are read one after the other, or followed together while they grow. Where reading got to is saved
in the same transaction as what was read, so an ingest that died goes on where it was, and one that is
run again changes no count. One bad record, or one bad file among several, never stops the rest.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Protocol

from backend.collector import without_collector
from backend.errors import BadData, ParcoursError, SourceUnavailable
from backend.feeds import find_format
from backend.ingest.decoding_apart import OtherProcess, can_go_apart
from backend.ingest.feed_input import CHUNK_BYTES, STDIN, FeedInput, find_files
from backend.ingest.feed_reading import FeedReader, Options
from backend.ingest.feed_run import FeedRun
from backend.ingest.feed_steps import FEED_ERRORS, Step, read_steps
from backend.ingest.result import FeedResult, Progress, Summary
from backend.record import Added, Decoded, Rejected

BATCH_RECORDS, BATCH_BYTES = 50_000, 16 << 20
"""A bulk load commits after so much at most; what comes live is committed when nothing more waits."""
COMMIT_S = 0.7
"""How long a bulk load's commits may take: other writers wait for them. Fewer, larger ones cost less."""
POLL_S = 0.2
"""How long a followed feed is left alone when it had nothing new."""
LARGE_BYTES = 4 << 20
"""Feeds that have more than this together are decoded in another process, whose start would cost a small one
more than it saves."""


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
        with self._decoder() as decoder:
            for name in files:
                self._done_bytes += self._read_one(name, decoder)
        return self.summary

    def _decoder(self) -> AbstractContextManager[OtherProcess | None]:
        """Another process to decode in, where that pays."""
        is_large = self._total_bytes is not None and self._total_bytes >= LARGE_BYTES
        return OtherProcess(self._options) if is_large and can_go_apart(self._options) else nullcontext()

    def follow(self, names: Sequence[str]) -> Summary:
        """Read files and go on as they grow, are rotated or begin anew. Ends by an exception only, or with
        standard input. Raises as `read` does."""
        files = _files(names)
        if STDIN in files:
            return self.read(files)
        running: list[FeedRun] = []
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

    def _read_one(self, name: str, decoder: OtherProcess | None) -> int:
        """Answers how many bytes of it, as they lie on disk, are done."""
        run = self._begin(name)
        if run is None:
            return 0
        try:
            with without_collector():
                for step in self._steps(run, decoder):
                    run.keep(step)
                    if self._is_full(run) or run.last.is_waiting:
                        self._commit(run)
                    self._report(run)
                self._commit(run)
        except FEED_ERRORS as error:
            self._fail(name, error)
        else:
            self.summary.feeds.append(run.result())
        finally:
            run.reader.feed.close()
        return run.last.offset if run.reader.feed.is_plain else 0

    def _steps(self, run: FeedRun, decoder: OtherProcess | None) -> Iterator[Step]:
        reader = run.reader
        if decoder is None or reader.feed.size_bytes == reader.feed.offset:
            return read_steps(reader, CHUNK_BYTES)
        return decoder.steps(reader.feed.name, run.saved, CHUNK_BYTES)

    def _begin(self, name: str, *, may_grow: bool = False) -> FeedRun | None:
        """The feed, opened and put where an earlier run got to; None where it cannot be read at all."""
        try:
            feed = FeedInput(name)
        except FEED_ERRORS as error:
            self._fail(name, error)
            return None
        reader = FeedReader(feed, self._options, self._format)
        position_name = reader.position_name
        saved = self._store.position(position_name) if position_name else None
        if saved is not None:
            reader.resume(saved, may_grow=may_grow)
        return FeedRun(reader, position_name, saved)

    def _commit(self, run: FeedRun) -> None:
        """Store what was read of the feed, and how far that leads, in one transaction."""
        if not run.has_news:
            return
        started_s = self._monotonic_s()
        added = self._store.add(
            run.pieces,
            run.rejected,
            format=run.last.format,
            product=run.last.product,
            account=self._options.account,
            positions=run.positions(),
        )
        self._suit_batches(run.records, self._monotonic_s() - started_s)
        self.summary.added = self.summary.added.add(added)
        self.summary.reasons.update(piece.reason for piece in run.rejected)
        if run.has_zoneless and self._options.zone is None:
            self._warn(f"times without a zone are read as UTC ({run.reader.feed.shown}); use --tz")
        run.clear()
        self._report(run)

    def _is_full(self, run: FeedRun) -> bool:
        return run.records >= self._most_records or run.bytes >= BATCH_BYTES

    def _suit_batches(self, records: int, took_s: float) -> None:
        """Make the next ones so large that they take COMMIT_S, at most twice or half as large as the last."""
        most = self._most_records
        if took_s > COMMIT_S:
            self._most_records = max(int(records * COMMIT_S / took_s), most // 2, 1)
        elif took_s > 0:
            self._most_records = max(min(int(records * COMMIT_S / took_s), most * 2, BATCH_RECORDS), most)

    def _warn(self, warning: str) -> None:
        if warning not in self.summary.warnings:
            self.summary.warnings.append(warning)

    def _fail(self, name: str, error: ParcoursError) -> None:
        self.summary.feeds.append(FeedResult(name=name, failure=error))

    def _report(self, run: FeedRun) -> None:
        added = self.summary.added
        self._tell(
            Progress(
                feed=run.reader.feed.name,
                records=added.read + run.records,
                rejected=added.rejected + len(run.rejected),
                read_bytes=self._done_bytes + run.last.read_bytes,
                total_bytes=self._total_bytes,
                elapsed_s=self._monotonic_s() - self._started_s,
            )
        )

    # --- feeds that grow -------------------------------------------------------------------------------

    def _advance(self, run: FeedRun) -> bool:
        """Read what is new in a followed feed. Answers whether there is likely more at once."""
        if self._is_full(run):  # the store could not take it a moment ago
            self._commit_if_free(run)
            return False
        try:
            read_bytes = run.read(CHUNK_BYTES)
            is_caught_up = read_bytes < (CHUNK_BYTES if run.reader.feed.is_plain else 1)
            if is_caught_up:
                run.settle()
        except FEED_ERRORS as error:
            self._fail(run.reader.feed.name, error)
            run.is_over = True
            return False
        if self._is_full(run) or is_caught_up:
            self._commit_if_free(run)
        return not is_caught_up

    def _commit_if_free(self, run: FeedRun) -> None:
        """A store that others keep busy is asked again at the next look: a follower goes on."""
        try:
            self._commit(run)
        except SourceUnavailable as error:
            self._warn(f"waited for the database: {error}")

    def _is_gone(self, run: FeedRun) -> bool:
        """Whether there is nothing more to read in what was opened under this name."""
        return run.is_over or run.reader.feed.was_truncated() or run.reader.feed.was_replaced()

    def _replaced(self, run: FeedRun) -> FeedRun | None:
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

    def _drain(self, run: FeedRun) -> None:
        """Read what was still written into a file after it was renamed."""
        try:
            for step in read_steps(run.reader, CHUNK_BYTES):
                run.keep(step)
        except FEED_ERRORS as error:
            self._fail(run.reader.feed.name, error)
        self._commit(run)

    def _add_to(self, running: list[FeedRun], run: FeedRun | None) -> None:
        if run is not None:
            running.append(run)


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

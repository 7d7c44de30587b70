"""The tracking workflow: a technical job that turns raw hits of access logs into tracking log rows.

Adobe Campaign's, as its users know it: it runs by itself, hourly as a rule, one run at a time, and tells
of each run when it was, what it read and wrote, and what went wrong. Where a run stopped in each log is
saved in the transaction of what it wrote, so a run that died is gone on with, and a log that is read
again changes nothing.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

import msgspec

from backend.errors import ParcoursError
from backend.facts import SKEW_MS
from backend.feeds.campaign.words import OPEN_URL_ID, PRODUCT
from backend.model import EventKind, TrackedLink
from backend.record import Added, Decoded, Event, Rejected, WorkflowRun
from backend.tracking.access_log import AccessLog, Found
from backend.tracking.bots import HoldingBack
from backend.tracking.hit_rows import event_of
from backend.tracking.hits import Hit
from backend.tracking.message_links import links_of
from backend.tracking.rotated import open_logs

FORMAT = "campaign-access-log"
WORKFLOW = "tracking"
BATCH = 5_000
"""Hits that one transaction holds at most."""
MOST_REASONS = 10
RUNNING, DONE, FAILED, INTERRUPTED = "running", "done", "failed", "interrupted"
DIED = "it ended without a word: killed, or the machine stopped"


class TrackingStore(Protocol):
    """What a run needs of a store."""

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

    def tracked_links(self, product: str, account: str) -> Mapping[tuple[str, str], TrackedLink]: ...

    def message_html(self, product: str, account: str, delivery: str) -> str | None: ...

    def workflow_runs(self, limit: int = 100) -> tuple[WorkflowRun, ...]: ...


class RunResult(msgspec.Struct, kw_only=True):
    """What a run did, as far as it got."""

    logs: int = 0
    hits: int = 0
    added: Added = msgspec.field(default_factory=Added)
    held_back: int = 0
    """Hits of the last seconds that the next run takes."""
    machine: int = 0
    """Hits of programs that say that they are bots."""
    unlisted: int = 0
    """Hits of links that the list of tracked URLs does not know: taken for clicks."""
    lost: tuple[str, ...] = ()
    """Logs whose earlier part was rotated away, not read to its end, and is not there any more."""
    reasons: Counter[str] = msgspec.field(default_factory=Counter)
    log: list[str] = []
    """What was read of which log."""


class TrackingWorkflow:
    """One run at a time over one store; see `backend.tracking.lease` for who may run."""

    def __init__(
        self,
        store: TrackingStore,
        *,
        account: str = "default",
        gap_s: int | None = 0,
        now_ms: Callable[[], int],
        tell: Callable[[RunResult], None] = lambda result: None,
    ) -> None:
        self._store = store
        self._account = account
        self._gap_s = gap_s
        self._now_ms = now_ms
        self._tell = tell
        self._messages: dict[str, Mapping[str, TrackedLink]] = {}
        """The links of messages, by delivery, as far as they were asked for."""

    def run(self, names: Sequence[str]) -> RunResult:
        """Reads the logs to their ends and records the run, whatever ends it.

        Raises: NoSuchSource, what FeedInput raises, the store's errors.
        """
        self._bury_the_dead()
        result = RunResult()
        run = WorkflowRun(
            product=PRODUCT,
            account=self._account,
            workflow=WORKFLOW,
            started_ms=self._now_ms(),
            status=RUNNING,
        )
        self._record(run)
        try:
            self._read(names, result)
        except ParcoursError as error:
            self._end(run, FAILED, result, str(error))
            raise
        except BaseException as error:
            self._end(run, INTERRUPTED, result, type(error).__name__)
            raise
        self._end(run, DONE, result, None)
        return result

    def _bury_the_dead(self) -> None:
        """Runs that never told their end did not run to it: whoever runs now holds the lease."""
        for run in self._store.workflow_runs():
            if (run.product, run.account, run.workflow, run.status) == (
                *(PRODUCT, self._account, WORKFLOW, RUNNING),
            ):
                self._record(msgspec.structs.replace(run, status=FAILED, error=DIED))

    def _end(self, run: WorkflowRun, status: str, result: RunResult, error: str | None) -> None:
        ended = msgspec.structs.replace(
            run,
            ended_ms=self._now_ms(),
            status=status,
            read=result.hits,
            written=result.added.new,
            rejected=result.added.rejected,
            error=error,
            log="\n".join(_log_lines(result)),
        )
        self._record(ended)

    def _record(self, run: WorkflowRun) -> None:
        self._store.add([Decoded(format=FORMAT, raw=b"", records=(run,))])

    # --- reading -----------------------------------------------------------------------------------------

    def _read(self, names: Sequence[str], result: RunResult) -> None:
        logs = open_logs(names, self._store.position)
        result.logs, result.lost = len(logs.opened), tuple(logs.lost)
        try:
            batch = _Batch(logs.opened, HoldingBack(self._gap_s), self._to_event())
            merged = heapq.merge(*(log.found() for log in logs.opened), key=lambda found: found.at_ms)
            for found in merged:
                batch.take(found, self._now_ms() + SKEW_MS)
                if batch.is_full:
                    self._commit(batch, result)
            batch.finish(self._now_ms())
            self._commit(batch, result)
            result.held_back = batch.held_back
        finally:
            result.log = [_read_line(log) for log in logs.opened]
            logs.close()

    def _commit(self, batch: _Batch, result: RunResult) -> None:
        added = self._store.add(
            batch.pieces,
            batch.rejected,
            format=FORMAT,
            product=PRODUCT,
            account=self._account,
            positions=batch.positions(),
        )
        result.added = result.added.add(added)
        result.hits += batch.hits
        result.reasons.update(piece.reason for piece in batch.rejected)
        for piece in batch.pieces:
            for event in piece.records:
                if isinstance(event, Event):
                    result.machine += event.machine
                    result.unlisted += event.url is None and event.kind is EventKind.CLICKED
        batch.clear()
        self._tell(result)

    def _to_event(self) -> Callable[[Hit], Event]:
        links = self._store.tracked_links(PRODUCT, self._account)
        by_key = {url: link for (_, url), link in links.items()}
        account, gap_s = self._account, self._gap_s

        def event(hit: Hit) -> Event:
            tracked = hit.link
            delivery, url = str(tracked.delivery_id), str(tracked.url_id)
            link = links.get((delivery, url)) or links.get(("", url)) or by_key.get(url)
            link = link or self._of_message(delivery, url)
            return event_of(hit, link, account, gap_s)

        return event

    def _of_message(self, delivery: str, url: str) -> TrackedLink | None:
        """What the message itself says of a link that no list knows."""
        if url == OPEN_URL_ID:
            return None
        if delivery not in self._messages:
            html = self._store.message_html(PRODUCT, self._account, delivery)
            self._messages[delivery] = links_of(html) if html else {}
        return self._messages[delivery].get(url)


def _read_line(log: AccessLog) -> str:
    return f"{log.feed.shown}: bytes {log.start:,} to {log.end:,}, {log.hits:,} hits"


def _log_lines(result: RunResult) -> Iterator[str]:
    """What a run tells of itself, for who looks at it later."""
    yield from result.log
    yield from (f"{name}: rotated since the last run, and its rest is gone" for name in result.lost)
    counts = (
        ("held back", result.held_back),
        ("by bots", result.machine),
        ("of no known link", result.unlisted),
    )
    yield from (f"{label}: {count:,} hits" for label, count in counts if count)
    yield from (
        f"set aside {count:,} x {reason}" for reason, count in result.reasons.most_common(MOST_REASONS)
    )


class _Batch:
    """What waits for the next transaction, and what is held back."""

    def __init__(
        self, logs: Sequence[AccessLog], rule: HoldingBack, to_event: Callable[[Hit], Event]
    ) -> None:
        self._logs = logs
        self._rule = rule
        self._to_event = to_event
        self._seen_ms = 0
        self._is_over = False
        self._ends = {log.position_name: log.end for log in logs}
        """Where the last line ends that was taken of each log; what is read ahead of that is not taken."""
        self._starts: dict[int, tuple[str, int]] = {}
        """By identity of a hit: its log, and where its line begins there."""
        self.clear()

    def clear(self) -> None:
        self.pieces: list[Decoded] = []
        self.rejected: list[Rejected] = []
        self.hits = 0

    @property
    def is_full(self) -> bool:
        return len(self.pieces) + len(self.rejected) >= BATCH

    @property
    def held_back(self) -> int:
        return len(self._rule.waiting)

    def take(self, found: Found, ahead_ms: int) -> None:
        self._ends[found.log.position_name] = found.end
        if found.rejected is not None:
            self.rejected.append(found.rejected)
            return
        assert found.hit is not None
        self.hits += 1
        self._starts[id(found.hit)] = (found.log.position_name, found.start)
        self._rule.take(found.hit)
        if self._seen_ms < found.at_ms <= ahead_ms:  # nothing is settled before the clock moves on
            self._seen_ms = found.at_ms
            self._settle(ahead_ms)

    def finish(self, now_ms: int) -> None:
        """There is nothing more to see that happened before `now_ms`."""
        self._is_over = True
        self._ends = {log.position_name: log.end for log in self._logs}
        self._seen_ms = max(self._seen_ms, now_ms)
        self._settle(now_ms + SKEW_MS)

    def _settle(self, ahead_ms: int) -> None:
        for hit in self._rule.settled(self._seen_ms, ahead_ms):
            self.pieces.append(Decoded(format=FORMAT, raw=hit.raw, records=(self._to_event(hit),)))

    def positions(self) -> dict[str, str]:
        """How far each log is read: up to the first line that has to be seen again."""
        self._starts = {id(hit): self._starts[id(hit)] for hit in self._rule.waiting}
        read_to = {log.position_name: self._ends[log.position_name] for log in self._logs}
        for name, start in self._starts.values():
            read_to[name] = min(read_to[name], start)
        held_back = {name for name, _ in self._starts.values()}
        done = set() if not self._is_over else read_to.keys() - held_back
        told: dict[str, str] = {}
        for log in self._logs:
            told.update(log.position(read_to[log.position_name], is_whole=log.position_name in done))
            if log.is_named and all(older.position_name in done for older in log.older):
                told.update(log.standing(read_to[log.position_name]))
        return told

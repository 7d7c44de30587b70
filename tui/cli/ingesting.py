"""Running an ingest from the command line: progress while it goes, and what it did in a few lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from backend.errors import ParcoursError
from backend.ingest.feed_reading import Options
from backend.ingest.ingest import Ingest
from backend.ingest.result import Progress, Summary
from backend.record import Added, Decoded, Rejected
from backend.sources.sqlite.writing import Store
from tui.cli import output

SHOWN_REASONS = 10
SHOWN_EVERY_S = 0.1


def ingest_into(
    path: Path,
    names: Sequence[str],
    options: Options | None = None,
    *,
    keep_raw: bool = True,
    follow: bool = False,
) -> int:
    """Read feeds into the database at `path`, made if it is not there, and tell what was done on stderr.

    Answers the exit code. Raises: what a store raises, and the failure of a feed where it was the only one.
    """
    with closing(_LateStore(path, keep_raw)) as store, output.progress() as line:
        run = Ingest(store, options or Options(), tell=_Shown(line))
        try:
            if follow:
                run.follow(names)
            else:
                run.read(names)
        finally:
            line.clear()
            _tell(run.summary, path)
    return _exit_code(run.summary)


class _LateStore:
    """A store that is made with the first record, so that a mistyped feed leaves no database behind."""

    def __init__(self, path: Path, keep_raw: bool) -> None:
        self._path = path
        self._keep_raw = keep_raw
        self._store: Store | None = Store(path, keep_raw=keep_raw) if path.exists() else None

    def position(self, name: str) -> str | None:
        return None if self._store is None else self._store.position(name)

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
        if self._store is None:
            self._store = Store(self._path, create=True, keep_raw=self._keep_raw)
        return self._store.add(
            pieces, rejected, format=format, account=account, product=product, positions=positions
        )

    def close(self) -> None:
        if self._store is not None:
            self._store.close()


class _Shown:
    """Puts the progress on its line, not more often than eyes can follow."""

    def __init__(self, line: output.Progress) -> None:
        self._line = line
        self._last_s = -SHOWN_EVERY_S

    def __call__(self, progress: Progress) -> None:
        if progress.elapsed_s - self._last_s < SHOWN_EVERY_S:
            return
        self._last_s = progress.elapsed_s
        fraction = None
        if progress.total_bytes:
            fraction = progress.read_bytes / progress.total_bytes
        aside = f", {progress.rejected:,} set aside" if progress.rejected else ""
        label = f"{progress.records:,} records, {progress.rate_per_s:,.0f}/s{aside}  {progress.feed}"
        self._line.show(label, fraction)


def _tell(summary: Summary, path: Path) -> None:
    for feed in summary.feeds:
        if feed.failure is None:
            output.note(_feed_line(feed.name, feed.format, feed.resumed_at, unchanged=feed.unchanged))
        elif len(summary.feeds) > 1:
            output.note(f"parcours: {feed.failure}")
    for warning in summary.warnings:
        output.note(f"warning: {warning}")
    added = summary.added
    parts = [
        f"read {added.read:,}",
        f"new {added.new:,}",
        f"repeated {added.repeats:,}",
        f"known {added.known:,}",
    ]
    if added.states:
        parts.append(f"states {added.states:,}")
    if added.older_than_archive:
        parts.append(f"older than the archive {added.older_than_archive:,}")
    if added.skewed:
        parts.append(f"dated ahead of the clock {added.skewed:,}")
    parts.append(f"set aside {added.rejected:,}")
    if len(summary.failures) < len(summary.feeds) or added.read or added.rejected:
        output.note(", ".join(parts))
    for reason, count in summary.reasons.most_common(SHOWN_REASONS):
        output.note(f"  {count:,} x {reason}")
    if len(summary.reasons) > SHOWN_REASONS:
        output.note(f"  and {len(summary.reasons) - SHOWN_REASONS} other reasons")
    if summary.reasons:
        output.note(f"see them with: parcours rejected --db {path}")


def _feed_line(name: str, format: str | None, resumed_at: int | None, *, unchanged: bool) -> str:
    shown = "standard input" if name == "-" else name
    if unchanged:
        return f"{shown}: nothing new since it was read"
    going_on = f", from byte {resumed_at:,} on, where it was read to" if resumed_at else ""
    return f"{shown}: {format or 'no records'}{going_on}"


def _exit_code(summary: Summary) -> int:
    failures: list[ParcoursError] = [feed.failure for feed in summary.feeds if feed.failure is not None]
    if failures and len(summary.feeds) == 1:
        raise failures[0]
    return failures[0].exit_code if failures else 0

"""Running the tracking workflow from the command line: once, or by schedule."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from backend.errors import ParcoursError
from backend.ingest.feed_input import find_files
from backend.sources.sqlite.migrating import exclusive
from backend.sources.sqlite.writing import Store
from backend.tracking.workflow import RunResult, TrackingWorkflow
from tui.cli import output
from tui.cli.reading import now_ms
from tui.cli.tracking import result_line


def run_once(path: Path, logs: tuple[str, ...], account: str, gap_s: int | None) -> int:
    """One run; what it did goes to stderr. Raises: SourceUnavailable where another run goes on; what the
    workflow raises."""
    result = RunResult()

    def tell(told: RunResult) -> None:
        line.show(f"{told.hits:,} hits", None)

    find_files(logs)  # a mistyped log must not leave a database behind
    with exclusive(path, ".tracking", "is being tracked"), closing(Store(path, create=True)) as store:
        with output.progress() as line:
            workflow = TrackingWorkflow(store, account=account, gap_s=gap_s, now_ms=now_ms, tell=tell)
            result = workflow.run(logs)
        output.note(result_line(result))
        for name in result.lost:
            output.note(f"  {name} was rotated since the last run, and the file with its rest is gone")
        for reason, count in result.reasons.most_common(10):
            output.note(f"  {count:,} x {reason}")
        if result.reasons:
            output.note(f"see them with: parcours rejected --db {path}")
    return 0


def run_by_schedule(
    path: Path,
    logs: tuple[str, ...],
    account: str,
    gap_s: int | None,
    every_ms: int,
    *,
    clock_ms: Callable[[], int] = now_ms,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Runs on and on, at whole multiples of the interval; ends by an exception only, such as a signal."""
    while True:
        try:
            run_once(path, logs, account, gap_s)
        except ParcoursError as error:
            output.note(f"parcours: {error}")
        wait_ms = every_ms - clock_ms() % every_ms
        sleep(wait_ms / 1000)

"""`make bench`: prints the table of goals, a row when it is known, and keeps it as JSON in bench/results.

N=10000000 says how many events (one million unless told); figures "at both sizes" are those of N and a
tenth of it. ONLY=pages, or several with commas, measures those groups only. A group that fails loses none of
the others. bench/README.md says what each measures.
"""

from __future__ import annotations

import asyncio
import os
import sys
import traceback
from collections.abc import Callable, Coroutine, Sequence

from bench import drawing, following, ingesting, peers, plans, reading, starting, stores, table
from bench.stores import Made
from bench.table import Row

DEFAULT_EVENTS = 1_000_000

Group = Callable[[int], Sequence[Row]]


Pair = Callable[[Made, Made], Sequence[Row] | Coroutine[None, None, Sequence[Row]]]


def _of_both(measure: Pair) -> Group:
    """A group that is asked of the store of a tenth of N and of that of N."""

    def group(events: int) -> Sequence[Row]:
        found = measure(stores.store_of(max(events // 10, 1)), stores.store_of(events))
        return asyncio.run(found) if isinstance(found, Coroutine) else found

    return group


GROUPS: dict[str, Group] = {
    "ingest": ingesting.ingest_rows,
    "decay": ingesting.decay_rows,
    "start": _of_both(starting.first_frame_rows),
    "headless": _of_both(starting.headless_rows),
    "pages": _of_both(reading.page_rows),
    "substring": _of_both(reading.substring_rows),
    "reports": _of_both(reading.report_rows),
    "paint": _of_both(following.paint_rows),
    "readers": _of_both(following.reader_rows),
    "scroll": _of_both(drawing.scroll_rows),
    "tail": _of_both(following.tail_rows),
    "bytes": _of_both(drawing.byte_rows),
    "peers": peers.peer_rows,
    "plans": plans.plan_rows,
}


def main() -> int:
    """Answers 2 for a group that there is not, 1 where a group failed."""
    events = int(os.environ.get("N") or DEFAULT_EVENTS)
    wanted = [name for name in os.environ.get("ONLY", "").split(",") if name] or list(GROUPS)
    if unknown := [name for name in wanted if name not in GROUPS]:
        print(f"ONLY={','.join(unknown)}: there are {', '.join(GROUPS)}", file=sys.stderr)
        return 2
    rows: list[Row] = []
    failed: list[str] = []
    table.print_head()
    for name in wanted:
        try:
            found = GROUPS[name](events)
        except Exception:  # what was measured before is worth keeping, and so is what comes behind
            traceback.print_exc()
            failed.append(name)
            continue
        for row in found:
            table.print_row(row)
        rows += found
    print(f"kept in {table.keep(rows, events, failed)}", file=sys.stderr)
    if failed:
        print(f"not measured: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""`make bench`: makes a store of N events (100,000 unless N is set), prints the table, keeps it as JSON."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from bench.rows import Row, build, headless_row, ingest_row, page_rows, replay_row


def main() -> None:
    events = int(os.environ.get("N", "100000"))
    with tempfile.TemporaryDirectory(prefix="parcours-bench-") as folder:
        print(f"making a store of {events:,} events ...", file=sys.stderr)
        stage = build(Path(folder) / "bench.db", events)
        rows = [ingest_row(stage), replay_row(stage), headless_row(stage), *page_rows(stage)]
    print(f"{'':55} {'ratio':>8} {'goal':>8}")
    for row in rows:
        print(_line(row))
    target = Path(__file__).parent / "results" / f"{time.strftime('%Y%m%d-%H%M%S')}-{events}.json"
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(msgspec.json.format(msgspec.json.encode(rows)))


def _line(row: Row) -> str:
    return f"{row.name:55} {row.ratio:8.2f} {row.goal:>8} {'' if row.is_met else 'missed':6} {row.detail}"


if __name__ == "__main__":
    main()

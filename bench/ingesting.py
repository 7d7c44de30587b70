"""Goals 1 to 3: taking feeds in, as `parcours ingest` does, against a plain insert of ready tuples.

Rates are rows a CPU second of all the program's processes, so that what else the machine does shows little.
"""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
from collections import Counter
from pathlib import Path

from bench import data, stores
from bench.table import Row

REPLAYED = 100_000
SLICE = 50_000
LATER_MESSAGES = 1_000_000_000
"""A number that no message of a store has."""


def ingest_rows(events: int) -> list[Row]:
    """Full ingest with its split by stage, and the replay of it."""
    made = stores.make(min(events, stores.BASE_EVENTS))
    cpu_s = sum(part.cpu_s for part in made.slices)
    wall_s = sum(part.wall_s for part in made.slices)
    plain = statistics.median(part.plain_per_cpu_s for part in made.slices)
    rate = made.events / cpu_s
    samples: Counter[str] = Counter()
    for part in made.slices:
        samples.update(part.samples)
    split = ", ".join(f"{part} {n / samples.total():.0%}" for part, n in samples.most_common())
    peak_mb = max(part.peak_mb for part in made.slices)
    return [
        Row(
            goal_number=1,
            name="full ingest / plain insert, rows a CPU second",
            value=rate / plain,
            goal=">= 0.2",
            detail=f"{rate:,.0f} against {plain:,.0f}; {made.events / wall_s:,.0f} a second of wall time, "
            f"{made.size_mb * 1e6 / made.events:.0f} B a row, peak {peak_mb:.0f} MB",
        ),
        Row(goal_number=1, name="  where its CPU time goes", value=100.0, unit="%", detail=split),
        _apart_row(),
        *_replay_rows(),
    ]


def _apart_row() -> Row:
    """The same with a process that decodes, by wall time: what else the machine does shows here."""
    with tempfile.TemporaryDirectory(prefix="apart-", dir=stores.folder()) as name:
        scratch = Path(name)
        (files,) = data.write_slices(scratch, REPLAYED, 1)
        one, two = (
            stores.ingest(scratch / f"{number}.db", files, scratch, events=REPLAYED, processes=number)
            for number in (1, 2)
        )
    return Row(
        goal_number=1,
        name="  in two processes, rows a second / plain insert",
        value=two.events / two.wall_s / two.plain_per_cpu_s,
        goal=">= 0.3",
        detail=f"{two.events / two.wall_s:,.0f} a second, {one.events / one.wall_s:,.0f} in one; "
        f"a CPU second {two.per_cpu_s:,.0f} against {one.per_cpu_s:,.0f}",
    )


def _replay_rows() -> list[Row]:
    """The same feeds again under other names, into what they made: everything is known."""
    with tempfile.TemporaryDirectory(prefix="replay-", dir=stores.folder()) as name:
        scratch = Path(name)
        path = scratch / "bench.db"
        data.write_definitions(scratch / "definitions.ndjson")
        stores.ingest(path, [scratch / "definitions.ndjson"], scratch)
        (files,) = data.write_slices(scratch, REPLAYED, 1)
        first = stores.ingest(path, files, scratch, events=REPLAYED)
        before = _rollups(path)
        again = [file.rename(file.with_suffix(".again")) for file in files]
        copies = [Path(file.with_suffix(".ndjson")) for file in again]
        for one, copy in zip(again, copies, strict=True):  # a file of another inode is read from its start
            copy.write_bytes(one.read_bytes())
        replay = stores.ingest(path, copies, scratch, events=REPLAYED)
        drift = sum((_rollups(path) - before).values()) + sum((before - _rollups(path)).values())
    return [
        Row(
            goal_number=3,
            name="all of it again / first time, rows a CPU second",
            value=replay.per_cpu_s / first.per_cpu_s,
            goal=">= 3",
            detail=f"{replay.per_cpu_s:,.0f} against {first.per_cpu_s:,.0f}, start of the program included",
        ),
        Row(goal_number=3, name="  counts that the replay changed", value=drift, unit="", goal="<= 0"),
    ]


def _rollups(path: Path) -> Counter[tuple[object, ...]]:
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        return Counter({row[:-1]: row[-1] for row in db.execute("SELECT * FROM rollup")})


def decay_rows(events: int) -> list[Row]:
    """One slice of new traffic taken into the large store, against the same into that of a tenth of it."""
    small, large = stores.store_of(max(events // 10, 1)), stores.store_of(events)
    one, two = _next_slice(small), _next_slice(large)
    return [
        Row(
            goal_number=2,
            name=f"the next {SLICE:,} on {large.events:,} / on {small.events:,}, CPU time",
            value=two.per_cpu_s / one.per_cpu_s,
            goal=">= 0.9",
            detail=f"{two.per_cpu_s:,.0f} against {one.per_cpu_s:,.0f} a CPU second; "
            f"wall {one.wall_s / two.wall_s:.2f}, peak {two.peak_mb:.0f} and {one.peak_mb:.0f} MB",
        )
    ]


def _next_slice(made: stores.Made) -> stores.Slice:
    """What taking in some traffic after that of the store takes; the store stays as it is."""
    with stores.copied(made) as path:
        start_ms = made.newest_ms + 1000
        (files,) = data.write_slices(path.parent, SLICE, 1, first=LATER_MESSAGES, start_ms=start_ms)
        return stores.ingest(path, files, path.parent, events=SLICE)

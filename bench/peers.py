"""Goal 14: the console beside other programs on the same rows, those of them that are installed.

`make bench-peers` (N=1000000 unless told): lnav, toolong (`tl`) and VisiData (`vd`) until the first row of
the data can be read on a terminal, and what then lies in memory; lnav without a screen, grep and the sqlite3
command looking for one rare address. The others pay when they open, we when we take a feed in.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench import data, stores, table
from bench.starting import CONSOLE_SAYS
from bench.stores import PROGRAM, ROOT, Made
from bench.table import Row
from bench.terminal import EMPTY, EMPTY_SAYS, Watched, console

ROUNDS = 5
RARE = f"person{data.CONTACTS // 3}@"
LNAV_FORMAT = {
    "bench": {
        "title": "bench",
        "json": True,
        "hide-extra": True,
        "line-format": [{"field": "__timestamp__"}, " ", {"field": "event"}, " ", {"field": "email"}],
        "timestamp-field": "ts_epoch",
        "timestamp-divisor": 1000,
        "value": {"event": {"kind": "string"}, "email": {"kind": "string"}},
    }
}


def main() -> int:
    events = int(os.environ.get("N") or 1_000_000)
    rows = peer_rows(events)
    table.print_head()
    for row in rows:
        table.print_row(row)
    print(f"kept in {table.keep(rows, events)}", file=sys.stderr)
    return 0


def peer_rows(events: int) -> list[Row]:
    """The console and the programs that are here, on a store and a feed of so many events."""
    made = stores.store_of(events)
    feed = stores.folder() / f"{events}.ndjson"
    if not feed.exists():
        with feed.open("wb") as file:
            file.writelines(data.webhook_lines(events))
    with tempfile.TemporaryDirectory() as home:
        _install_lnav_format(Path(home))
        return [*_screens(made, feed, Path(home)), *_searches(made, feed, Path(home))]


def _screens(made: Made, feed: Path, home: Path) -> list[Row]:
    """Until data can be read on the screen, against ours, and memory then."""
    ours_s, ours_mb = _shown([], home, CONSOLE_SAYS, made)
    empty_s, empty_mb = _shown(list(EMPTY), home, EMPTY_SAYS)
    rows = [
        Row(
            goal_number=14,
            name="console: first screen with data",
            value=ours_s * 1000,
            unit="ms",
            detail=f"{ours_mb:.0f} MB; an empty Textual app {empty_s * 1000:.0f} ms, {empty_mb:.0f} MB",
        )
    ]
    for name, command, goal in (
        ("toolong", ["tl", str(feed)], ">= 4"),
        ("lnav", ["lnav", str(feed)], ">= 12"),
        ("VisiData", ["vd", str(made.path)], ""),
    ):
        if shutil.which(command[0]) is None:
            rows.append(Row(goal_number=14, name=f"{name}: not installed", value=None, goal=goal))
            continue
        says = "event_log" if name == "VisiData" else "@domain"
        try:
            seconds, memory_mb = _shown(command, home, says)
        except RuntimeError:
            rows.append(
                Row(goal_number=14, name=f"{name}: no row on its screen in time", value=None, goal=goal)
            )
            continue
        rows.append(
            Row(
                goal_number=14,
                name=f"{name} / console, first screen with data",
                value=seconds / ours_s,
                goal=goal,
                detail=f"{seconds * 1000:.0f} ms, {memory_mb:.0f} MB ({ours_mb / memory_mb:.2f} of it ours)",
            )
        )
    return rows


def _shown(command: list[str], home: Path, says: str, made: Made | None = None) -> tuple[float, float]:
    """Median seconds until a text can be read, and the megabytes of the last one."""
    times, memory_mb = [], 0.0
    env = {"HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config")}
    for _ in range(ROUNDS):
        with console(made.path, home) if made else Watched(command, env) as program:
            times.append(program.wait_for(says))
            memory_mb = program.memory_mb
    return statistics.median(times), memory_mb


def _searches(made: Made, feed: Path, home: Path) -> list[Row]:
    """One rare address among all rows, each program whole: its start is in the figure."""
    env = {**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config")}
    filtered = [*PROGRAM, "-s", str(made.path), "logs", "event", "--filter", RARE, "--format", "json"]
    ours_s = _took_s(filtered, env)
    people = f"SELECT contact_id FROM identity WHERE value LIKE '%{RARE}%'"
    sql = f"SELECT count(*) FROM event_log WHERE contact_id IN ({people})"
    found = [
        Row(
            goal_number=14,
            name="console's twin: rows of one rare address",
            value=ours_s * 1000,
            unit="ms",
            detail="parcours logs event --filter, its start included",
        )
    ]
    for name, command in (
        ("grep -F", ["grep", "-cF", RARE, str(feed)]),
        ("sqlite3, LIKE", ["sqlite3", str(made.path), sql]),
        ("lnav -n", ["lnav", "-n", "-c", f":filter-in {RARE}", str(feed)]),
    ):
        if shutil.which(command[0]) is None:
            found.append(Row(goal_number=14, name=f"{name}: not installed", value=None))
            continue
        seconds = _took_s(command, env)
        found.append(
            Row(
                goal_number=14,
                name=f"{name} / ours, rows of one rare address",
                value=seconds / ours_s,
                detail=f"{seconds * 1000:.0f} ms",
            )
        )
    return found


def _took_s(command: Sequence[str], env: dict[str, str]) -> float:
    times = []
    for _ in range(ROUNDS):
        started_s = time.perf_counter()
        subprocess.run(
            command, cwd=ROOT, env=env, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        times.append(time.perf_counter() - started_s)
    return statistics.median(times)


def _install_lnav_format(home: Path) -> None:
    """What lnav needs to read our feed as a log; in a home of its own it restores no earlier session."""
    folder = home / ".config" / "lnav" / "formats" / "installed"
    folder.mkdir(parents=True)
    (folder / "bench.json").write_text(json.dumps(LNAV_FORMAT))


if __name__ == "__main__":
    sys.exit(main())

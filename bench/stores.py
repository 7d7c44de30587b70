"""Stores of made-up traffic, made once and kept in bench/stores, or where $PARCOURS_BENCH_DIR says.

Up to 200,000 events the program's own ingest makes them, and what that took is written beside the store,
slice by slice, together with what inserting plain rows took right after. A larger store is that one, grown
(bench/growing.py).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from backend.sources.sqlite.newest import seek_again
from backend.sources.sqlite.schema import MIGRATIONS, SCHEMA_1, SCHEMA_VERSION
from bench import data, growing

ROOT = Path(__file__).parents[1]
PROGRAM = (sys.executable, "-c", "import sys; from tui.cli import main; sys.exit(main())")
BASE_EVENTS = 200_000
"""The largest store that is ingested whole."""
SLICES, LEAST_SLICED = 10, 100_000
PLAIN_ROWS = 100_000
"""Rows of the plain insert that each slice is compared with."""
COLUMNS = 17


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """What taking in one slice took, all processes of the program together."""

    events: int
    cpu_s: float
    wall_s: float
    plain_per_cpu_s: float
    """Rows of ready tuples a CPU second into a table without any index, measured right after."""
    peak_mb: float
    samples: dict[str, int]

    @property
    def per_cpu_s(self) -> float:
        return self.events / self.cpu_s


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A store, and what making it took; of a grown one what making the first part took."""

    events: int
    shape: str
    """Tells stores of another schema or other traffic from this one."""
    slices: tuple[Slice, ...]

    @property
    def path(self) -> Path:
        return _path(self.events)

    @property
    def newest_ms(self) -> int:
        """Own time of the newest row: "now" of what reads it."""
        with sqlite3.connect(f"file:{self.path}?mode=ro", uri=True) as db:
            found = [db.execute(f"SELECT max(ts) FROM {log}").fetchone()[0] for log in _LOGS]
        return int(max(found))

    @property
    def size_mb(self) -> float:
        return self.path.stat().st_size / 1e6


_LOGS = ("event_log", "scenario_log")


def folder() -> Path:
    return Path(os.environ.get("PARCOURS_BENCH_DIR") or ROOT / "bench" / "stores")


def store_of(events: int) -> Made:
    """The store of so many events, made where it is not there yet."""
    try:
        made = msgspec.json.decode(_notes(events).read_bytes(), type=Made)
    except (FileNotFoundError, msgspec.MsgspecError):
        return make(events)
    if made.shape != _shape(events) or not made.path.exists():
        return make(events)
    _bring_forward(made.path)
    return made


def make(events: int) -> Made:
    """Makes the store anew."""
    folder().mkdir(parents=True, exist_ok=True)
    path = _path(events)
    for old in (path, _notes(events), Path(f"{path}-wal"), Path(f"{path}-shm")):
        old.unlink(missing_ok=True)
    print(f"making a store of {events:,} events ...", file=sys.stderr, flush=True)
    if events <= BASE_EVENTS:
        slices = _ingested(path, events)
    else:
        copies, rest = divmod(events, BASE_EVENTS)
        if rest:
            raise SystemExit(f"N={events}: above {BASE_EVENTS:,} only multiples of it")
        base = store_of(BASE_EVENTS)
        growing.grow(base.path, path, copies)
        _seek_newest(path)
        slices = base.slices
    made = Made(events=events, shape=_shape(events), slices=slices)
    _notes(events).write_bytes(msgspec.json.encode(made))
    return made


def _bring_forward(path: Path) -> None:
    """A store of an older version as the program would leave it, but without a backup of made-up rows."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        (version,) = db.execute("PRAGMA user_version").fetchone()
        for number in range(version, SCHEMA_VERSION):
            db.executescript(
                f"BEGIN IMMEDIATE;{MIGRATIONS[number]}PRAGMA user_version = {number + 1};COMMIT;"
            )


def _seek_newest(path: Path) -> None:
    """The times of the newest rows of a grown store."""
    with closing(sqlite3.connect(path)) as db, db:
        for place in db.execute("SELECT subject, subject_id, log FROM newest").fetchall():
            seek_again(db, place)


def _ingested(path: Path, events: int) -> tuple[Slice, ...]:
    """Takes the traffic in, in slices; answers what each took."""
    slices: list[Slice] = []
    with tempfile.TemporaryDirectory(prefix="feeds-", dir=folder()) as feeds:
        definitions = Path(feeds) / "definitions.ndjson"
        data.write_definitions(definitions)
        ingest(path, [definitions], Path(feeds))
        cuts = SLICES if events >= LEAST_SLICED else 1
        for number, files in enumerate(data.write_slices(Path(feeds), events, cuts)):
            size = events * (number + 1) // cuts - events * number // cuts
            slices.append(ingest(path, files, Path(feeds), events=size))
            told = f"  {number + 1}/{cuts}: {slices[-1].per_cpu_s:,.0f} events a CPU second"
            print(f"{told}, {slices[-1].wall_s:.0f} s", file=sys.stderr, flush=True)
    return tuple(slices)


def ingest(path: Path, files: list[Path], scratch: Path, *, events: int = 0, processes: int = 1) -> Slice:
    """What `parcours ingest` takes for these feeds, and what a plain insert takes on the same machine now.

    processes: in two, another one decodes.
    """
    notes = scratch / "samples.json"
    names = [str(file) for file in files]
    command = [
        sys.executable,
        "-m",
        "bench.sampled",
        str(notes),
        str(processes),
        "ingest",
        *names,
        "--db",
        str(path),
    ]
    before_s = time.perf_counter()
    child = subprocess.Popen([*command, "--account", "bench"], cwd=ROOT, stderr=subprocess.PIPE)
    assert child.stderr is not None
    told = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall_s = time.perf_counter() - before_s
    if status:
        raise RuntimeError(f"ingest failed: {told.decode()}")
    return Slice(
        events=events,
        cpu_s=usage.ru_utime + usage.ru_stime,
        wall_s=wall_s,
        plain_per_cpu_s=plain_rate(scratch) if events else 0.0,
        peak_mb=usage.ru_maxrss / 1024,
        samples=Counter(msgspec.json.decode(notes.read_bytes())),
    )


def plain_rate(scratch: Path) -> float:
    """Rows a CPU second of the fastest there is: ready tuples, no index, no key, by the same driver."""
    rows = [
        (number, *range(COLUMNS - 3), f"<{number}.20251009.bench@smtp-relay.example>", "x" * 130)
        for number in range(PLAIN_ROWS)
    ]
    path = scratch / "plain.db"
    path.unlink(missing_ok=True)
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute(f"CREATE TABLE t({','.join(f'c{n}' for n in range(COLUMNS))})")
    sql = f"INSERT INTO t VALUES({','.join('?' * COLUMNS)})"
    started_s = time.process_time()
    for start in range(0, PLAIN_ROWS, 10_000):
        db.execute("BEGIN")
        db.executemany(sql, rows[start : start + 10_000])
        db.execute("COMMIT")
    took_s = time.process_time() - started_s
    db.close()
    return PLAIN_ROWS / took_s


@contextmanager
def copied(made: Made) -> Iterator[Path]:
    """A copy of a store to write into."""
    with tempfile.TemporaryDirectory(prefix="copy-", dir=folder()) as scratch:
        path = Path(shutil.copy(made.path, Path(scratch) / "bench.db"))
        with path.open("rb+") as file:
            os.fsync(file)  # else the first commit writes the copy to disk, and pays for it
        yield path


def _path(events: int) -> Path:
    return folder() / f"{events}.db"


def _notes(events: int) -> Path:
    return _path(events).with_suffix(".json")


def _shape(events: int) -> str:
    """Changes with the first schema (later ones are added), the traffic, and how large stores are made."""
    told = SCHEMA_1.encode() + Path(data.__file__).read_bytes()
    if events > BASE_EVENTS:
        told += Path(growing.__file__).read_bytes()
    return hashlib.blake2b(told, digest_size=8).hexdigest()

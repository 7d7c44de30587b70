"""The demonstration's file: whatever ends a run, the next one leads to what one clean run leads to."""

from __future__ import annotations

import io
import json
import os
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import msgspec
import pytest

from backend.demo import keeping, living
from backend.demo.catalogue import ACCOUNT
from backend.demo.clockwork import REACH_MS
from backend.demo.decoding import decode
from backend.demo.definitions import definitions
from backend.demo.keeping import POSITION, default_path, prepare
from backend.demo.stream import Piece, stream
from backend.errors import NothingFound, Refused, SourceUnavailable
from backend.model import HOUR_MS
from backend.pipes import received, send
from backend.record import Decoded, DeliveryRecord, Event, Ref, ScenarioRecord, ScenarioRow
from backend.sources.sqlite.writing import Store

NOW_MS = int(datetime(2026, 3, 12, 10, tzinfo=UTC).timestamp()) * 1000
SPAN_MS = HOUR_MS
WAIT_S = 60


def nothing(share: float) -> None:
    """Progress that nobody looks at."""


def make(path: Path, now_ms: int = NOW_MS, span_ms: int = SPAN_MS) -> Path:
    prepare(path, now_ms=lambda: now_ms, progress=nothing, span_ms=span_ms)
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demonstration of one hour, to be copied."""
    return make(tmp_path_factory.mktemp("demo") / "demo.db")


@pytest.fixture
def demo(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(made, tmp_path / "demo.db"))


def ask(path: Path, sql: str) -> list[tuple]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(sql).fetchall()


def mark(path: Path, field: str) -> int:
    ((text,),) = ask(path, f"SELECT value FROM meta WHERE key = 'position:{POSITION}'")
    return json.loads(text)[field]


FACTS = (
    "SELECT ts, h, kind, class, flags, 0 FROM event_log UNION ALL "
    "SELECT ts, h, kind, 0, flags, 1 FROM scenario_log ORDER BY 1, 2, 6",
    "SELECT account_id, h, outcome, class, sent_ms, open_ms, click_ms FROM message ORDER BY 1, 2",
    "SELECT s.key, i.value, r.run, t.key, r.state, r.entered_ms FROM roster r JOIN scenario s ON s.id = "
    "r.scenario_id LEFT JOIN step t ON t.id = r.step_id JOIN identity i ON i.id = r.identity_id "
    "ORDER BY 1, 2, 3",
    "SELECT subject, grain, bucket, kind, sum(n) FROM rollup GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4",
)


def facts(path: Path) -> list[list[tuple]]:
    return [ask(path, sql) for sql in FACTS]


def test_the_first_start_makes_all_formats_and_subjects(made: Path) -> None:
    formats = {text for (text,) in ask(made, "SELECT w.text FROM feed f JOIN word w ON w.id = f.format_id")}
    assert {piece.format for piece in hour()} <= formats
    assert ask(made, "SELECT count(*) FROM rejected") == [(0,)]
    assert {name for (name,) in ask(made, "SELECT name FROM scenario WHERE alias_of IS NULL")} >= {
        "Welcome series",
        "Abandoned cart",
        "Loyalty onboarding",
        "Parcel on its way",
    }


def hour() -> list[Piece]:
    since_ms = NOW_MS - SPAN_MS
    return [p for s in stream(since_ms, NOW_MS, since_ms=since_ms) for p in s.pieces]


def test_deliveries_of_scenarios_are_joined_to_their_steps(made: Path) -> None:
    orphans = ask(
        made,
        "SELECT count(*) FROM event_log e JOIN delivery d ON d.id = e.delivery_id "
        "WHERE d.campaign_id IS NULL AND (e.scenario_id IS NULL OR d.step_id IS NULL)",
    )
    assert orphans == [(0,)]


def test_received_is_the_time_of_the_simulation(made: Path) -> None:
    assert ask(made, "SELECT count(*) FROM event_log WHERE received < ts") == [(0,)]
    assert ask(made, "SELECT max(received) FROM event_log") == [(NOW_MS,)]


def test_catching_up_gives_what_one_run_gives(made: Path, tmp_path: Path) -> None:
    path = make(tmp_path / "parts.db", NOW_MS - 25 * 60_000, SPAN_MS - 25 * 60_000)
    make(path, NOW_MS - 60_001)
    make(path)
    assert facts(path) == facts(made)


def test_a_second_start_at_the_same_time_changes_nothing(made: Path, demo: Path) -> None:
    make(demo)
    assert facts(demo) == facts(made)


@pytest.mark.parametrize("place", ["between", "inside"])
def test_a_start_that_was_killed_and_run_again_is_one_clean_run(
    made: Path, tmp_path: Path, place: str
) -> None:
    path = tmp_path / "killed.db"
    program = (
        "import os, sys\nfrom pathlib import Path\nfrom backend.demo import keeping\n"
        "keeping.BATCH = 300\n"
        "calls = []\n"
        "def kill(*given):\n"
        "    calls.append(given)\n"
        "    if len(calls) == 3: os.kill(os.getpid(), 9)\n"
        "    return given[0].now_ms if given and hasattr(given[0], 'now_ms') else None\n"
        "keeping.Clock.__call__ = kill if sys.argv[1] == 'inside' else keeping.Clock.__call__\n"
        "tell = kill if sys.argv[1] == 'between' else lambda share: None\n"
        f"keeping.prepare(Path({str(path)!r}), now_ms=lambda: {NOW_MS}, progress=tell, span_ms={SPAN_MS})\n"
    )
    killed = subprocess.run([sys.executable, "-c", program, place], timeout=WAIT_S, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert 0 < len(facts(path)[0]) < len(facts(made)[0])
    make(path)
    assert facts(path) == facts(made)


def test_after_a_long_gap_only_the_last_stretch_is_told_and_nobody_stays_inside_for_ever(
    demo: Path,
) -> None:
    later_ms = NOW_MS + 30 * HOUR_MS * 24
    make(demo, later_ms)
    (before,) = ask(demo, f"SELECT count(*) FROM event_log WHERE ts > {NOW_MS + REACH_MS} AND ts < "
                          f"{later_ms - SPAN_MS - REACH_MS}")  # fmt: skip
    assert before == (0,)
    assert ask(demo, f"SELECT count(*) FROM roster WHERE entered_ms < {later_ms - SPAN_MS}") == [(0,)]
    assert ask(demo, f"SELECT count(*) > 1000 FROM event_log WHERE ts > {later_ms - SPAN_MS}") == [(1,)]


def test_a_demonstration_of_another_making_is_made_anew(made: Path, demo: Path) -> None:
    with closing(sqlite3.connect(demo)) as db, db:
        db.execute("UPDATE meta SET value = json_set(value, '$.made_by', 0) WHERE key = 'position:demo'")
        db.execute("DELETE FROM event_log")
    make(demo)
    assert facts(demo) == facts(made)
    assert mark(demo, "made_by") == keeping.MADE_BY


def test_a_file_with_other_data_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "mine.db"
    mine = ScenarioRecord(product="brevo", account="mine", scenario=Ref("1", name="Mine"))
    with Store(path, create=True) as store:
        store.add([Decoded(format="parcours", raw=b"{}", records=(mine,))])
    with pytest.raises(Refused, match=r"mine\.db holds other data"):
        make(path)
    assert ask(path, "SELECT name FROM scenario") == [("Mine",)]


def test_the_default_place_is_the_persons_data_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_path().name == "demo.db"
    if sys.platform == "linux":
        assert default_path() == tmp_path / "parcours" / "demo.db"


# --- living on ---------------------------------------------------------------------------------------


class Ticks:
    """A clock that moves on by a second a tick, and ends after some."""

    def __init__(self, now_ms: int, ticks: int, step_ms: int = 1_000) -> None:
        self.now_ms, self.left, self.step_ms = now_ms, ticks, step_ms

    def __call__(self) -> int:
        return self.now_ms

    def has_ended(self, wait_s: float) -> bool:
        self.left -= 1
        self.now_ms += self.step_ms
        return self.left < 0


def test_living_adds_what_catching_up_would(demo: Path, made: Path, tmp_path: Path) -> None:
    clock = Ticks(NOW_MS, 400)
    living.live(demo, now_ms=clock, has_ended=clock.has_ended)
    other = Path(shutil.copy(made, tmp_path / "other.db"))
    make(other, NOW_MS + 400 * 1_000)
    assert len(facts(demo)[0]) > len(facts(made)[0])
    assert facts(demo) == facts(other)


def test_living_catches_up_slot_by_slot_after_a_sleep(demo: Path, made: Path, tmp_path: Path) -> None:
    clock = Ticks(NOW_MS, 40, 3 * 60_000)
    living.live(demo, now_ms=clock, has_ended=clock.has_ended)
    until_ms = mark(demo, "until_ms")
    assert NOW_MS + HOUR_MS < until_ms <= clock.now_ms
    other = Path(shutil.copy(made, tmp_path / "other.db"))
    make(other, until_ms, 2 * SPAN_MS)
    assert facts(demo) == facts(other)


def test_a_first_start_shows_the_end_and_living_fills_in_what_lies_before_it(
    made: Path, tmp_path: Path
) -> None:
    path = tmp_path / "quick.db"
    prepare(path, now_ms=lambda: NOW_MS, progress=nothing, span_ms=SPAN_MS, first_ms=SPAN_MS // 4)
    assert mark(path, "until_ms") == NOW_MS
    assert mark(path, "gap") == [NOW_MS - SPAN_MS, NOW_MS - SPAN_MS // 4]
    assert ask(path, f"SELECT count(*) FROM event_log WHERE received <= {NOW_MS - SPAN_MS // 4}") == [(0,)]
    clock = Ticks(NOW_MS, 3)
    living.live(path, now_ms=clock, has_ended=clock.has_ended)
    assert mark(path, "gap") is None
    other = Path(shutil.copy(made, tmp_path / "other.db"))
    make(other, mark(path, "until_ms"))
    assert facts(path) == facts(other)


def test_what_a_first_start_left_out_is_made_when_all_is_asked_for(made: Path, tmp_path: Path) -> None:
    path = tmp_path / "quick.db"
    prepare(path, now_ms=lambda: NOW_MS, progress=nothing, span_ms=SPAN_MS, first_ms=SPAN_MS // 4)
    make(path)
    assert mark(path, "gap") is None
    assert facts(path) == facts(made)


def test_living_wants_a_demonstration(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    Store(path, create=True).close()
    clock = Ticks(NOW_MS, 3)
    with pytest.raises(NothingFound):
        living.live(path, now_ms=clock, has_ended=clock.has_ended)


def test_a_locked_store_loses_no_row(
    demo: Path, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, tries = keeping.add, Counter[str]()

    def sometimes(*given: object) -> None:
        tries["all"] += 1
        if tries["all"] % 3 == 0:
            raise SourceUnavailable("locked")
        real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(living, "add", sometimes)
    clock = Ticks(NOW_MS, 400)
    living.live(demo, now_ms=clock, has_ended=clock.has_ended)
    until_ms = mark(demo, "until_ms")
    other = Path(shutil.copy(made, tmp_path / "other.db"))
    make(other, until_ms)
    assert facts(demo) == facts(other)


@pytest.fixture
def parent(demo: Path) -> Iterator[Callable[[], tuple[subprocess.Popen[str], int]]]:
    """Start a program that starts a living demonstration; gives the program and the pid of the latter."""
    started: list[tuple[subprocess.Popen[str], int]] = []
    program = (
        "import sys\nfrom pathlib import Path\nfrom backend.demo.living import start_living\n"
        "living = start_living(Path(sys.argv[1]))\n"
        "print(living.pid, flush=True)\n"
        "sys.stdin.readline()\n"
    )

    def start() -> tuple[subprocess.Popen[str], int]:
        one = subprocess.Popen(
            [sys.executable, "-c", program, str(demo)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert one.stdout is not None
        started.append((one, int(one.stdout.readline())))
        return started[-1]

    yield start
    for one, _ in started:
        one.kill()
        one.communicate()


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waits for the exit of a process that is no child")
@pytest.mark.parametrize("how", ["ends", "killed"])
def test_the_living_process_ends_with_its_parent(
    parent: Callable[[], tuple[subprocess.Popen[str], int]], how: str
) -> None:
    program, pid = parent()
    living_process = os.pidfd_open(pid)
    try:
        assert not exited(living_process, 0)
        if how == "killed":
            program.kill()
        else:
            assert program.stdin is not None
            program.stdin.write("\n")
            program.stdin.flush()
        assert exited(living_process, WAIT_S)
    finally:
        os.close(living_process)


def exited(pidfd: int, within_s: float) -> bool:
    return bool(select.select([pidfd], [], [], within_s)[0])


def test_the_living_process_ends_when_told(demo: Path) -> None:
    with living.start_living(demo) as process:
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(WAIT_S) == 0


def test_the_living_process_says_by_its_exit_code_that_there_is_no_demonstration(tmp_path: Path) -> None:
    with living.start_living(tmp_path / "none.db") as process:
        assert process.wait(WAIT_S) == 66


def test_records_pass_between_processes_unchanged() -> None:
    decoded = decode([*hour(), *(Piece(0, "parcours", raw) for raw in islice(definitions(), 300))])
    pipe = io.BytesIO()
    for one in decoded:
        send(pipe, one)
    pipe.seek(0)
    assert [msgspec.msgpack.decode(packed, type=Decoded) for packed in received(pipe)] == decoded
    assert {type(record) for one in decoded for record in one.records} >= {Event, ScenarioRow, DeliveryRecord}


def test_what_is_made_is_all_of_one_account(made: Path) -> None:
    assert ask(made, "SELECT DISTINCT account FROM account") == [(ACCOUNT,)]

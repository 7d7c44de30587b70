"""kill -9 of a removal at any moment: all of it or nothing, and never a row without its audit."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from backend.errors import ParcoursError
from backend.model import StepKind
from backend.record import Decoded, Identity, Ref, ScenarioRow
from backend.sources.sqlite.writing import Store

NOW_MS = 1_773_144_000_000
PEOPLE, AT_ONCE = 3_000, 50
SHORT_KILLS, LONG_KILLS = 20, 500
REMOVE = """
import sys
from pathlib import Path
from backend.sources.sqlite.writing import Store
path, first, name = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
with Store(path) as store:
    print("ready", flush=True)
    for start in range(first, first + 50 * 40, 50):
        store.remove(1, list(range(start, start + 50)), key=f"{name}-{start}", actor="ada")
        print(start, flush=True)
"""


def entered(who: int, at_ms: int) -> Decoded:
    row = ScenarioRow(
        product="brevo",
        account="main",
        key=("entered", str(who), str(at_ms)),
        at_ms=at_ms,
        kind=StepKind.ENTERED,
        type="start",
        scenario=Ref("s1", name="Welcome"),
        identities=(Identity("email", f"user{who}@example.org"),),
    )
    return Decoded(format="made", raw=b"", records=(row,))


def make(path: Path) -> None:
    with Store(path, create=True, now_ms=lambda: NOW_MS) as store:
        store.add([entered(who, NOW_MS - 1000) for who in range(PEOPLE)])


def count(db: sqlite3.Connection, sql: str) -> int:
    return int(db.execute(sql).fetchone()[0])


def check_whole(path: Path) -> int:
    """0 partial, 0 without audit, 0 invented; gives how many were removed."""
    with closing(sqlite3.connect(path, timeout=10)) as db:
        rows = count(db, "SELECT count(*) FROM scenario_log WHERE kind = 11")
        assert rows % AT_ONCE == 0, "a part of a removal"
        assert rows == count(db, "SELECT count(*) FROM audit")
        assert rows == count(db, "SELECT count(*) FROM outbox")
        assert rows == AT_ONCE * count(db, "SELECT count(*) FROM removal WHERE answer <> ''")
        assert rows == count(db, "SELECT count(DISTINCT contact_id) FROM audit")
        assert PEOPLE - rows == count(db, "SELECT count(*) FROM roster")
        missing = (
            "SELECT count(*) FROM audit AS a WHERE NOT EXISTS (SELECT 1 FROM scenario_log AS s "
            "WHERE s.kind = 11 AND s.contact_id = a.contact_id)"
        )
        assert count(db, missing) == 0, "invented"
        return rows


def check_kills(folder: Path, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    path, first = folder / "my.db", PEOPLE
    killed_midway = 0
    for turn in range(kills):
        if first + AT_ONCE * 40 > PEOPLE:
            path = folder / f"{turn}.db"
            make(path)
            first = 1
        arguments = [sys.executable, "-c", REMOVE, str(path), str(first), f"turn{turn}"]
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(chance.random() * 0.12)
        process.kill()
        acknowledged = process.communicate()[0].count(b"\n")
        done = check_whole(path)
        assert done >= first - 1 + AT_ONCE * acknowledged, "an acknowledged removal is gone"
        killed_midway += acknowledged < 40
        first = done + 1
    assert killed_midway >= kills // 2
    with Store(path) as store:
        assert store.check(deep=True) == []


def test_a_removal_that_is_killed_happened_whole_or_not_at_all(tmp_path: Path) -> None:
    """R41"""
    check_kills(tmp_path, SHORT_KILLS, seed=1)


@pytest.mark.torture
@pytest.mark.skipif("PARCOURS_TORTURE" not in os.environ, reason="make torture runs it")
@pytest.mark.parametrize("seed", range(10))
def test_many_killed_removals_happened_whole_or_not_at_all(tmp_path: Path, seed: int) -> None:
    check_kills(tmp_path, LONG_KILLS // 10, seed)


def race(path: Path, keys: list[str], contacts: list[list[int]]) -> list[str]:
    """Each request in a thread of its own, all at once; what came of each."""
    ready = threading.Barrier(len(keys))
    outcomes: list[str] = []

    def ask(key: str, people: list[int]) -> None:
        with Store(path) as store:
            ready.wait()
            try:
                answer = store.remove(1, people, key=key, actor="ada")
            except ParcoursError as error:
                outcomes.append(type(error).__name__)
            else:
                outcomes.append("replayed" if answer.replayed else "removed")

    threads = [threading.Thread(target=ask, args=pair) for pair in zip(keys, contacts, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


def test_twenty_requests_with_one_key_remove_once(tmp_path: Path) -> None:
    path = tmp_path / "my.db"
    make(path)
    outcomes = race(path, ["k"] * 20, [list(range(1, 51))] * 20)
    assert outcomes == ["removed"] + ["replayed"] * 19
    assert check_whole(path) == 50


def test_twenty_requests_for_the_same_contacts_remove_once(tmp_path: Path) -> None:
    path = tmp_path / "my.db"
    make(path)
    outcomes = race(path, [f"k{n}" for n in range(20)], [list(range(1, 51))] * 20)
    assert outcomes == ["Refused"] * 19 + ["removed"]
    assert check_whole(path) == 50

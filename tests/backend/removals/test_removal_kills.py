"""kill -9 of a removal at any moment: all of it or nothing, and never a row without its audit."""

from __future__ import annotations

import contextlib
import os
import random
import re
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from backend.errors import ParcoursError
from backend.model import StepKind
from backend.record import Decoded, Identity, Ref, ScenarioRow
from backend.sources.sqlite.token_writing import TokenStore
from backend.sources.sqlite.writing import Store
from backend.tokens import Scope

NOW_MS = 1_773_144_000_000
PEOPLE, AT_ONCE = 3_000, 50
SHORT_KILLS, LONG_KILLS = 20, 500
SERVER_KILLS = 2
SERVE = [sys.executable, "-c", "from tui.cli import main; main()", "serve", "--port", "0", "--db"]
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
    with closing(sqlite3.connect(path, timeout=60)) as db:
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


@contextmanager
def server_on(path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The real program serving a store, and its address; killed at the end."""
    process = subprocess.Popen([*SERVE, str(path)], stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        found = re.fullmatch(r"serving \S+ at (http://127\.0\.0\.1:\d+)\n", line)
        assert found, line
        yield process, found[1]
    finally:
        process.kill()
        process.communicate()


def check_server_kills(folder: Path, kills: int, seed: int) -> None:
    """What was acknowledged is there; what got no answer is there whole or not at all, as the server says
    when it is back, and sent again under its key it happens once."""
    chance = random.Random(seed)
    path, people, unknown = folder / "0.db", range(1, 1), None
    headers: dict[str, str] = {}
    for turn in range(kills + 1):
        if len(people) < 20 * AT_ONCE:
            path, people, unknown = folder / f"{turn}.db", range(1, PEOPLE + 1), None
            make(path)
            with TokenStore(path) as store:
                secret = store.add("both", frozenset({Scope.READ, Scope.REMOVE}), now_ms=NOW_MS)[1]
            headers = {"Authorization": f"Bearer {secret}"}
        with (
            server_on(path) as (process, address),
            httpx.Client(base_url=address, headers=headers, trust_env=False, timeout=60) as client,
        ):
            removed = check_whole(path)
            if unknown is not None:
                kept = client.get("/v1/removals/by-key", params={"key": str(unknown[0])}).json()
                assert removed == unknown[0] - 1 + (0 if kept is None else AT_ONCE), "lost, or not known"
                answer = ask(client, unknown).json()
                assert (answer["replayed"], answer["contacts"]) == (kept is not None, list(unknown))
                removed = unknown[0] - 1 + AT_ONCE
                assert check_whole(path) == removed, "once"
            people, unknown = range(removed + 1, PEOPLE + 1), None
            killer = threading.Timer(chance.random() * 0.15, process.kill)
            killer.start()
            with contextlib.suppress(httpx.TransportError):
                while people:
                    unknown = people[:AT_ONCE]
                    assert ask(client, unknown).status_code == 200
                    people, unknown = people[AT_ONCE:], None
            killer.join()
    with Store(path) as store:
        assert store.check(deep=True) == []


def ask(client: httpx.Client, people: range) -> Any:
    body = {"scenario_id": 1, "contacts": list(people), "actor": "ada"}
    return client.post("/v1/removals", json=body, headers={"Idempotency-Key": str(people[0])})


def test_a_server_that_is_killed_removed_whole_or_not_at_all_and_says_so(tmp_path: Path) -> None:
    """G11, short"""
    check_server_kills(tmp_path, SERVER_KILLS, seed=1)


@pytest.mark.torture
@pytest.mark.skipif("PARCOURS_TORTURE" not in os.environ, reason="make torture runs it")
@pytest.mark.parametrize("seed", range(10))
def test_a_server_that_is_killed_often_removed_whole_or_not_at_all(tmp_path: Path, seed: int) -> None:
    """G11"""
    check_server_kills(tmp_path, LONG_KILLS // 10, seed)


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

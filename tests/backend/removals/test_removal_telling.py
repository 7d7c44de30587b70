"""The product hears of every removal: in order, at least once, by one program at a time."""

from __future__ import annotations

import hashlib
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backend.model import StepKind
from backend.record import Decoded, Identity, Ref, ScenarioRow
from backend.removals.lines import START, encode_audit
from backend.removals.removal import RemovalState
from backend.removals.telling import FIRST_WAIT_MS, Told, run_command, tell_product
from backend.sources.sqlite.opening import open_reader
from backend.sources.sqlite.outbox import read_audit, read_removals, take_lease
from backend.sources.sqlite.writing import Store

NOW_MS = 1_773_144_000_000


class Product:
    """A command that can be told to fail."""

    def __init__(self) -> None:
        self.error: str | None = None
        self.heard: list[dict[str, Any]] = []
        self.words: list[tuple[str, ...]] = []

    def __call__(self, command: Sequence[str], content: bytes) -> str | None:
        self.words.append(tuple(command))
        self.heard += [msgspec.json.decode(line) for line in content.splitlines()]
        return self.error


@pytest.fixture
def store_path(tmp_path: Path) -> Path:
    path = tmp_path / "my.db"
    with Store(path, create=True, now_ms=lambda: NOW_MS) as store:
        store.add(
            [
                Decoded(
                    format="made",
                    raw=b"",
                    records=(
                        ScenarioRow(
                            product="brevo",
                            account="main",
                            key=("entered", str(who)),
                            at_ms=NOW_MS - 1000,
                            kind=StepKind.ENTERED,
                            type="start",
                            scenario=Ref("s1", name="Welcome"),
                            identities=(Identity("email", f"user{who}@example.org; rm -rf"),),
                        ),
                    ),
                )
                for who in range(120)
            ]
        )
        store.remove(1, [1, 2], key="k1", actor="ada")
        store.remove(1, [3], key="k2", actor="ada")
    return path


def lines_of(path: Path) -> Any:
    with closing(open_reader(path)) as connection:
        return read_removals(connection, 0, 1000)


def tell(path: Path, product: Product, later_ms: int = 0, **more: Any) -> Told:
    return tell_product(path, ("tell", "it"), run=product, now_ms=lambda: NOW_MS + later_ms, **more)


def test_every_removal_is_told_once_and_in_order(store_path: Path) -> None:
    product = Product()
    assert tell(store_path, product) == Told(3)
    assert tell(store_path, product) == Told(0)
    assert [line["id"] for line in product.heard] == [1, 2, 3]
    assert product.heard[0]["contact"] == "user0@example.org; rm -rf"
    assert product.words == [("tell", "it")]
    assert {line.state for line in lines_of(store_path)} == {RemovalState.TOLD}


def test_a_failure_is_kept_and_tried_again_later_from_the_oldest(store_path: Path) -> None:
    product = Product()
    product.error = "tell ended with 3"
    assert tell(store_path, product) == Told(0, "tell ended with 3")
    assert [(one.error, one.attempts, one.state) for one in lines_of(store_path)] == [
        ("tell ended with 3", 1, RemovalState.REQUESTED)
    ] * 3
    product.heard.clear()
    assert tell(store_path, product, FIRST_WAIT_MS - 1) == Told(0, "tell ended with 3")
    assert product.heard == []
    product.error = None
    assert tell(store_path, product, FIRST_WAIT_MS) == Told(3)
    assert [line["id"] for line in product.heard] == [1, 2, 3]
    assert [one.error for one in lines_of(store_path)] == [None] * 3


def test_it_waits_longer_after_each_failure_and_never_over_an_hour(store_path: Path) -> None:
    product = Product()
    product.error = "no"
    waits, later_ms = [], 0
    for _ in range(10):
        tell(store_path, product, later_ms)
        (first, *_) = lines_of(store_path)
        waits.append((first.next_try_ms - NOW_MS - later_ms) // 1000)
        later_ms = first.next_try_ms - NOW_MS
    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


def test_asked_for_it_does_not_wait(store_path: Path) -> None:
    product = Product()
    product.error = "no"
    tell(store_path, product)
    product.error = None
    assert tell(store_path, product, 1, at_once=True) == Told(3)


def test_a_crash_after_the_command_tells_it_again_rather_than_never(store_path: Path) -> None:
    class Crash(Exception):
        pass

    def crashing(command: Sequence[str], content: bytes) -> str | None:
        raise Crash

    with pytest.raises(Crash):
        tell_product(store_path, ("tell",), run=crashing, now_ms=lambda: NOW_MS)
    product = Product()
    assert tell(store_path, product) == Told(3)
    assert len(product.heard) == 3


def test_only_who_holds_the_lease_tells(store_path: Path) -> None:
    product = Product()
    with closing(sqlite3.connect(store_path, isolation_level=None)) as other:
        assert take_lease(other, "another", NOW_MS, NOW_MS + 90_000)
    assert tell(store_path, product) == Told(0, "another program is telling the product")
    assert product.heard == []
    assert tell(store_path, product, 90_000) == Told(3)


def test_more_than_fifty_are_told_in_several_calls(store_path: Path) -> None:
    with Store(store_path, now_ms=lambda: NOW_MS) as store:
        store.remove(1, list(range(4, 54)), key="k3", actor="ada")
    product = Product()
    assert tell(store_path, product) == Told(53)
    assert len(product.words) == 2
    assert [line["id"] for line in product.heard] == list(range(1, 54))


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("import sys; sys.exit(0 if sys.stdin.read() == 'hello' else 9)", None),
        (
            "import sys; print('no such scenario', file=sys.stderr); sys.exit(3)",
            "ended with 3: no such scenario",
        ),
    ],
)
def test_a_command_succeeds_by_its_exit_code(script: str, error: str | None) -> None:
    said = run_command((sys.executable, "-c", script), b"hello")
    assert (said is None) if error is None else (said is not None and said.endswith(error))


def test_a_command_that_is_not_there_is_a_failure_in_one_line() -> None:
    assert run_command(("/nowhere/tell",), b"") == "cannot run /nowhere/tell: No such file or directory"


def test_the_audit_is_a_chain_of_hashes_and_cannot_be_changed(store_path: Path) -> None:
    with closing(open_reader(store_path)) as connection:
        audit = read_audit(connection, 0, 100)
    encoded = list(encode_audit(audit))
    assert [line.contact_id for line in audit] == [1, 2, 3]
    assert {line.actor for line in audit} == {"ada"}
    previous = START
    for line in encoded:
        assert msgspec.json.decode(line)["previous"] == previous
        previous = hashlib.sha256(line).hexdigest()
    assert b"@" not in b"".join(encoded), (
        "the audit names nobody, so that forgetting a person leaves it whole"
    )
    with closing(sqlite3.connect(store_path)) as db:
        for statement in ("UPDATE audit SET actor = 'x'", "DELETE FROM audit"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                db.execute(statement)


def test_forgetting_a_person_leaves_its_removal_without_a_name(store_path: Path) -> None:
    with Store(store_path, now_ms=lambda: NOW_MS) as store:
        store.forget(1)
        assert store.check(deep=True) == []
    (first, *_) = lines_of(store_path)
    assert (first.contact, first.identities) == ("(forgotten)", ())

"""A report costs what its window costs: steps of SQLite's machine, not time, so that any machine agrees."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from backend.model import DAY_MS, HOUR_MS, BounceClass, Channel, EventKind, StepKind, Subject, SubjectKind
from backend.record import Decoded, Event, Identity, Record, Ref, ScenarioRow
from backend.reports.alert_counts import AlertCounts
from backend.reports.report import tabs_for
from backend.sources.sqlite.alert_reading import read_alert_counts
from backend.sources.sqlite.counting import read_counts
from backend.sources.sqlite.opening import open_reader
from backend.sources.sqlite.overview import read_catalog
from backend.sources.sqlite.writing import Store

NOW_MS = 1_773_144_000_000  # 2026-03-10T12:00:00Z
STEP = 10
"""Steps of the machine between two looks."""
MOST = 1.2
EVENTS = (EventKind.SENT, EventKind.DELIVERED, EventKind.BOUNCED, EventKind.OPENED, EventKind.EXCLUDED)
STEPS = (StepKind.ENTERED, StepKind.ACTION, StepKind.ACTION_ERROR, StepKind.DISCARDED, StepKind.EXITED)


def rows(name: str, at_ms: list[int], channel: Channel = Channel.EMAIL) -> Iterator[Record]:
    """Rows of a scenario and its campaign, one of each kind at each time."""
    for number, at in enumerate(at_ms):
        person = (Identity("email", f"{name}{number % 50}@example.org"),)
        for place, kind in enumerate(EVENTS):
            yield Event(
                product="brevo",
                account="default",
                key=(name, "event", str(number), kind.value),
                at_ms=at + place,
                kind=kind,
                type=kind.value,
                channel=channel,
                bounce_class=BounceClass.SOFT if kind is EventKind.BOUNCED else None,
                identities=person,
                message=f"{name} {number}",
                delivery=Ref(f"{name} {channel}"),
                scenario=Ref(name),
                campaign=Ref(name),
                reason="full",
            )
        for place, step in enumerate(STEPS):
            yield ScenarioRow(
                product="brevo",
                account="default",
                key=(name, "step", str(number), step.value),
                at_ms=at + place,
                kind=step,
                type=step.value,
                scenario=Ref(name),
                step=Ref("Mail A"),
                identities=person,
                reason="full",
            )


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> tuple[sqlite3.Connection, sqlite3.Connection]:
    """The same 60 moments within the last day, and in the second store months of others before them."""
    day = [NOW_MS - n * DAY_MS // 61 for n in range(1, 61)]
    history = [NOW_MS - 2 * DAY_MS - n * 7 * HOUR_MS for n in range(400)]
    found = []
    for name, more in (("small", []), ("large", history)):
        path = tmp_path_factory.mktemp(name) / "my.db"
        records = [*rows("a", more), *rows("b", more), *rows("a", day), *rows("b", day)]
        with Store(path, create=True, now_ms=lambda: NOW_MS) as store:
            store.add([Decoded(format="t", raw=b"", records=(one,)) for one in records], format="t")
        found.append(open_reader(path))
    return found[0], found[1]


def cost(connection: sqlite3.Connection, read: Callable[[sqlite3.Connection], object]) -> int:
    """Steps of the machine that reading takes."""
    looks = 0

    def look() -> int:
        nonlocal looks
        looks += 1
        return 0

    connection.set_progress_handler(look, STEP)
    read(connection)
    connection.set_progress_handler(None, 0)
    return looks * STEP


def subject(connection: sqlite3.Connection, kind: SubjectKind) -> Subject:
    return next(one for one in read_catalog(connection, kind) if one.key in ("a", "a email"))


@pytest.mark.parametrize("kind", list(SubjectKind))
def test_a_report_costs_the_same_whatever_lies_before_its_window(
    stores: tuple[sqlite3.Connection, sqlite3.Connection], kind: SubjectKind
) -> None:
    here = subject(stores[0], kind)

    def read(connection: sqlite3.Connection, tab: str) -> object:
        return read_counts(connection, here, tab, now_ms=NOW_MS)

    for tab in tabs_for(here):
        small, large = (cost(store, partial(read, tab=tab.id)) for store in stores)
        assert large <= small * MOST, (tab.id, small, large)


def test_alerts_cost_the_same_too(stores: tuple[sqlite3.Connection, sqlite3.Connection]) -> None:
    def read(connection: sqlite3.Connection) -> AlertCounts:
        return read_alert_counts(connection, NOW_MS)

    assert read(stores[0]).subjects[0].channels
    small, large = (cost(store, read) for store in stores)
    assert large <= small * MOST, (small, large)

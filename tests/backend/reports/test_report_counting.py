"""The store's counting, by rollups and by rows at the edges, against a look at every row."""

from __future__ import annotations

import itertools
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.model import (
    DAY_MS,
    HOUR_MS,
    BounceClass,
    Channel,
    EventKind,
    Report,
    StepKind,
    Subject,
    SubjectKind,
    Window,
)
from backend.record import Decoded, Event, Identity, NamedBy, Record, Ref, ScenarioRow
from backend.reports.counts import graph_step, live_window, step_starts
from backend.reports.report import build_report, tabs_for
from backend.sources.book import Book, Settled
from backend.sources.recount import counts_from_book
from backend.sources.sqlite.account_facts import MOST_ROWS
from backend.sources.sqlite.counting import read_counts
from backend.sources.sqlite.opening import open_reader
from backend.sources.sqlite.schema import Grain
from backend.sources.sqlite.slicing import split
from backend.sources.sqlite.writing import Store

NOW = 1_772_454_600_000
SPAN_MS = 5 * DAY_MS
SUBJECTS = (
    (SubjectKind.SCENARIO, "scenario", "s1"),
    (SubjectKind.CAMPAIGN, "campaign", "c1"),
    (SubjectKind.DELIVERY, "delivery", "d1"),
)
WINDOWS = (
    None,
    Window(NOW - DAY_MS, NOW),
    Window(NOW - 3 * DAY_MS + 1, NOW - 1),
    Window(NOW - 600_000, NOW),
    Window(NOW - 20 * DAY_MS, NOW - 7_199_999),
    Window(NOW - 400 * DAY_MS, NOW),
)


def _traffic(rows: int, seed: int, main: str = "ajo") -> list[Record]:
    """Rows of every kind with every mark, at any time of five days up to a little after now."""
    dice = random.Random(seed)
    records: list[Record] = []
    for n in range(rows):
        at_ms = NOW - dice.randrange(-900_000, SPAN_MS)
        if dice.random() < 0.1:
            at_ms -= at_ms % HOUR_MS  # on the border of two buckets
        product = dice.choice((main, "brevo"))
        who = (Identity("email", f"c{dice.randrange(6)}@{dice.choice('xyz')}.org"),)
        same: dict[str, Any] = {
            "product": main if dice.random() < 0.8 else product,
            "account": "default",
            "key": (str(n if dice.random() < 0.95 else n - 1),),
            "has_id": True,
            "at_ms": at_ms,
            "test": dice.random() < 0.1,
            "identities": who if dice.random() < 0.95 else (),
            "reason": dice.choice((None, "full", "unknown", "=1+1")),
        }
        step = Ref(f"step {dice.randrange(3)}", NamedBy.ID) if dice.random() < 0.8 else None
        if dice.random() < 0.4:
            records.append(_scenario_row(dice, n, same, step))
        else:
            records.append(_event(dice, n, same, step))
    return records


def _scenario_row(dice: random.Random, n: int, same: dict[str, Any], step: Ref | None) -> ScenarioRow:
    return ScenarioRow(
        **same,
        kind=dice.choice(list(StepKind)),
        type="row",
        scenario=Ref(dice.choice(("s1", "s1", "s2")), NamedBy.ID),
        step=step,
        run=dice.choice(("", "r1", "r2")),
        once=(str(n % 40),) if dice.random() < 0.1 else (),
    )


def _event(dice: random.Random, n: int, same: dict[str, Any], step: Ref | None) -> Event:
    kind = dice.choice(list(EventKind))
    return Event(
        **same,
        kind=kind,
        type="row",
        bounce_class=dice.choice(list(BounceClass)) if kind is EventKind.BOUNCED else None,
        channel=dice.choice((*Channel, Channel.EMAIL, None)),
        machine=dice.random() < 0.2 and kind in (EventKind.OPENED, EventKind.CLICKED),
        message=f"m{dice.randrange(40)}" if dice.random() < 0.9 else None,
        delivery=Ref(f"d{dice.randrange(1, 4)}", NamedBy.ID, f"Mail {n % 2}")
        if dice.random() < 0.8
        else None,
        campaign=Ref("c1", NamedBy.ID) if dice.random() < 0.4 else None,
        scenario=Ref("s1", NamedBy.ID) if dice.random() < 0.7 else None,
        step=step,
        platform=dice.choice((None, "ios", "android")),
        run=dice.choice((None, "1", "2")),
    )


class Both:
    """The same records in a store and in a book."""

    def __init__(self, records: list[Record], path: Path, product: str = "ajo") -> None:
        self.product = product
        pieces = [
            Decoded(format="g" if place % 5 == 0 else "f", raw=b"", records=(record,))
            for place, record in enumerate(records)
        ]
        self.book = Book(now_ms=lambda: NOW)
        self.book.add(pieces, format="f")
        self.settled: Settled = self.book.settle()
        store = Store(path, create=True, now_ms=lambda: NOW)
        for start in range(0, len(pieces), 37):
            store.add(pieces[start : start + 37], format="f", product=product)
        store.close()
        self.path = path
        self.connection = open_reader(path)

    def subjects(self) -> Iterator[tuple[Subject, Subject]]:
        """The subject as the store and as the book knows it."""
        for kind, table, key in SUBJECTS:
            row = self.connection.execute(
                f"SELECT t.id, a.product FROM {table} t JOIN account a ON a.id = account_id"
                " WHERE key = ? AND product = ?",
                (key, self.product),
            ).fetchone()
            if row is None:
                continue
            stored = Subject(kind=kind, id=row[0], key=key, name=key, product=self.product, account="default")
            account = self.book.accounts[self.product, "default"]
            handle = next(
                e.id for e in self.book.entities[table].values() if (e.key, e.owner) == (key, account)
            )
            yield stored, msgspec.structs.replace(stored, id=handle)

    def reports(self, window: Window | None, include_test: bool) -> Iterator[tuple[Report, Report]]:
        for stored, booked in self.subjects():
            for tab in tabs_for(stored):
                asked: dict[str, Any] = {"include_test": include_test, "now_ms": NOW}
                by_store = build_report(read_counts(self.connection, stored, tab.id, window, **asked))
                counted = counts_from_book(self.book, self.settled, booked, tab.id, window, **asked)
                yield _without_handles(by_store), _without_handles(build_report(counted))


def _without_handles(report: Report) -> Report:
    """A report without the numbers that a source gives to its things."""
    panes = tuple(
        msgspec.structs.replace(pane, rows=tuple(msgspec.structs.replace(row, key=None) for row in pane.rows))
        for pane in report.panes
    )
    return msgspec.structs.replace(report, panes=panes, subject=msgspec.structs.replace(report.subject, id=0))


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    made = Both(_traffic(1500, seed=7), tmp_path_factory.mktemp("both") / "a.db")
    yield made
    made.connection.close()


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("include_test", [False, True])
def test_the_store_counts_what_a_look_at_every_row_counts(
    both: Both, window: Window | None, include_test: bool
) -> None:
    compared = 0
    for by_store, by_book in both.reports(window, include_test):
        assert by_store == by_book
        compared += 1
    assert compared == 10  # four tabs of the scenario, three of the campaign, three of the delivery


@settings(max_examples=15, deadline=None)
@given(st.integers(NOW - 6 * DAY_MS, NOW), st.integers(1, 4 * DAY_MS))
def test_any_window_is_counted_alike(both: Both, start_ms: int, length_ms: int) -> None:
    window = Window(start_ms, start_ms + length_ms)
    for by_store, by_book in both.reports(window, include_test=False):
        assert by_store == by_book


@pytest.mark.parametrize("product", ["adobe_campaign", "marketo"])
def test_products_with_rules_of_their_own_are_counted_alike(tmp_path: Path, product: str) -> None:
    both = Both(_traffic(600, seed=11, main=product), tmp_path / "a.db", product)
    for window in WINDOWS[2:5]:
        for by_store, by_book in both.reports(window, include_test=True):
            assert by_store == by_book
    both.connection.close()


def test_days_that_were_pruned_are_counted_from_day_rollups(tmp_path: Path) -> None:
    path = tmp_path / "pruned.db"
    both = Both(_traffic(800, seed=3), path)
    stored, _ = next(both.subjects())
    day_start = NOW - NOW % DAY_MS
    window = Window(day_start - 3 * DAY_MS, NOW)
    before = build_report(read_counts(both.connection, stored, "email", window, now_ms=NOW))
    both.connection.close()
    with Store(path, now_ms=lambda: NOW) as store:
        store.prune(day_start - DAY_MS)
    connection = open_reader(path)
    after = build_report(read_counts(connection, stored, "email", window, now_ms=NOW))
    journey = build_report(read_counts(connection, stored, "journey", window, now_ms=NOW))
    connection.close()
    assert [p.rows for p in after.panes] == [p.rows for p in before.panes]
    assert all(pane.note is not None and "pruned" in pane.note for pane in after.panes)
    people = next(pane for pane in journey.panes if pane.pane == "journey_statistics")
    assert {figure.value for figure in people.figures} == {None}


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, 10 * DAY_MS),
    st.integers(1, 10 * DAY_MS),
    st.sampled_from([None, 60_000, 900_000, HOUR_MS, 6 * HOUR_MS, DAY_MS]),
)
def test_the_pieces_of_a_window_cover_it_once(start_ms: int, length_ms: int, step_ms: int | None) -> None:
    window = Window(start_ms, start_ms + length_ms)
    edges, blocks = split(window, step_ms)
    size = {Grain.HOUR: HOUR_MS, Grain.DAY: DAY_MS}
    spans = [(edge.start_ms, edge.end_ms) for edge in edges]
    spans += [(first * size[grain], last * size[grain]) for grain, first, last in blocks]
    spans.sort()
    assert spans[0][0] == window.start_ms
    assert spans[-1][1] == window.end_ms
    assert all(end == start for (_, end), (start, _) in itertools.pairwise(spans))
    if step_ms is None or step_ms % HOUR_MS == 0:
        assert sum(edge.length_ms for edge in edges) < 2 * HOUR_MS  # what rows are read for


@given(st.integers(0, NOW), st.integers(1, 2000 * DAY_MS))
@settings(max_examples=200, deadline=None)
def test_a_graph_has_at_most_about_a_hundred_steps_that_cover_its_window(
    start_ms: int, length_ms: int
) -> None:
    window = Window(start_ms, start_ms + length_ms)
    starts = step_starts(window, graph_step(window))
    assert len(starts) <= 103
    assert starts[0] <= window.start_ms
    assert starts[-1] < window.end_ms <= starts[-1] + graph_step(window)


def test_the_live_window_turns_at_24_hours() -> None:
    assert live_window(NOW - DAY_MS, NOW) == (Window(NOW - DAY_MS, NOW), True)
    ended = NOW - DAY_MS - 1
    assert live_window(ended, NOW, HOUR_MS) == (Window(ended + 1 - HOUR_MS, ended + 1), False)
    assert live_window(None, NOW)[1]


def test_every_statement_of_a_report_goes_by_an_index(both: Both) -> None:
    """No statement walks a log: each step is a search, or a scan that its limit ends after the first rows."""
    stored, _ = next(both.subjects())
    asked: list[str] = []
    both.connection.set_trace_callback(asked.append)
    for tab in tabs_for(stored):
        read_counts(both.connection, stored, tab.id, WINDOWS[2], now_ms=NOW)
    both.connection.set_trace_callback(None)
    plain = sqlite3.connect(both.path)
    for sql in {sql for sql in asked if sql.startswith("SELECT")}:
        plan = [row[3] for row in plain.execute(f"EXPLAIN QUERY PLAN {sql}")]
        scans = [line for line in plan if line.startswith("SCAN")]
        assert not scans or sql.endswith(f"ORDER BY ts LIMIT {MOST_ROWS}"), (sql, plan)
        assert not [line for line in plan if "BLOOM" in line], (sql, plan)
    plain.close()

"""A small feed by hand, counted by the store and by the book: every rule must hold for both."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backend.model import (
    Cell,
    Channel,
    EventKind,
    Figure,
    PaneData,
    Report,
    StepKind,
    Subject,
    SubjectKind,
    TableRow,
)
from backend.record import (
    CampaignRecord,
    Decoded,
    DeliveryRecord,
    Event,
    Identity,
    NamedBy,
    Record,
    Ref,
    ScenarioRecord,
    ScenarioRow,
    StepRecord,
)
from backend.reports.counts import Counts
from backend.reports.report import build_report
from backend.sources.book import Book
from backend.sources.recount import counts_from_book
from backend.sources.sqlite.counting import read_counts
from backend.sources.sqlite.opening import open_reader
from backend.sources.sqlite.writing import Store

NOW = 1_772_454_600_000  # 2026-03-02 12:30:00 UTC
MINUTE_MS = 60_000
SCENARIO = Ref("s1", NamedBy.ID, "Welcome")
CAMPAIGN = Ref("c1", NamedBy.ID, "Spring")
TABLES = {
    SubjectKind.SCENARIO: "scenario",
    SubjectKind.CAMPAIGN: "campaign",
    SubjectKind.DELIVERY: "delivery",
}


class Feed:
    """Records as a test writes them down; `before` is minutes before NOW."""

    def __init__(self, product: str, count: Callable[[Feed, Subject, str, dict[str, Any]], Counts]) -> None:
        self.product = product
        self.records: list[Record] = []
        self._count = count

    def event(self, kind: EventKind, before: float, **told: Any) -> None:
        """A message row of the scenario Welcome; message: "<who>-<delivery>"."""
        who, mail = told.pop("who", "ann"), told.pop("mail", "Mail A")
        of = told.pop("of", {"scenario": SCENARIO})
        fields: dict[str, Any] = {
            "product": self.product,
            "account": "default",
            "key": (str(len(self.records)),),
            "has_id": True,
            "at_ms": NOW - round(before * MINUTE_MS),
            "kind": kind,
            "type": kind.value,
            "channel": Channel.EMAIL,
            "identities": (Identity("email", f"{who}@x.org"),),
            "message": f"{who}-{mail}",
            "delivery": Ref(mail, NamedBy.ID, mail),
        }
        self.records.append(Event(**(fields | of | told)))

    def step(self, kind: StepKind, before: float, **told: Any) -> None:
        """A scenario log row of Welcome."""
        who, step = told.pop("who", "ann"), told.pop("step", None)
        fields: dict[str, Any] = {
            "product": self.product,
            "account": "default",
            "key": (str(len(self.records)),),
            "has_id": True,
            "at_ms": NOW - round(before * MINUTE_MS),
            "kind": kind,
            "type": kind.value,
            "scenario": SCENARIO,
            "step": Ref(step, NamedBy.ID, step) if step else None,
            "identities": (Identity("email", f"{who}@x.org"),),
        }
        self.records.append(ScenarioRow(**(fields | told)))

    def defined_step(self, name: str, position: int | None, following: tuple[str, ...] | None = None) -> None:
        self.records.append(
            StepRecord(
                product=self.product,
                account="default",
                scenario=SCENARIO,
                step=Ref(name, NamedBy.ID, name),
                position=position,
                next=following,
            )
        )

    def delivery(self, name: str, **told: Any) -> None:
        self.records.append(
            DeliveryRecord(
                product=self.product, account="default", delivery=Ref(name, NamedBy.ID, name), **told
            )
        )

    def known(self) -> None:
        """The scenario, the campaign and the delivery exist, whatever rows there are."""
        for record in (
            ScenarioRecord(product=self.product, account="default", scenario=SCENARIO),
            CampaignRecord(product=self.product, account="default", campaign=CAMPAIGN),
        ):
            self.records.append(record)
        self.delivery("Mail A")

    def report(
        self, tab: str = "email", kind: SubjectKind = SubjectKind.SCENARIO, key: str = "s1", **asked: Any
    ) -> Seen:
        told = {name: asked.pop(name) for name in ("tracking", "channel") if name in asked}
        subject = Subject(kind=kind, id=0, key=key, name=key, product=self.product, account="default", **told)
        return Seen(build_report(self._count(self, subject, tab, asked)))


class Seen:
    """A report, by what a person would look for."""

    def __init__(self, report: Report) -> None:
        self.report = report

    def pane(self, name: str) -> PaneData:
        return next(pane for pane in self.report.panes if pane.pane == name)

    def figure(self, pane: str, metric: str) -> Figure:
        return next(figure for figure in self.pane(pane).figures if figure.metric == metric)

    def value(self, pane: str, metric: str) -> float | int | None:
        return self.figure(pane, metric).value

    def table(self, pane: str) -> dict[str, tuple[Any, ...]]:
        return {row.label: tuple(cell.value for cell in row.cells) for row in self.pane(pane).rows}

    def cell(self, pane: str, row: str, column: str) -> Cell:
        data = self.pane(pane)
        found: TableRow = next(line for line in data.rows if line.label == row)
        return found.cells[data.columns.index(column) - 1]

    def points(self, pane: str, metric: str) -> dict[int, float | int | None]:
        """Minutes before NOW at which a step starts -> its value, where it is not 0."""
        series = next(line for line in self.pane(pane).series if line.metric == metric)
        return {
            (NOW - series.start_ms - place * series.step_ms) // MINUTE_MS: value
            for place, value in enumerate(series.values)
            if value != 0
        }


def _handle(connection: sqlite3.Connection, subject: Subject) -> int:
    sql = f"SELECT id FROM {TABLES[subject.kind]} WHERE key = ?"
    return int(connection.execute(sql, (subject.key,)).fetchone()[0])


def _with_id(subject: Subject, handle: int) -> Subject:
    return Subject(**({name: getattr(subject, name) for name in subject.__struct_fields__} | {"id": handle}))


def pieces(records: list[Record]) -> list[Decoded]:
    return [Decoded(format="by hand", raw=b"", records=(record,)) for record in records]


def count_by_store(path: Path) -> Callable[[Feed, Subject, str, dict[str, Any]], Counts]:
    def count(feed: Feed, subject: Subject, tab: str, asked: dict[str, Any]) -> Counts:
        file = path / f"{len(list(path.iterdir()))}.db"
        store = Store(file, create=True, now_ms=lambda: NOW)
        store.add(pieces(feed.records), format="by hand", product=feed.product)
        store.close()
        connection = open_reader(file)
        try:
            found = _with_id(subject, _handle(connection, subject))
            return read_counts(connection, found, tab, **({"now_ms": NOW} | asked))
        finally:
            connection.close()

    return count


def count_by_book(feed: Feed, subject: Subject, tab: str, asked: dict[str, Any]) -> Counts:
    book = Book(now_ms=lambda: NOW)
    book.add(pieces(feed.records), format="by hand")
    settled = book.settle()
    known = book.entities[TABLES[subject.kind]]
    handle = next(entity.id for entity in known.values() if entity.key == subject.key)
    return counts_from_book(book, settled, _with_id(subject, handle), tab, **({"now_ms": NOW} | asked))


@pytest.fixture(params=["store", "book"])
def count(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Callable[[Feed, Subject, str, dict[str, Any]], Counts]:
    return count_by_store(tmp_path) if request.param == "store" else count_by_book


@pytest.fixture
def feed(count: Callable[[Feed, Subject, str, dict[str, Any]], Counts]) -> Feed:
    """A product that logs targeting and sending by itself."""
    return Feed("ajo", count)


@pytest.fixture
def brevo(count: Callable[[Feed, Subject, str, dict[str, Any]], Counts]) -> Feed:
    return Feed("brevo", count)


@pytest.fixture
def marketo(count: Callable[[Feed, Subject, str, dict[str, Any]], Counts]) -> Feed:
    return Feed("marketo", count)


@pytest.fixture
def campaign(count: Callable[[Feed, Subject, str, dict[str, Any]], Counts]) -> Feed:
    return Feed("adobe_campaign", count)

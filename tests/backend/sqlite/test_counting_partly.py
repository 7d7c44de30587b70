"""Counting that runs out of time answers with the newest rows, and says from when on they are counted."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.model import EventKind, LogName
from backend.query.language import parse
from backend.query.text import write_time
from backend.record import Decoded, Event, Identity
from backend.sources.sqlite import following, spans
from backend.sources.sqlite.following import read_arrivals
from backend.sources.sqlite.histogram import read_histogram
from backend.sources.sqlite.opening import open_reader
from backend.sources.sqlite.pool import Deadline
from backend.sources.sqlite.top_values import read_top_values
from backend.sources.sqlite.writing import Store

NOW_MS = 1_773_144_000_000
ROWS = 40


class Patience(Deadline):
    """Time for so many looks at the clock."""

    def __init__(self, looks: int) -> None:
        super().__init__(10.0)
        self._looks = looks

    def left_s(self) -> float:
        self._looks -= 1
        return self.timeout_s if self._looks >= 0 else 0.0


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[sqlite3.Connection]:
    """A store of one row a minute; a span holds five."""
    monkeypatch.setattr(spans, "FIRST_ROWS", 5)
    monkeypatch.setattr(spans, "MOST_ROWS", 5)
    path = tmp_path / "rows.db"
    records = [
        Event(
            product="brevo",
            account="default",
            key=(str(number),),
            at_ms=NOW_MS - number * 60_000,
            kind=EventKind.OPENED if number % 2 else EventKind.CLICKED,
            type="made",
            identities=(Identity("email", f"p{number}@example.org"),),
            data={"order": number},
        )
        for number in range(ROWS)
    ]
    with Store(path, create=True, now_ms=lambda: NOW_MS) as store:
        store.add([Decoded(format="made", raw=b"", records=(record,)) for record in records])
    connection = open_reader(path)
    yield connection
    connection.close()


@pytest.mark.parametrize("text", ["", "kind:opened", "contact:p3@example.org", "-kind:clicked"])
@pytest.mark.parametrize("field", ["kind", "contact", "data.order"])
def test_values_of_the_newest_rows_are_counted(reader: sqlite3.Connection, text: str, field: str) -> None:
    query = parse(text, now_ms=NOW_MS, log=LogName.EVENT)
    whole = read_top_values(reader, Patience(10_000), query, field, ROWS)
    assert whole.counted_from_ms is None
    for looks in range(4):
        found = read_top_values(reader, Patience(looks), query, field, ROWS)
        assert sum(value.count for value in found.values) == found.rows <= whole.rows
        if found.counted_from_ms is not None:
            newer = parse(
                f"{text} since:{write_time(found.counted_from_ms)}", now_ms=NOW_MS, log=LogName.EVENT
            )
            same = read_top_values(reader, Patience(10_000), newer, field, ROWS)
            assert (found.values, found.rows) == (same.values, same.rows)
    assert read_top_values(reader, Patience(1), query, field, ROWS).rows >= min(5, whole.rows)


def test_a_flood_is_counted_however_long_nobody_looked(
    reader: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "SHOWN_ROWS", 4)
    monkeypatch.setattr(following, "COUNTED_AT_ONCE", 10)
    query = parse("kind:opened", now_ms=NOW_MS, log=LogName.EVENT)
    exact = read_arrivals(reader, Patience(10_000), query, 0)
    assert exact is not None and (len(exact.rows), exact.skipped, exact.after) == (2, 18, ROWS)
    hasty = read_arrivals(reader, Patience(1), query, 0)
    assert hasty is not None and (hasty.skipped, hasty.after) == (5 + 26, ROWS)


@pytest.mark.parametrize("text", ["", "kind:opened", "-kind:clicked ip:x"])
@pytest.mark.parametrize("bars", [1, 20])
def test_a_histogram_holds_the_newest_rows(reader: sqlite3.Connection, text: str, bars: int) -> None:
    query = parse(text, now_ms=NOW_MS, log=LogName.EVENT)
    whole = read_histogram(reader, Patience(10_000), query, bars)
    assert whole.counted_from_ms is None
    for looks in range(6):
        found = read_histogram(reader, Patience(looks), query, bars)
        if found.counted_from_ms is None:
            assert found == whole
        for bar, full in zip(found.bars, whole.bars, strict=True):
            assert bar.total <= full.total
            if found.counted_from_ms is None or bar.start_ms >= found.counted_from_ms:
                assert bar == full

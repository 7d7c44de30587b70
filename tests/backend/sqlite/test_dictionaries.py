"""Names that a connection keeps: they are those of the read they are shown in."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from backend.errors import SourceDamaged
from backend.model import EventKind, LogName, LogRow
from backend.record import Decoded, Event, Identity, Ref
from backend.sources.sqlite import dictionaries
from backend.sources.sqlite.dictionaries import dictionaries_of
from backend.sources.sqlite.opening import open_reader
from backend.sources.sqlite.rows import read_rows
from backend.sources.sqlite.writing import Store

AT_MS = 1_773_144_000_000


def take(path: Path, number: int, delivery: str) -> None:
    event = Event(
        product="brevo",
        account="main",
        key=(str(number),),
        at_ms=AT_MS + number,
        kind=EventKind.DELIVERED,
        type="delivered",
        identities=(Identity("email", "ann@example.com"),),
        delivery=Ref("7", name=delivery),
        reason=f"reason {number}",
    )
    with Store(path, create=True, now_ms=lambda: AT_MS) as store:
        store.add([Decoded(format="made", raw=b"raw", records=(event,))])


def read(reader: sqlite3.Connection, *ids: int) -> list[LogRow]:
    reader.execute("BEGIN")
    try:
        return read_rows(reader, LogName.EVENT, ids)
    finally:
        reader.execute("ROLLBACK")


def test_a_name_that_another_program_changed_is_shown_in_the_next_read(tmp_path: Path) -> None:
    path = tmp_path / "my.db"
    take(path, 1, "Mail")
    reader = open_reader(path)
    assert [row.delivery for row in read(reader, 1)] == ["Mail"]
    take(path, 2, "Mail, renamed")
    assert [(row.delivery, row.reason) for row in read(reader, 1, 2)] == [
        ("Mail, renamed", "reason 1"),
        ("Mail, renamed", "reason 2"),
    ]
    reader.close()


def test_names_are_asked_for_once_while_nobody_writes(tmp_path: Path) -> None:
    path = tmp_path / "my.db"
    take(path, 1, "Mail")
    reader = open_reader(path)
    read(reader, 1)
    asked: list[str] = []
    reader.set_trace_callback(asked.append)
    read(reader, 1)
    assert len([sql for sql in asked if sql.startswith("SELECT")]) == 1, asked
    reader.close()


def test_what_is_kept_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dictionaries, "MOST_KEPT", 20)
    path = tmp_path / "my.db"
    for number in range(30):
        take(path, number, "Mail")
    reader = open_reader(path)
    assert len(read(reader, *range(1, 31))) == 30
    assert len(dictionaries_of(reader).words) == 1, "it begins afresh"
    reader.close()


def test_a_key_of_no_kind_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "my.db"
    take(path, 1, "Mail")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE delivery SET key_kind = 99")
    connection.close()
    reader = open_reader(path)
    with pytest.raises(SourceDamaged, match="99"):
        read(reader, 1)
    reader.close()

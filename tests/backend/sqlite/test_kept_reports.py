"""A report is read once a minute while nothing is written, and at once when something is."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec
import pytest

from backend.model import DAY_MS, Report, Subject, SubjectKind, Window
from backend.sources.sqlite.kept_reports import MINUTE_MS, MOST_KEPT, Asked, KeptReports

NOW_MS = 1_000 * MINUTE_MS + 5_000
MAIL = Subject(kind=SubjectKind.DELIVERY, id=1, key="1", name="Mail A", product="brevo", account="default")
ASKED = Asked(MAIL, "email", None, False, None)


class Told:
    """Reports as they are read, of a newest row."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.kept = KeptReports()
        self.readings = 0
        self.newest_ms: int | None = NOW_MS - 1

    def ask(self, now_ms: int = NOW_MS, asked: Asked = ASKED) -> Report:
        def read() -> Report:
            self.readings += 1
            return Report(
                subject=MAIL,
                report="delivery",
                tab="email",
                tabs=("email",),
                window=Window(now_ms - DAY_MS, now_ms),
                live=True,
                as_of_ms=now_ms,
                newest_ms=self.newest_ms,
                received_ms=None,
                include_test=False,
                step_id=None,
                panes=(),
            )

        return self.kept.answer(self.connection, asked, now_ms, read)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "some.db"
    with sqlite3.connect(path) as writer:
        writer.execute("CREATE TABLE t(x)")
    writer.close()
    return path


def test_nothing_written_in_the_same_minute_needs_no_second_reading(path: Path) -> None:
    told = Told(sqlite3.connect(path))
    assert told.ask() is told.ask(NOW_MS + 30_000) and told.readings == 1
    assert told.ask(NOW_MS + MINUTE_MS).as_of_ms == NOW_MS + MINUTE_MS and told.readings == 2
    told.connection.close()


def test_a_write_is_read_at_once(path: Path) -> None:
    told = Told(sqlite3.connect(path))
    told.ask()
    with sqlite3.connect(path) as writer:
        writer.execute("INSERT INTO t VALUES (1)")
    told.ask(NOW_MS + 2_000)
    assert told.readings == 2
    writer.close()
    told.connection.close()


def test_another_question_is_read_for_itself(path: Path) -> None:
    told = Told(sqlite3.connect(path))
    for asked in (ASKED, ASKED._replace(tab="journey"), ASKED._replace(window=Window(0, NOW_MS))):
        told.ask(asked=asked)
    renamed = msgspec.structs.replace(MAIL, name="Mail B")
    told.ask(asked=ASKED._replace(subject=renamed))
    assert told.readings == 4
    told.connection.close()


def test_no_connection_answers_with_an_older_report_than_another_did(path: Path) -> None:
    told = Told(sqlite3.connect(path))
    connections = [told.connection, sqlite3.connect(path), sqlite3.connect(path)]
    answered = []
    for second in range(9):
        told.connection = connections[second % 3]
        answered.append(told.ask(NOW_MS + 1_000 * second).as_of_ms)
    assert answered == sorted(answered)
    assert told.readings == 3  # each once: it cannot know what was written before it looked first
    for connection in connections:
        connection.close()


@pytest.mark.parametrize("asking", [0, 1])
def test_what_one_connection_read_before_a_write_is_no_answer_for_any(path: Path, asking: int) -> None:
    told = Told(sqlite3.connect(path))
    connections = [told.connection, sqlite3.connect(path)]
    for told.connection in connections:
        told.ask()
    with sqlite3.connect(path) as writer:
        writer.execute("INSERT INTO t VALUES (1)")
    told.connection = connections[asking]
    told.ask()
    assert told.readings == 3
    told.connection = connections[1 - asking]
    told.ask()
    assert told.readings == 4
    for connection in (writer, *connections):
        connection.close()


def test_a_row_whose_time_is_still_to_come_is_waited_for(path: Path) -> None:
    told = Told(sqlite3.connect(path))
    told.newest_ms = NOW_MS + 3_000
    told.ask()
    told.ask(NOW_MS + 4_000)
    assert told.readings == 2
    told.connection.close()


def test_no_more_reports_are_kept_than_a_few(path: Path) -> None:
    told = Told(sqlite3.connect(path))
    for number in range(MOST_KEPT + 1):
        told.ask(asked=ASKED._replace(step_id=number))
    told.ask(asked=ASKED._replace(step_id=MOST_KEPT))
    assert told.readings == MOST_KEPT + 1
    told.ask(asked=ASKED._replace(step_id=0))
    assert told.readings == MOST_KEPT + 2
    told.connection.close()

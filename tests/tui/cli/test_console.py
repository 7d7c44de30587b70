"""What the console is opened on: a source as it is, feeds through a temporary database."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from backend.sources.sqlite.opening import open_reader

FEED = Path(__file__).parent / "feed.ndjson"
Run = Callable[..., Any]
"""Answers code, out and err."""


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """In place of the console: which file it was opened on, and how many events were in it."""
    opened: list[tuple[str, int]] = []

    def show(name: str, *_: object, **__: object) -> int:
        with closing(open_reader(Path(name))) as db:
            opened.append((name, db.execute("SELECT count(*) FROM event_log").fetchone()[0]))
        return 0

    monkeypatch.setattr("tui.cli.console.show", show)
    return opened


@pytest.mark.parametrize("option", [(), ("-s",), ("console",)])
def test_a_database_is_opened_as_it_is(
    run: Run, shown: list[tuple[str, int]], filled: Path, option: tuple[str, ...]
) -> None:
    assert run(*option, str(filled)).code == 0
    assert shown == [(str(filled), 5)]


def test_a_database_is_known_by_its_content_and_not_by_its_name(
    run: Run, shown: list[tuple[str, int]], filled: Path, tmp_path: Path
) -> None:
    shutil.copy(filled, tmp_path / "export.json")
    assert run(str(tmp_path / "export.json")).code == 0
    assert shown == [(str(tmp_path / "export.json"), 5)]


def test_feeds_go_through_a_database_that_is_gone_afterwards(
    run: Run, shown: list[tuple[str, int]], tmp_path: Path
) -> None:
    (tmp_path / "feeds").mkdir()
    shutil.copy(FEED, tmp_path / "feeds" / "b.ndjson")
    ran = run(str(FEED), str(tmp_path / "feeds"))
    assert ran.code == 0
    ((name, events),) = shown
    assert events == 5
    assert not Path(name).parent.exists()
    assert "new 8" in ran.err


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [(b"", 65, "is an empty file"), (b"hello\n", 65, "not a feed"), (b"PK\x03\x04", 65, "zip archive")],
)
def test_what_is_neither_is_told(
    run: Run, shown: list[tuple[str, int]], tmp_path: Path, content: bytes, code: int, said: str
) -> None:
    (tmp_path / "x.json").write_bytes(content)
    ran = run(str(tmp_path / "x.json"))
    assert (ran.code, shown) == (code, [])
    assert said in ran.err


def test_a_source_beside_feeds_is_refused(run: Run, shown: list[tuple[str, int]], filled: Path) -> None:
    ran = run(str(FEED), str(filled))
    assert (ran.code, shown) == (2, [])
    assert "the console shows one source, or feed files" in ran.err


def test_without_a_terminal_it_says_what_scripts_may_use(run: Run, filled: Path) -> None:
    ran = run(str(filled))
    assert ran.code == 2
    assert "the console needs a terminal" in ran.err

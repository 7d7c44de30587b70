"""Names of files as people type them when they download rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.screens.logs_taking import file_of

HERE = Path("/work/here")


@pytest.mark.parametrize(
    ("typed", "path"),
    [
        ("", "/work/here/rows.csv"),
        (" mine ", "/work/here/mine.csv"),
        ("mine.raw", "/work/here/mine.raw"),
        ("mine.2026", "/work/here/mine.2026.csv"),
        ("sub/mine", "/work/here/sub/mine.csv"),
        ("sub/", "/work/here/sub/rows.csv"),
        ("/", "/rows.csv"),
        ("/tmp/x", "/tmp/x.csv"),
        (".", "/work/here/rows.csv"),
        ("..", "/work/here/../rows.csv"),
        ("~", "/home/ada/rows.csv"),
        ("~/x", "/home/ada/x.csv"),
        ("~nobody-there/x", "/work/here/~nobody-there/x.csv"),
    ],
)
def test_a_name_is_a_file_or_a_folder_for_the_usual_one(
    typed: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert file_of(typed, "rows", "csv", HERE) == Path(path)

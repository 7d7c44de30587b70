"""Crash reports: the places in the code and the kinds of errors, never what they say."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from backend.crash import LAST_FRAMES, describe, write_report
from backend.errors import CannotWrite


def failure() -> BaseException:
    canary = "canary@example.com"
    try:
        try:
            raise KeyError(canary)
        except KeyError as error:
            raise ValueError(f"bad {canary}") from error
    except ValueError as error:
        return error


def test_a_report_tells_places_and_kinds_and_no_data() -> None:
    text = describe(failure(), "parcours logs")
    assert "parcours stopped: parcours logs" in text
    assert "builtins.ValueError" in text
    assert "builtins.KeyError" in text
    assert "tests/backend/test_crash.py:" in text
    assert "canary" not in text
    assert str(Path.home()) not in text


def test_an_endless_recursion_is_told_in_few_lines() -> None:
    def deeper() -> None:
        deeper()

    with pytest.raises(RecursionError) as caught:
        deeper()
    assert len(describe(caught.value, "x").splitlines()) <= LAST_FRAMES + 6


def test_a_report_is_private_and_in_a_folder_that_need_not_exist(tmp_path: Path) -> None:
    path = write_report(failure(), "parcours logs", tmp_path / "state" / "parcours")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.parent == tmp_path / "state" / "parcours"


def test_a_folder_that_is_a_file_is_an_error_and_no_traceback_in_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "state").write_bytes(b"")
    with pytest.raises((CannotWrite, OSError)):
        write_report(failure(), "parcours logs", tmp_path / "state")

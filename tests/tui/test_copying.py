"""Where a copied text goes, by the settings and by where the person sits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tui.copying import MOST_ENCODED, Copying


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for programs of a desktop; where the test runs."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def program(folder: Path, name: str, code: int = 0) -> None:
    """A clipboard program that keeps what it is given in a file."""
    path = folder / name
    path.write_text(f'#!/bin/sh\ncat > "{folder}/clipboard"\nexit {code}\n')
    path.chmod(0o700)


def copying(folder: Path, setting: Any, **environment: str) -> Copying:
    def find(name: str) -> str | None:
        return name if (folder / name).exists() else None

    return Copying(setting, environment, find)


def test_at_a_desktop_its_own_program_takes_the_text(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(programs, "xclip")
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    sent: list[str] = []
    here = copying(programs, "auto", DISPLAY=":0")
    assert here.put("täxt", "x.txt", sent.append) == "copied"
    assert (programs / "clipboard").read_text() == "täxt" and sent == []


def test_over_ssh_and_where_no_program_answers_the_terminal_takes_it(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(programs, "xclip", code=1)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    sent: list[str] = []
    for environment in ({"DISPLAY": ":0", "SSH_TTY": "/dev/pts/1"}, {"DISPLAY": ":0"}, {}):
        assert "by the terminal" in copying(programs, "auto", **environment).put("a", "x.txt", sent.append)
    assert sent == ["a", "a", "a"]
    assert "not copied" in copying(programs, "native", DISPLAY=":0").put("a", "x.txt", sent.append)


def test_a_text_too_long_for_terminals_goes_into_a_file_and_never_over_another(programs: Path) -> None:
    text = "x" * MOST_ENCODED
    sent: list[str] = []
    assert str(programs / "x.txt") in copying(programs, "osc52").put(text, "x.txt", sent.append)
    assert (programs / "x.txt").read_text() == text + "\n" and sent == []
    assert (programs / "x.txt").stat().st_mode & 0o777 == 0o600
    assert "not copied" in copying(programs, "file").put("other", "x.txt", sent.append)


def test_copying_can_be_off(programs: Path) -> None:
    sent: list[str] = []
    assert "copying is off" in copying(programs, "off", DISPLAY=":0").put("a", "x.txt", sent.append)
    assert sent == [] and list(programs.iterdir()) == []

"""Any view is copied as the command line that prints it, and that command line runs."""

from __future__ import annotations

import asyncio
import shlex
from pathlib import Path
from typing import Any

import pytest

PLACES = [
    (("1",), ["report", "--scenario", "brevo/default:1", "--tab", "journey"]),
    (("2",), ["logs", "scenario"]),
    (("3",), ["contacts"]),
    (("5",), ["doctor"]),
    (("6",), ["tracking", "report", "--tab", "summary", "--delivery", "brevo/default:43"]),
    (("6", *["right_square_bracket"] * 2), ["tracking", "urls", "--by", "label"]),
]


@pytest.mark.parametrize(("keys", "words"), PLACES)
async def test_every_place_is_copied_as_a_command_that_runs(
    console: Any,
    database: Path,
    capfdbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
    keys: tuple[str, ...],
    words: list[str],
) -> None:
    copied: list[str] = []
    async with console(120, 40) as person:
        monkeypatch.setattr(person.app, "copy_to_clipboard", copied.append)
        await person.press(*keys, "dollar_sign")
    program, source, *command = shlex.split(copied[0])
    assert (program, Path(source)) == ("parcours", database)
    assert command[: len(words)] == words
    from tui.cli import run

    code = await asyncio.to_thread(run, [source, *command])
    said = capfdbinary.readouterr()
    assert (code < 2, bool(said.out)) == (True, True), said.err  # doctor warns of what was set aside


async def test_a_contact_is_copied_as_its_trace(console: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async with console(120, 40) as person:
        copied: list[str] = []
        monkeypatch.setattr(person.app, "copy_to_clipboard", copied.append)
        await person.press("4", "dollar_sign")
        assert copied == []  # nobody is chosen
        await person.press("2", "d", "dollar_sign")
        await person.when(lambda: bool(copied), "a command")
    assert shlex.split(copied[0])[2] == "trace" and "@example." in shlex.split(copied[0])[3]

"""Any view is copied as the command line that prints it, and that command line runs."""

from __future__ import annotations

import asyncio
import shlex
from pathlib import Path
from typing import Any

import pytest

from backend.explaining.audience import Members
from backend.model import BounceClass, Subject, SubjectKind
from tui.presenters.commands import audience_command_line

PLACES = [
    (("1",), ["report", "--scenario", "brevo/default:1", "--tab", "journey"]),
    (("2",), ["logs", "scenario"]),
    (("3",), ["contacts"]),
    (("5",), ["doctor"]),
    (("6",), ["tracking", "report", "--tab", "summary", "--delivery", "brevo/default:43"]),
    (("6", *["right_square_bracket"] * 2), ["tracking", "urls", "--by", "label"]),
    (("6", "a", "enter"), ["explain", "--delivery", "brevo/default:43", "--slice", "targeted"]),
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
        await person.press("u", "dollar_sign")
        await person.when(lambda: len(copied) == 2, "another command")
    assert shlex.split(copied[0])[2] == "trace" and "@example." in shlex.split(copied[0])[3]
    assert shlex.split(copied[1])[2:4] == ["logs", "tracking"] and "contact:" in copied[1]


def test_a_slice_of_an_audience_is_asked_for_by_reason_and_class() -> None:
    mail = Subject(
        kind=SubjectKind.DELIVERY, id=1, key="42", name="Mail A", product="brevo", account="default"
    )
    asked = ["parcours", "my.db", "explain", "--delivery", "brevo/default:42"]
    assert shlex.split(audience_command_line("my.db", mail)) == asked
    untold = Members(slice="bounced", is_part=True, reason=None, bounce_class=BounceClass.HARD)
    words = ["--slice", "bounced", "--reason", "", "--class", "hard"]
    assert shlex.split(audience_command_line("my.db", mail, untold)) == [*asked, *words]

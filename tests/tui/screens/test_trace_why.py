"""Beside a contact's story: why it did not receive something, what bars it, its path, the marked ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from backend.model import HOUR_MS, Channel, EventKind, StepKind
from backend.record import Event, Identity, Ref, ScenarioRow

NOW_MS = 1_773_144_000_000


async def test_the_verdict_stands_below_the_story_with_its_row_and_what_to_try(console: Any) -> None:
    async with console(200, 50) as person:
        await person.press("3", "G", "d")
        await person.until("what keeps it: not written to by email: its address bounced for good")
        assert "rests on event log row " in person.screen
        assert "next: correct the address" in person.screen
        assert "email  no: its address bounced for good" in person.screen
        assert "bounced  Mail A" in person.screen


async def test_a_delivery_is_picked_and_the_verdict_is_about_it(console: Any) -> None:
    async with console(200, 50) as person:
        await person.press("3", "d", "w")
        await person.until("Why did it not receive")
        await person.type("Mail A")
        await person.press("enter")
        await person.until("why not Mail A: it was received: delivered at")


async def test_the_path_says_what_is_done_and_where_the_contact_is(console: Any) -> None:
    async with console(200, 50) as person:
        await person.press("3", "d")
        await person.until("Welcome: waiting")
        path = [line for line in person.lines if "Wait 2 days" in line and "here" in line]
        assert path
        assert any("Send mail A" in line and "done" in line for line in person.lines)


async def test_marked_contacts_are_walked_from_the_trace(console: Any) -> None:
    async with console(100, 30) as person:
        await person.press("3", "a", "d")
        assert "ada@example.org" in person.lines[1] and "marked 1 of 2" in person.lines[1]
        await person.press("J")
        assert "bob@example.net" in person.lines[1] and "marked 2 of 2" in person.lines[1]
        await person.press("J")
        assert "ada@example.org" in person.lines[1]
        await person.press("K")
        assert "bob@example.net" in person.lines[1]


async def test_without_marks_the_key_says_how_to_mark(console: Any) -> None:
    async with console() as person:
        await person.press("4", "J")
        await person.until("nobody is marked")


async def test_facts_are_a_key_away_where_they_do_not_fit_beside_the_story(console: Any) -> None:
    async with console(80, 24) as person:
        await person.press("3", "d")
        await person.until("  now  waiting at Wait 2 days")
        assert "last delivered" not in person.screen
        await person.press("i")
        await person.until("last delivered")
        assert "email  " in person.screen and "Welcome: waiting" in person.screen
        await person.press("i")
        await person.until("  now  waiting at Wait 2 days")
        await person.press("i")
        await person.until("last delivered")
        await person.press("escape")
        await person.until("  now  waiting at Wait 2 days")


async def test_a_bar_says_since_when_and_until_when_it_holds(console: Any) -> None:
    async with console(200, 50) as person:
        await person.press("3", "G", "d")
        await person.until("its address bounced for good since 03-10")
        assert "until somebody lifts it" in person.screen


async def test_the_story_is_written_into_a_new_file(
    console: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with console(100, 30) as person:
        await person.press("3", "d", "S")
        await person.until("Download these rows")
        await person.type("story")
        await person.press("enter")
        await person.when(lambda: (tmp_path / "story.csv").exists(), "the file")
    lines = (tmp_path / "story.csv").read_text().splitlines()
    assert lines[0].startswith("event_id,log,time")
    assert {line.split(",")[1] for line in lines[1:]} == {"scenario", "event"}


async def test_the_audience_of_a_delivery_opens_its_contacts(console: Any) -> None:
    async with console(100, 30) as person:
        await person.press("6", "J")
        await person.until("Mail A")
        await person.press("a")
        await person.until("Audience of Mail A")
        delivered = next(line for line in person.lines if line.strip(" >").startswith("delivered"))
        while not any(line.startswith(">") and "delivered" in line for line in person.lines):
            await person.press("j")
        await person.press("enter")
        await person.until("one row for each contact")
        count = delivered.split()[1]
        assert f"{count} of {count}, one row for each contact" in person.screen
        await person.press("d")
        await person.until("[4]Trace")


async def test_an_audience_without_a_delivery_asks_for_one(console: Any) -> None:
    async with console() as person:
        await person.press("3", "d", "a")
        await person.until("pick a delivery first")


async def test_an_error_is_found_beyond_the_rows_read(console: Any, add: Any) -> None:
    """The story opens with its newest 200 rows; the error lies 300 rows above them."""
    failed = scenario_of("ada@example.org", StepKind.FAILED, 60 * HOUR_MS)
    add([failed, *(seen(number) for number in range(500))])
    async with console(100, 30) as person:
        await person.press("3", "d")
        await person.until("rows, older ones above")
        await person.press("E")
        await person.when(lambda: any(line.startswith(">") and " ERR " in line for line in person.lines))
        await person.press("E")
        await person.until("no further error in this story")


async def test_reasons_of_strangers_are_text_in_the_audience(console: Any, add: Any) -> None:
    add([excluded("\x1b]0;owned\x07\u202e[bold]red")])
    async with console(120, 30) as person:
        await person.press("6")
        while "Mail A" not in person.lines[1]:
            await person.press("J")
        await person.press("a")
        await person.until("Audience of Mail A")
        await person.until("[bold]red")
        assert not {"\x1b", "\x07", "\u202e"} & set(person.screen)


def scenario_of(who: str, kind: StepKind, ago_ms: int) -> ScenarioRow:
    return ScenarioRow(
        product="brevo",
        account="default",
        key=("far", who, kind),
        at_ms=NOW_MS - ago_ms,
        kind=kind,
        type=kind,
        scenario=Ref("1", name="Welcome"),
        identities=(Identity("email", who),),
    )


def seen(number: int) -> Event:
    return Event(
        product="brevo",
        account="default",
        key=("seen", str(number)),
        at_ms=NOW_MS - 50 * HOUR_MS + number,
        kind=EventKind.PAGE,
        type="page",
        identities=(Identity("email", "ada@example.org"),),
    )


def excluded(reason: str) -> Event:
    return Event(
        product="brevo",
        account="default",
        key=("excluded",),
        at_ms=NOW_MS - HOUR_MS,
        kind=EventKind.EXCLUDED,
        type="blocked",
        channel=Channel.EMAIL,
        message="m-x",
        reason=reason,
        identities=(Identity("email", "eve@example.org"),),
        delivery=Ref("42", name="Mail A"),
    )

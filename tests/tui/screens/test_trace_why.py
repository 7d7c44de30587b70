"""Beside a contact's story: why it did not receive something, what bars it, its path, the marked ones."""

from __future__ import annotations

from typing import Any


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

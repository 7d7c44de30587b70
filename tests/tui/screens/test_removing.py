"""Marking contacts and taking them out, with real keys: nobody leaves without a typed count."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest

from backend.errors import SourceUnavailable
from backend.model import HOUR_MS, StepKind
from backend.record import Identity, Ref, ScenarioRow
from backend.removals.removal import RemovalAnswer
from backend.removals.telling import Told

NOW_MS = 1_773_144_000_000


def entered(who: str, kind: StepKind = StepKind.ENTERED, ago_ms: int = HOUR_MS) -> ScenarioRow:
    return ScenarioRow(
        product="brevo",
        account="default",
        key=("more", kind, who),
        at_ms=NOW_MS - ago_ms,
        kind=kind,
        type=kind,
        scenario=Ref("1", name="Welcome"),
        identities=(Identity("email", f"{who}@example.org"),),
    )


def crowd(add: Callable[[list[Any]], None], count: int) -> None:
    add([entered(f"user{n:03}", ago_ms=HOUR_MS - n) for n in range(count)])


async def test_marks_are_counted_and_survive_filter_and_refresh(console: Any, add: Any) -> None:
    crowd(add, 5)
    async with console() as person:
        await person.press("3", "space", "space")
        assert "2 of 50 marked" in person.lines[1]
        assert person.screen.count("[x]") == 2
        await person.press("r")
        assert person.screen.count("[x]") == 2
        await person.press("slash")
        await person.type("user00")
        await person.press("enter")
        assert person.screen.count("[x]") == 0 and "2 of 50 marked" in person.lines[1]
        await person.press("a")
        assert "7 of 50 marked" in person.lines[1]
        await person.press("i")
        assert "2 of 50 marked" in person.lines[1]
        await person.press("M")
        assert "only these" in person.lines[1] and person.screen.count("[x]") == 2
        await person.press("M", "u")
        assert "marked" not in person.lines[1]


async def test_a_range_is_marked_from_the_last_mark_to_the_cursor(console: Any, add: Any) -> None:
    crowd(add, 6)
    async with console() as person:
        await person.press("3", "j", "space", "j", "j", "v")
        assert "4 of 50 marked" in person.lines[1]


async def test_the_roster_is_sorted_by_a_key_and_marks_stay_with_their_contacts(
    console: Any, add: Any
) -> None:
    add([entered(who, ago_ms=ago * HOUR_MS) for who, ago in (("zoe", 50), ("abe", 60))])
    async with console(120, 40) as person:

        def shown() -> list[str]:
            return [line.split("@")[0].split()[-1] for line in person.lines if "@example" in line]

        await person.press("3")
        await person.until("by entry, oldest first")
        assert shown() == ["abe", "zoe", "ada", "bob"]
        await person.press("space", "o")
        await person.until("by contact")
        assert shown() == ["abe", "ada", "bob", "zoe"] and "1 of 50 marked" in person.lines[1]
        await person.press("O")
        await person.until("by contact, backwards")
        assert shown() == ["zoe", "bob", "ada", "abe"]
        assert [line for line in person.lines if "[x]" in line and "abe@" in line]
        await person.press("O", "o", "o")
        await person.until("by time at the step, longest first")
        assert shown()[:2] == ["abe", "zoe"]


async def test_counts_by_step_lead_to_those_at_the_step(console: Any) -> None:
    async with console() as person:
        await person.press("3", "s")
        await person.until("Who is inside, by scenario and step")
        await person.type("Wait 2")
        await person.press("enter")
        await person.until('/scenario:Welcome step:"Wait 2 days"')


async def test_the_question_names_the_contact_as_the_product_does(console: Any, add: Any) -> None:
    both = (Identity("email", "eve@example.org"), Identity("id", "CRM-7"))
    add([msgspec.structs.replace(entered("eve", ago_ms=90 * HOUR_MS), identities=both)])
    async with console(120, 40) as person:
        await person.press("3", "space", "D")
        await person.until("eve@example.org  brevo id CRM-7")


async def test_a_fifty_first_mark_is_refused_with_a_message(console: Any, add: Any) -> None:
    """R40"""
    crowd(add, 58)
    async with console(100, 40) as person:
        await person.press("3", "a")
        await person.until("10 not marked: at most 50")
        assert "50 of 50 marked" in person.lines[1]


async def test_nobody_leaves_without_the_count_being_typed(console: Any) -> None:
    async with console(100, 40) as person:
        await person.press("3", "a", "D")
        await person.until("Remove 2 contacts from a scenario")
        assert "ada@example.org  no. " in person.screen and "Wait 2 days" in person.screen
        assert "Nobody tells brevo" in person.screen
        await person.press("enter", "3", "enter")
        assert "Remove 2 contacts" in person.screen
        await person.press("escape")
        assert "2 inside" in person.lines[1] and "2 of 50 marked" in person.lines[1]


async def test_the_typed_count_removes_them_and_the_result_names_each(console: Any, source: Any) -> None:
    """R41"""
    async with console(100, 40) as person:
        await person.press("3", "a", "D")
        await person.until("Remove 2 contacts")
        await person.press("2", "enter")
        await person.until("2 contacts removed from Welcome")
        assert "ada@example.org" in person.screen and "bob@example.net" in person.screen
        await person.press("enter")
        await person.until("[4]Trace")
        await person.until("scn removed")
        await person.press("3")
        assert "0 inside" in person.lines[1] and "marked" not in person.lines[1]
    assert [line.contact for line in await source.removals()] == ["ada@example.org", "bob@example.net"]


async def test_who_left_meanwhile_is_named_and_not_asked_about(console: Any, add: Any) -> None:
    async with console(100, 40) as person:
        await person.press("3", "p", "a")
        add([leaving("bob@example.net")])
        await person.press("D")
        await person.until("1 marked is no longer in the")
        assert "Remove 1 contact from a scenario" in person.screen
        assert "Source     small.db" in person.screen


def leaving(address: str) -> ScenarioRow:
    return ScenarioRow(
        product="brevo",
        account="default",
        key=("left", address),
        at_ms=NOW_MS - 1000,
        kind=StepKind.EXITED,
        type="exit",
        scenario=Ref("1", name="Welcome"),
        identities=(Identity("email", address),),
    )


async def test_without_marks_or_rights_the_key_says_why(console: Any, monkeypatch: Any) -> None:
    async with console(100, 40) as person:
        await person.press("3", "D")
        await person.until("nobody is marked")
        monkeypatch.setattr("os.access", lambda path, mode: mode == 4)
        await person.press("space", "D")
        await person.when(
            lambda: any("may not be written by you" in told.message for told in person.app._notifications)
        )


@pytest.mark.parametrize("arrived", [True, False])
async def test_a_lost_answer_is_unknown_until_it_is_known(
    console: Any, source: Any, monkeypatch: Any, arrived: bool
) -> None:
    monkeypatch.setattr("tui.screens.removing.ASK_AGAIN_S", 0.01)
    remove, removal = source.remove, source.removal
    asked = []

    async def lossy(scenario_id: int, contacts: Sequence[int], *, key: str, actor: str) -> RemovalAnswer:
        if arrived:
            await remove(scenario_id, contacts, key=key, actor=actor)
        raise SourceUnavailable("the connection broke")

    async def asking(key: str) -> RemovalAnswer | None:
        asked.append(key)
        if len(asked) == 1:
            raise SourceUnavailable("still broken")
        return await removal(key)

    monkeypatch.setattr(source, "remove", lossy)
    monkeypatch.setattr(source, "removal", asking)
    async with console(100, 40) as person:
        await person.press("3", "space", "D")
        await person.until("Remove 1 contact")
        await person.press("1", "enter")
        await person.until("1 contact removed from Welcome" if arrived else "nothing was removed")
        assert len(set(asked)) == 1 and len(asked) == 2


async def test_what_the_product_has_not_heard_is_told_again_while_the_console_is_open(
    console: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("tui.app.TELL_EVERY_S", 0.2)
    works = threading.Event()
    told_now = [2]

    def tell() -> Told:
        if not works.is_set():
            return Told(0, "my-command ended with 3")
        return Told(told_now.pop() if told_now else 0)

    async with console(120, 40, tell=tell) as person:
        await person.until("not told to the product yet: my-command ended with 3")
        await person.until("removals not told")
        works.set()
        await person.until("2 told to the product")
        await person.when(lambda: "removals not told" not in person.screen)
        told = [one.message for one in person.app._notifications if "ended with 3" in one.message]
        assert len(told) <= 1

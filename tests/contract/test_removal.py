"""Taking contacts out of a scenario: the same on every source that may (R40, R41)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from backend.errors import NothingFound, ParcoursError, Refused
from backend.model import LogName, StepKind, SubjectKind
from backend.query.language import ROSTER, parse
from backend.record import Identity, Record, Ref, RosterComplete, RosterRecord, ScenarioRow
from backend.removals.removal import MOST_REMOVED, REMOVAL_TEXT, RemovalState
from backend.source import Source

NOW_MS = 1_773_144_000_000
TEXT = "Le contact a été supprimé manuellement du scénario"


def step_row(kind: str, at_ms: int, who: int, run: str = "") -> ScenarioRow:
    return ScenarioRow(
        product="brevo",
        account="main",
        key=(kind, str(at_ms), str(who), run),
        at_ms=at_ms,
        kind=StepKind(kind),
        type=kind,
        scenario=Ref("s1", name="Welcome"),
        step=Ref("t1", name="Mail A") if kind == "step" else None,
        identities=(Identity("email", f"user{who}@example.org"),),
        run=run,
    )


def entered(count: int) -> list[Record]:
    return [step_row("entered", NOW_MS - 100_000 + who, who) for who in range(count)]


async def scenario_of(source: Source) -> int:
    (subject,) = await source.catalog(SubjectKind.SCENARIO)
    return subject.id


async def inside(source: Source) -> dict[str, int]:
    page = await source.roster(parse("", now_ms=NOW_MS, log=ROSTER), limit=1000)
    return {row.contact: row.contact_id for row in page.rows}


async def states(source: Source) -> dict[str, RemovalState]:
    return {line.contact: line.state for line in await source.removals()}


async def test_a_removed_contact_leaves_and_has_one_row_that_says_so(filled: Any) -> None:
    """R41"""
    source = filled.source
    filled.add(entered(3))
    assert (await source.capabilities()).may_remove
    people = await inside(source)
    chosen = [people["user0@example.org"], people["user2@example.org"]]
    answer = await source.remove(await scenario_of(source), chosen, key="k1", actor="ada")
    assert answer.contacts == tuple(chosen) and not answer.replayed
    assert list(await inside(source)) == ["user1@example.org"]
    page = await source.log(LogName.SCENARIO, parse("kind:removed", now_ms=NOW_MS, log="scenario"))
    assert [(row.message, row.workflow_points, row.at_ms) for row in page.rows] == [
        (TEXT, "exit", NOW_MS)
    ] * 2
    assert {row.contact for row in page.rows} == {"user0@example.org", "user2@example.org"}
    assert page.rows[0].fields["removed_by"].split()[0] == "ada"  # a server adds whose token it was
    assert TEXT == REMOVAL_TEXT
    lines = await source.removals()
    assert [line.contact_id for line in lines] == chosen
    assert {line.state for line in lines} == {RemovalState.REQUESTED}
    assert await source.removals(after=lines[0].id) == lines[1:]


async def test_the_same_key_answers_again_and_does_nothing(filled: Any) -> None:
    source = filled.source
    filled.add(entered(3))
    people = list((await inside(source)).values())
    scenario = await scenario_of(source)
    first = await source.remove(scenario, people[:2], key="k1", actor="ada")
    again = await source.remove(scenario, people[:2], key="k1", actor="ada")
    assert again.replayed and again.contacts == first.contacts
    assert await source.removal("k1") == first
    assert await source.removal("k2") is None
    assert len(await source.removals()) == 2
    with pytest.raises(Refused, match='"k1" was used for another removal'):
        await source.remove(scenario, people[2:], key="k1", actor="ada")
    assert len(await inside(source)) == 1


@pytest.mark.parametrize(
    ("chosen", "error", "reason"),
    [
        ([], Refused, "no contact was named"),
        (list(range(1, MOST_REMOVED + 2)), Refused, "51 contacts were named and at most 50"),
        ([1, 2, 1], Refused, "named more than once: user0@example.org"),
        ([1, 9_999], NothingFound, "there is no contact 9999"),
    ],
)
async def test_a_wrong_request_is_refused_as_a_whole(
    filled: Any, chosen: Sequence[int], error: type[ParcoursError], reason: str
) -> None:
    """R40"""
    filled.add(entered(60))
    with pytest.raises(error, match=reason):
        await filled.source.remove(await scenario_of(filled.source), chosen, key="k", actor="ada")
    assert len(await inside(filled.source)) == 60
    assert await filled.source.removals() == ()
    assert await filled.source.removal("k") is None


async def test_fifty_at_once_are_removed(filled: Any) -> None:
    filled.add(entered(60))
    people = list((await inside(filled.source)).values())
    await filled.source.remove(await scenario_of(filled.source), people[:50], key="k", actor="ada")
    assert len(await inside(filled.source)) == 10


async def test_one_that_left_meanwhile_is_named_and_nobody_is_removed(filled: Any) -> None:
    filled.add(entered(3))
    people = list((await inside(filled.source)).values())
    filled.add([step_row("exited", NOW_MS - 5, 1)])
    with pytest.raises(Refused, match=r"1 of 3 is no longer in the scenario: user1@example.org; nothing"):
        await filled.source.remove(await scenario_of(filled.source), people, key="k", actor="ada")
    assert len(await inside(filled.source)) == 2


@pytest.mark.parametrize(
    ("later", "returns"),
    [
        ([step_row("step", NOW_MS + 10, 0)], False),
        ([step_row("step", NOW_MS + 10, 0, run="first heard of now")], False),
        ([step_row("waiting", NOW_MS + 10, 0)], False),
        ([step_row("entered", NOW_MS - 50, 0)], False),  # late, but before the removal
        ([step_row("entered", NOW_MS + 10, 0)], True),
        ([step_row("restarted", NOW_MS + 10, 0, run="r2")], True),
    ],
)
async def test_only_a_later_entry_brings_a_removed_contact_back(
    filled: Any, later: Sequence[Record], returns: bool
) -> None:
    filled.add(entered(1))
    await filled.source.remove(
        await scenario_of(filled.source), list((await inside(filled.source)).values()), key="k", actor="ada"
    )
    filled.add(later)
    assert bool(await inside(filled.source)) == returns
    assert await states(filled.source) == {"user0@example.org": RemovalState.REQUESTED}


async def test_the_products_own_row_confirms_and_is_not_counted_again(filled: Any) -> None:
    """R41"""
    source = filled.source
    filled.add(entered(2))
    people = list((await inside(source)).values())
    await source.remove(await scenario_of(source), people, key="k", actor="ada")
    filled.add(
        [
            step_row("removed", NOW_MS + 20, 0),
            # the second one came back before the product removed it: that is another removal
            step_row("entered", NOW_MS + 10, 1),
            step_row("removed", NOW_MS + 30, 1),
        ]
    )
    assert await states(source) == {
        "user0@example.org": RemovalState.CONFIRMED,
        "user1@example.org": RemovalState.REQUESTED,
    }
    query = parse("kind:removed repeat:any", now_ms=NOW_MS, log="scenario")
    rows = (await source.log(LogName.SCENARIO, query)).rows
    assert [row.at_ms - NOW_MS for row in rows if row.repeat] == [20]
    assert await inside(source) == {}


async def test_an_entry_that_arrives_late_takes_the_confirmation_back(filled: Any) -> None:
    source = filled.source
    filled.add(entered(1))
    people = list((await inside(source)).values())
    await source.remove(await scenario_of(source), people, key="k", actor="ada")
    filled.add([step_row("removed", NOW_MS + 20, 0)])
    filled.add([step_row("entered", NOW_MS + 10, 0)])
    assert await states(source) == {"user0@example.org": RemovalState.REQUESTED}
    rows = (await source.log(LogName.SCENARIO, parse("kind:removed", now_ms=NOW_MS, log="scenario"))).rows
    assert [row.at_ms - NOW_MS for row in rows] == [0, 20]


async def test_a_later_complete_list_that_shows_the_contact_says_not_carried_out(filled: Any) -> None:
    source = filled.source
    filled.add(entered(2))
    people = list((await inside(source)).values())
    await source.remove(await scenario_of(source), people, key="k", actor="ada")
    named: dict[str, Any] = {"product": "brevo", "account": "main", "scenario": Ref("s1")}
    filled.add(
        [
            RosterRecord(
                identities=(Identity("email", "user1@example.org"),),
                entered_ms=NOW_MS - 100_000,
                as_of_ms=NOW_MS + 60_000,
                **named,
            ),
            RosterComplete(as_of_ms=NOW_MS + 60_000, **named),
        ]
    )
    assert list(await inside(source)) == ["user1@example.org"]
    assert await states(source) == {
        "user0@example.org": RemovalState.REQUESTED,
        "user1@example.org": RemovalState.NOT_CARRIED_OUT,
    }

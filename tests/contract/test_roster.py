"""The contacts inside scenarios, from every source: sorted, paged, and how long is usual at a step."""

from __future__ import annotations

from typing import Any

import pytest

from backend.errors import UsageError
from backend.model import RosterOrder, RosterRow, StepKind
from backend.query.language import ROSTER, Filter, parse
from backend.record import Identity, Ref, ScenarioRow, StepRecord
from backend.source import Direction, Source

NOW_MS = 1_773_144_000_000
NAMED: dict[str, Any] = {"product": "brevo", "account": "main"}


def ask(text: str = "") -> Filter:
    return parse(text, now_ms=NOW_MS, log=ROSTER)


def way(kind: StepKind, who: str, ago_ms: int, at: str | None = None) -> ScenarioRow:
    return ScenarioRow(
        key=(kind, who),
        at_ms=NOW_MS - ago_ms,
        kind=kind,
        type=kind,
        scenario=Ref("s1", name="Welcome"),
        step=Ref(at) if at else None,
        identities=(Identity("email", f"{who}@example.com"),),
        **NAMED,
    )


@pytest.mark.parametrize("order", RosterOrder)
async def test_the_roster_is_sorted_and_paged_in_every_order(filled: Any, order: RosterOrder) -> None:
    """Read forwards and backwards in pages of any size, every order holds everybody once."""
    steps = [None, "b", "a"]
    filled.add(
        [
            StepRecord(scenario=Ref("s1"), step=Ref(name), position=place, **NAMED)
            for place, name in enumerate(("b", "a"))
        ]
    )
    for n in range(9):
        who = f"{'Zxay'[n % 4]}user{n}"
        filled.add([way(StepKind.ENTERED, who, 9_000 - n)])
        if steps[n % 3] is not None:
            filled.add([way(StepKind.WAITING, who, 90 * n + 1, steps[n % 3])])
    source: Source = filled.source
    page = await source.roster(ask(), order=order)
    whole = list(page.rows)
    keys = {
        RosterOrder.ENTERED: lambda row: row.entered_ms,
        RosterOrder.CONTACT: lambda row: row.contact.casefold(),
        RosterOrder.STEP: lambda row: ({"b": 0, "a": 1}.get(row.step, 2), row.entered_ms),
        RosterOrder.AT_STEP: lambda row: row.step_ms,
    }
    assert len(whole) == 9
    assert whole == sorted(whole, key=keys[order])
    for limit in (1, 2, 4):
        for direction in Direction:
            assert await read_roster(source, order, direction, limit) == whole, (limit, direction)
    some = await source.roster(ask("user scenario:welcome -contact:x"), order=order)
    assert list(some.rows) == whole
    other = RosterOrder.CONTACT if order is not RosterOrder.CONTACT else RosterOrder.ENTERED
    cursor = (await source.roster(ask(), limit=2, order=order)).newer
    with pytest.raises(UsageError):
        await source.roster(ask(), cursor, order=other)


async def read_roster(
    source: Source, order: RosterOrder, direction: Direction, limit: int
) -> list[RosterRow]:
    rows: list[RosterRow] = []
    cursor: str | None = None
    while True:
        page = await source.roster(ask(), cursor, direction=direction, limit=limit, order=order)
        assert page.total == 9
        rows = [*rows, *page.rows] if direction is Direction.NEWER else [*page.rows, *rows]
        cursor = page.newer if direction is Direction.NEWER else page.older
        if cursor is None:
            return rows


async def test_how_long_is_usual_at_a_step_is_the_median_of_those_there(filled: Any) -> None:
    """Four have been there for 1, 2, 5 and 9 s: half of them for 5 s or longer. One alone tells nothing."""
    filled.add([way(StepKind.ENTERED, f"user{n}", ago * 1_000) for n, ago in enumerate((9, 1, 5, 2))])
    filled.add([way(StepKind.ENTERED, "other", 500), way(StepKind.WAITING, "other", 400, "a")])
    page = await filled.source.roster(ask())
    assert {row.usual_ms for row in page.rows if row.step is None} == {5_000}
    assert {row.usual_ms for row in page.rows if row.step is not None} == {None}
    counts = await filled.source.steps_inside()
    assert [(count.step, count.usual_ms) for count in counts] == [("a", None), (None, 5_000)]

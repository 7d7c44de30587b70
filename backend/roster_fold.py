"""Where contacts are inside a scenario: a pure fold of their scenario log rows and of the product's lists.

Ties are broken by own time, rank, key; the order in which rows came says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum

import msgspec

from backend.model import RosterState, StepKind
from backend.products import Product


class FoldRank(IntEnum):
    """The order of scenario rows of one time."""

    ENTERED = 0
    STEP = 1
    WAITING = 2
    LISTED = 3
    COMPLETE = 4
    EXIT = 5
    REMOVED = 6


FOLD_RANK: dict[StepKind, FoldRank] = {
    StepKind.ENTERED: FoldRank.ENTERED,
    StepKind.RESTARTED: FoldRank.ENTERED,
    StepKind.STEP: FoldRank.STEP,
    StepKind.EVENT: FoldRank.STEP,
    StepKind.ACTION: FoldRank.STEP,
    StepKind.ACTION_ERROR: FoldRank.STEP,
    StepKind.WAITING: FoldRank.WAITING,
    StepKind.EXITED: FoldRank.EXIT,
    StepKind.FAILED: FoldRank.EXIT,
    StepKind.REMOVED: FoldRank.REMOVED,
}
"""Kinds that are not here (discarded, other) say nothing of where a contact is."""


class FoldRow(msgspec.Struct, frozen=True, gc=False):
    """A scenario log row, list line or list declaration of one contact in one scenario."""

    ts: int
    rank: FoldRank
    h: int
    run: str = ""
    step: int | None = None
    """The step where the contact is from this row on; None: not told."""
    until_ms: int | None = None
    identity: int | None = None
    entered_ms: int = 0
    """List lines: the entry that the list tells."""
    waiting: bool = False
    """List lines: the state that the list tells."""


class Inside(msgspec.Struct, frozen=True):
    """Where a contact is in one run."""

    step: int | None
    state: RosterState
    entered_ms: int
    step_ms: int
    until_ms: int | None
    identity: int | None


def fold_roster(rows: Iterable[FoldRow], complete: Iterable[int] = ()) -> dict[str, Inside]:
    """Where one contact is inside one scenario, by run; runs that are over are absent.

    complete: times of lists that were declared complete. A contact that such a list leaves out is gone
    then; one that it shows is inside, even after a removal. An exit without a run ends all runs, and a
    removal without one also those first heard of later: only a later entry or complete list brings it back.
    """
    whole = set(complete)
    ordered = sorted(
        [*rows, *(FoldRow(at, FoldRank.COMPLETE, 0) for at in whole)],
        key=lambda row: (row.ts, row.rank, row.h),
    )
    inside: dict[str, Inside] = {}
    gone_ms: dict[str, int] = {}
    is_removed = False
    listed_at: set[int] = set()
    for row in ordered:
        if row.rank == FoldRank.COMPLETE:
            if row.ts not in listed_at:
                _leave(inside, gone_ms, row)
        elif row.rank >= FoldRank.EXIT:
            _leave(inside, gone_ms, row)
            gone_ms[row.run] = row.ts
            is_removed = is_removed or (row.rank == FoldRank.REMOVED and row.run == "")
        elif row.rank == FoldRank.LISTED:
            listed_at.add(row.ts)
            is_later_entry = not is_removed and row.entered_ms > gone_ms.get(row.run, -1)
            if row.run in inside or row.ts in whole or is_later_entry:
                inside[row.run] = _listed(row)
                is_removed = False
        elif row.rank == FoldRank.ENTERED:
            is_removed = False
            inside[row.run] = Inside(row.step, RosterState.ACTIVE, row.ts, row.ts, row.until_ms, row.identity)
        elif row.run in inside or (row.run not in gone_ms and not is_removed):
            inside[row.run] = _moved(inside.get(row.run), row)
    return inside


def _leave(inside: dict[str, Inside], gone_ms: dict[str, int], row: FoldRow) -> None:
    over = list(inside) if row.run == "" else [row.run] if row.run in inside else []
    for run in over:
        del inside[run]
        gone_ms[run] = row.ts


def _listed(row: FoldRow) -> Inside:
    state = RosterState.WAITING if row.waiting else RosterState.ACTIVE
    return Inside(row.step, state, row.entered_ms, row.ts, row.until_ms, row.identity)


def _moved(before: Inside | None, row: FoldRow) -> Inside:
    state = RosterState.WAITING if row.rank == FoldRank.WAITING else RosterState.ACTIVE
    entered_ms = before.entered_ms if before else row.ts
    since_ms = before.step_ms if before and before.step == row.step and row.step is not None else row.ts
    return Inside(row.step, state, entered_ms, since_ms, row.until_ms, row.identity)


def step_after(step: int | None, successors: Sequence[int] | None, product: Product) -> int | None:
    """Where a contact is after a row of `step`. A product that logs only completed steps tells that the
    step is behind: the next one is known only where the path does not branch."""
    if not product.logs_completed_steps:
        return step
    return successors[0] if successors is not None and len(successors) == 1 else None

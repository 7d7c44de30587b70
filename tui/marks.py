"""The contacts that a person has marked: they belong to the contact, not to a line of a list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from backend.model import RosterRow
from backend.removals.removal import MOST_REMOVED

MOST_MARKED = MOST_REMOVED


class Mark(NamedTuple):
    """One contact in one scenario."""

    scenario_id: int
    contact_id: int


def mark_of(row: RosterRow) -> Mark:
    return Mark(row.scenario_id, row.contact_id)


class Marks:
    """At most 50 marks in the order they were set; what goes beyond is refused and counted, never cut."""

    def __init__(self) -> None:
        self._rows: dict[Mark, RosterRow] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, mark: object) -> bool:
        return mark in self._rows

    def __iter__(self) -> Iterator[RosterRow]:
        """The marked contacts, as they were last seen."""
        return iter(list(self._rows.values()))

    def toggle(self, row: RosterRow) -> bool:
        """Marks or unmarks; False where it would be one too many."""
        if self._rows.pop(mark_of(row), None) is not None:
            return True
        return self.add([row]) == 0

    def add(self, rows: Iterable[RosterRow]) -> int:
        """Marks these; gives how many contacts found no room."""
        left_out = set()
        for row in rows:
            if mark_of(row) in self._rows or len(self._rows) < MOST_MARKED:
                self._rows[mark_of(row)] = row
            else:
                left_out.add(mark_of(row))
        return len(left_out)

    def invert(self, shown: Iterable[RosterRow]) -> int:
        """Unmarks the marked among these and marks the others; gives how many found no room."""
        rows = list(shown)
        marked = {mark_of(row) for row in rows if mark_of(row) in self._rows}
        self.drop(marked)
        return self.add(row for row in rows if mark_of(row) not in marked)

    def drop(self, marks: Iterable[Mark]) -> None:
        for mark in list(marks):
            self._rows.pop(mark, None)

    def clear(self) -> None:
        self._rows.clear()

    def next_to(self, contact_id: int | None, step: int) -> RosterRow | None:
        """The marked contact after (1) or before (-1) this one, round and round; None without marks."""
        rows = list(self._rows.values())
        if not rows:
            return None
        place = next((n for n, row in enumerate(rows) if row.contact_id == contact_id), None)
        if place is None:
            return rows[0 if step > 0 else -1]
        return rows[(place + step) % len(rows)]

    def place_of(self, contact_id: int | None) -> int | None:
        """Which of the marked contacts this is, from 1; None where it is none."""
        return next((n for n, row in enumerate(self, 1) if row.contact_id == contact_id), None)


def counter(marks: Marks) -> str:
    """5 of 50 marked."""
    return f"{len(marks)} of {MOST_MARKED} marked"


def too_many(left_out: int) -> str:
    """Why some were not marked."""
    return f"{left_out} not marked: at most {MOST_MARKED} contacts are marked at once"

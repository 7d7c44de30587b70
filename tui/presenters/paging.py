"""Where to go on reading from either edge of the rows that a list holds.

A source gives cursors at the edges of its pages only, and a list drops rows at its far end, so an edge
may lie inside a page. Then the nearest cursor that does not leave a gap is the one: the rows that come
twice are known by their keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class _Stretch(NamedTuple):
    """One page as it was read: its rows' keys in order, and its two cursors."""

    keys: tuple[str, ...]
    older: str | None
    newer: str | None


class PageEdges:
    """The pages read so far, oldest first."""

    def __init__(self) -> None:
        self._stretches: list[_Stretch] = []

    def restart(self, keys: Sequence[str], older: str | None, newer: str | None) -> None:
        """Forget all pages but this one."""
        self._stretches = [_Stretch(tuple(keys), older, newer)]

    def add_older(self, keys: Sequence[str], older: str | None, newer: str | None) -> None:
        """A page before the others; what is read again takes the place of what was read before."""
        again = self._with_any_of(keys)
        self._stretches = [
            _Stretch(tuple(keys), older, newer),
            *self._stretches[again[-1] + 1 if again else 0 :],
        ]

    def add_newer(self, keys: Sequence[str], older: str | None, newer: str | None) -> None:
        """A page after the others, likewise."""
        again = self._with_any_of(keys)
        self._stretches = [
            *self._stretches[: again[0] if again else None],
            _Stretch(tuple(keys), older, newer),
        ]

    def _with_any_of(self, keys: Sequence[str]) -> list[int]:
        """Numbers of the pages that have some of these rows."""
        wanted = set(keys)
        return [n for n, stretch in enumerate(self._stretches) if not wanted.isdisjoint(stretch.keys)]

    def knows(self, key: str) -> bool:
        """Whether the row came with a page; rows that arrived live did not."""
        return any(key in stretch.keys for stretch in self._stretches)

    def older_than(self, key: str | None) -> str | None:
        """The cursor of rows before the row of this key, which is the first that is held."""
        for number, stretch in enumerate(self._stretches):
            if key in stretch.keys:
                is_edge = stretch.keys[0] == key or number + 1 == len(self._stretches)
                return stretch.older if is_edge else self._stretches[number + 1].older
        return self._stretches[0].older if self._stretches else None

    def newer_than(self, key: str | None) -> str | None:
        """The cursor of rows after the row of this key, which is the last that is held."""
        for number, stretch in reversed(list(enumerate(self._stretches))):
            if key in stretch.keys:
                is_edge = stretch.keys[-1] == key or number == 0
                return stretch.newer if is_edge else self._stretches[number - 1].newer
        return self._stretches[-1].newer if self._stretches else None

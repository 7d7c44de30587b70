"""Stored codes as the values that they stand for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from backend.errors import SourceDamaged

T = TypeVar("T")


def of_code(values: Sequence[T], code: int) -> T:
    """What a stored code stands for. Raises SourceDamaged for a code that no version of ours writes."""
    if not 1 <= code <= len(values):
        raise SourceDamaged(f"the store is damaged: a row has the code {code}, which stands for nothing")
    return values[code - 1]


class Codes(dict[int | None, T]):
    """What the codes of a column stand for, `of_code` for many rows."""

    def __init__(self, values: Sequence[T]) -> None:
        super().__init__(enumerate(values, 1))
        self._values = values

    def __missing__(self, code: int | None) -> T:
        return of_code(self._values, code or 0)

"""What every source does alike with what it has counted: the bars of a histogram, the order of values and
subjects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from backend.model import DAY_MS, HOUR_MS, Bucket, Subject, ValueCount

MOST_BUCKETS = 1_000
SECOND_MS, MINUTE_MS = 1_000, 60_000
STEPS_MS: tuple[int, ...] = (
    *(1, 10, 100),
    *(n * SECOND_MS for n in (1, 2, 5, 10, 15, 30)),
    *(n * MINUTE_MS for n in (1, 2, 5, 10, 15, 30)),
    *(n * HOUR_MS for n in (1, 2, 3, 6, 12)),
    *(n * DAY_MS for n in (1, 2, 7, 14, 28, 91, 182, 364)),
)
"""Lengths that a bar may have."""


class Bars:
    """The counts of a histogram while they are being collected."""

    def __init__(self, low_ms: int, high_ms: int, most: int) -> None:
        self.step_ms = next(
            (step for step in STEPS_MS if high_ms // step - low_ms // step < most), STEPS_MS[-1]
        )
        while high_ms // self.step_ms - low_ms // self.step_ms >= most:
            self.step_ms *= 2
        self.low_ms, self.high_ms = low_ms, high_ms
        self.first_ms = low_ms // self.step_ms * self.step_ms
        self._counts = [[0, 0, 0] for _ in range(high_ms // self.step_ms - low_ms // self.step_ms + 1)]

    def add(self, at_ms: int, total: int, errors: int, warnings: int) -> None:
        bar = self._counts[(at_ms - self.first_ms) // self.step_ms]
        for place, n in enumerate((total, errors, warnings)):
            bar[place] += n

    def starts(self, low_ms: int, high_ms: int) -> range:
        """Starts of the bars that [low_ms, high_ms] touches."""
        return range(low_ms // self.step_ms * self.step_ms, high_ms + 1, self.step_ms)

    def buckets(self) -> tuple[Bucket, ...]:
        starts = range(self.first_ms, self.high_ms + 1, self.step_ms)
        return tuple(
            Bucket(start, start + self.step_ms, *counts)
            for start, counts in zip(starts, self._counts, strict=True)
        )


def most_first(counts: Mapping[str | None, int], limit: int) -> tuple[ValueCount, ...]:
    """The `limit` most frequent values; equals in the order of their text, "none" last."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0] is None, item[0] or ""))
    return tuple(ValueCount(value, n) for value, n in ordered[: max(0, limit)])


def by_activity(subjects: Sequence[Subject]) -> tuple[Subject, ...]:
    """The order of a catalog."""
    return tuple(
        sorted(subjects, key=lambda s: (s.newest_ms is None, -(s.newest_ms or 0), s.name.casefold(), s.id))
    )

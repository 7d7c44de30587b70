"""Cuts a window into whole buckets of the rollups and the edges that only rows can tell."""

from __future__ import annotations

from backend.model import DAY_MS, HOUR_MS, Window
from backend.sources.sqlite.schema import Grain

Block = tuple[Grain, int, int]
"""Grain, first bucket, and the bucket behind the last."""


def split(window: Window, step_ms: int | None, pruned_ms: int = 0) -> tuple[list[Window], list[Block]]:
    """A window as edges, to be counted from rows, and blocks of whole buckets.

    step_ms: the graph's step, None where only the sum is wanted. Before `pruned_ms` there are no rows
    and no hours: only whole days are left there.
    """
    edges: list[Window] = []
    blocks: list[Block] = []
    start, end = window.start_ms, window.end_ms
    if pruned_ms > start:
        first, last = -(-start // DAY_MS), min(pruned_ms, end) // DAY_MS
        if first < last:
            blocks.append((Grain.DAY, first, last))
        start = min(pruned_ms, end)
    if step_ms is not None and step_ms % HOUR_MS:
        return ([Window(start, end)] if start < end else edges), blocks
    first, last = -(-start // HOUR_MS), end // HOUR_MS
    if first >= last:
        return ([Window(start, end)] if start < end else edges), blocks
    if start < first * HOUR_MS:
        edges.append(Window(start, first * HOUR_MS))
    if last * HOUR_MS < end:
        edges.append(Window(last * HOUR_MS, end))
    return edges, blocks + _whole_buckets(first, last, days=step_ms is None or step_ms % DAY_MS == 0)


def _whole_buckets(first: int, last: int, *, days: bool) -> list[Block]:
    hours = DAY_MS // HOUR_MS
    first_day, last_day = -(-first // hours), last // hours
    if not days or first_day >= last_day:
        return [(Grain.HOUR, first, last)]
    blocks = [
        (Grain.HOUR, first, first_day * hours),
        (Grain.DAY, first_day, last_day),
        (Grain.HOUR, last_day * hours, last),
    ]
    return [block for block in blocks if block[1] < block[2]]

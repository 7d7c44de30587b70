"""Rows that arrive are put together to the pace of the terminal, and none is lost without being counted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from backend.errors import SourceUnavailable
from backend.model import Follow
from tui.arrivals import MOST_ROWS, joined, paced, together
from tui.link import FRAME_S, SLOW_FRAME_S, TerminalLink


class Clock:
    now_s = 50.0


async def arriving(clock: Clock, steps: Sequence[tuple[float, Follow]]) -> AsyncIterator[Follow]:
    """Gives each Follow, then lets so much time pass."""
    for passes_s, found in steps:
        yield found
        clock.now_s += passes_s
    await asyncio.Event().wait()


async def test_what_comes_by_several_ways_is_one_stream_until_all_have_ended() -> None:
    async def way(*numbers: int) -> AsyncIterator[Follow]:
        for number in numbers:
            yield Follow(rows=(), after=number)

    found = [each.after async for each in together(way(1, 2), way(), way(3))]
    assert sorted(found) == [1, 2, 3] and found.index(1) < found.index(2)


async def test_a_way_that_fails_ends_all_of_them() -> None:
    ended: list[bool] = []

    async def quiet() -> AsyncIterator[Follow]:
        try:
            await asyncio.Event().wait()
            yield Follow(rows=(), after=0)
        finally:
            ended.append(True)

    async def failing() -> AsyncIterator[Follow]:
        yield Follow(rows=(), after=1)
        raise SourceUnavailable("gone")

    arriving = together(quiet(), failing())
    assert (await anext(arriving)).after == 1
    with pytest.raises(SourceUnavailable):
        await anext(arriving)
    assert ended == [True]


async def test_the_first_comes_at_once_and_what_follows_within_a_frame_together() -> None:
    clock = Clock()
    steps = [(0.0, Follow(rows=(), after=1)), (0.0, Follow(rows=(), after=2, skipped=3))]
    steps += [(0.6, Follow(rows=(), after=3)), (0.0, Follow(rows=(), after=4, skipped=1))]
    frames = paced(arriving(clock, steps), lambda: 0.5, lambda: clock.now_s)
    assert (await anext(frames)).after == 1
    together = await anext(frames)
    assert (together.after, together.skipped) == (4, 4)
    await frames.aclose()


def test_more_rows_than_a_screen_can_use_are_passed_over_and_counted() -> None:
    rows = tuple(range(MOST_ROWS))
    both = joined(Follow(rows=rows, after=1), Follow(rows=rows[:5], after=2, skipped=7))  # type: ignore[arg-type]
    assert (len(both.rows), both.skipped, both.after) == (MOST_ROWS, 12, 2)


def test_a_slow_link_gets_two_frames_a_second() -> None:
    class Output:
        is_busy = is_slow = True

    link = TerminalLink()
    assert (link.frame_s, link.is_busy) == (FRAME_S, False)
    link.output = Output
    assert (link.frame_s, link.is_busy) == (SLOW_FRAME_S, True)
    assert TerminalLink("slow").frame_s == SLOW_FRAME_S == 0.5
    fast = TerminalLink("fast")
    fast.output = Output
    assert fast.frame_s == FRAME_S == 0.1

"""Rows that arrive by themselves, handed on no more often than the terminal takes them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import msgspec

from backend.model import Follow

MOST_ROWS = 1_000
"""Rows that wait to be shown; of more the oldest are counted and passed over."""


async def paced(
    arriving: AsyncIterator[Follow],
    frame_s: Callable[[], float],
    monotonic_s: Callable[[], float] = time.monotonic,
) -> AsyncIterator[Follow]:
    """What arrives: at once after a quiet spell, then put together, at most once in `frame_s` seconds."""
    held: Follow | None = None
    due_s = monotonic_s()
    following = asyncio.ensure_future(anext(arriving, None))
    try:
        while True:
            left_s = None if held is None else max(0.0, due_s - monotonic_s())
            await asyncio.wait({following}, timeout=left_s)
            if following.done():
                found = following.result()
                if found is None:
                    return
                held = found if held is None else joined(held, found)
                following = asyncio.ensure_future(anext(arriving, None))
            if held is not None and monotonic_s() >= due_s:
                yield held
                held, due_s = None, monotonic_s() + frame_s()
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def together(*ways: AsyncIterator[Follow]) -> AsyncIterator[Follow]:
    """What arrives by several ways, as it comes; ends when all have."""
    waiting = {asyncio.ensure_future(anext(way, None)): way for way in ways}
    try:
        while waiting:
            arrived, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for one in arrived:
                way, found = waiting.pop(one), one.result()
                if found is not None:
                    waiting[asyncio.ensure_future(anext(way, None))] = way
                    yield found
    finally:
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


def joined(first: Follow, then: Follow) -> Follow:
    """Two arrivals as one; whether the source is away is what the later one says."""
    rows = (*first.rows, *then.rows)
    passed_over = max(0, len(rows) - MOST_ROWS)
    skipped = first.skipped + then.skipped + passed_over
    return msgspec.structs.replace(then, rows=rows[passed_over:], skipped=skipped)

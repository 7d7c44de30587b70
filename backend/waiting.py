"""Work of threads, awaited where an event loop runs and waited for where none does.

A command for scripts asks one question after the other. It loads no event loop for that: asyncio, with
sockets and TLS behind it, was a quarter of its start.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def run_without_loop(work: Coroutine[Any, Any, T]) -> T:
    """What the work answers. It may wait for threads by this module, and for nothing else."""
    try:
        work.send(None)
    except StopIteration as done:
        answer: T = done.value
        return answer
    work.close()
    raise RuntimeError("this work waits for an event loop, and none runs")


async def answer_of(work: Future[T]) -> T:
    """The answer of a thread. Cancelling the task cancels work that has not begun."""
    if not _has_loop():
        return work.result()
    import asyncio

    return await asyncio.wrap_future(work)


async def apart(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What the function answers. A loop goes on meanwhile; without one there is nobody else to go on."""
    if not _has_loop():
        return work(*args, **kwargs)
    import asyncio

    return await asyncio.to_thread(work, *args, **kwargs)


def _has_loop() -> bool:
    if "asyncio" not in sys.modules:
        return False
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True

"""Work of threads, with an event loop and without one."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from backend.waiting import answer_of, apart, run_without_loop


async def _asked(threads: ThreadPoolExecutor) -> tuple[int, int, bool]:
    """What a thread answered, what was worked out apart, whether that was in the same thread."""
    answer = await answer_of(threads.submit(divmod, 7, 2))
    return *answer, await apart(threading.get_ident) == threading.get_ident()


@pytest.mark.parametrize(("run", "is_same"), [(run_without_loop, True), (asyncio.run, False)])
def test_threads_answer_with_and_without_a_loop(run: object, is_same: bool) -> None:
    assert callable(run)
    with ThreadPoolExecutor(1) as threads:
        assert run(_asked(threads)) == (3, 1, is_same)


@pytest.mark.parametrize("run", [run_without_loop, asyncio.run])
def test_what_a_thread_raises_is_raised_to_who_asked(run: object) -> None:
    assert callable(run)
    with ThreadPoolExecutor(1) as threads, pytest.raises(ZeroDivisionError):
        run(answer_of(threads.submit(divmod, 7, 0)))


def test_work_that_waits_for_something_else_is_refused_without_a_loop() -> None:
    with pytest.raises(RuntimeError, match="event loop"):
        run_without_loop(asyncio.sleep(0))

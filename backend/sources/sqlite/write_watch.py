"""Being told that a store was written to, where Linux tells; elsewhere waiting is all there is.

A commit reaches other processes through the shared index in memory, which raises no event, a moment after
the write to the log file that does: so after each event it is worth looking several times.
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType

BURST_S = 0.001
"""Between two looks while writes are told of all the time."""
LOOK_AGAIN_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
"""Pauses between the looks after an event: one look alone was measured to miss commits for half a second. A
commit is seen only when the disk has it, which a slow one takes its time for after the write."""
IN_MODIFY, IN_CREATE, IN_MOVED_TO = 0x2, 0x100, 0x80
NONBLOCK, CLOEXEC = os.O_NONBLOCK, os.O_CLOEXEC
MOST_BYTES = 65_536


class WriteWatch:
    """Watches the log file (`-wal`) of one store, through its folder: the file comes and goes."""

    def __init__(self, path: Path) -> None:
        real = path.resolve()  # beside what a link leads to
        self._name = os.fsencode(f"{real.name}-wal")
        self._looks: list[float] = []
        self._told = asyncio.Event()
        self._handle = _watch(real.parent)
        self._listens = False
        """Whether the system's word is waited for; else it keeps all of it, many writes as one."""

    def __enter__(self) -> WriteWatch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._handle is not None:
            self._listen(False)
            os.close(self._handle)

    @property
    def is_told(self) -> bool:
        """Whether writes are told of at all here."""
        return self._handle is not None

    async def wait(self, longest_s: float) -> None:
        """Return when it is worth looking: soon after a write, else after `longest_s` seconds."""
        self._listen(True)
        is_burst = bool(self._looks)
        pause_s = self._looks.pop(0) if is_burst else longest_s
        with suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await self._told.wait()
        if self._told.is_set():
            self._told.clear()
            self._looks = list(LOOK_AGAIN_S)
            if is_burst:  # a long transaction writes all the time, and nothing of it is seen before its end
                await asyncio.sleep(BURST_S)

    def _listen(self, listens: bool) -> None:
        if self._handle is None or listens == self._listens:
            return
        self._listens = listens
        loop = asyncio.get_running_loop()
        if listens:
            loop.add_reader(self._handle, self._read)
        else:
            loop.remove_reader(self._handle)

    def _read(self) -> None:
        """Listens until there was a write: nobody who looks already is woken by each one of a flood."""
        with suppress(BlockingIOError):
            if self._handle is not None and self._name in os.read(self._handle, MOST_BYTES):
                self._told.set()
                self._listen(False)


def _watch(folder: Path) -> int | None:
    """An inotify handle on a folder; None where the system has none to give."""
    if sys.platform != "linux":
        return None
    import ctypes  # only who follows pays for it

    library = ctypes.CDLL(None, use_errno=True)
    handle = int(library.inotify_init1(NONBLOCK | CLOEXEC))
    if handle < 0:
        return None
    if library.inotify_add_watch(handle, os.fsencode(folder), IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0:
        os.close(handle)
        return None
    return handle

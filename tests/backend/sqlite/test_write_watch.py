"""Waiting for a store's writes: told at once where Linux tells, and never for longer than was said."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import pytest

from backend.sources.sqlite import write_watch
from backend.sources.sqlite.write_watch import LOOK_AGAIN_S, WriteWatch

LONG_S = 30.0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
async def test_a_write_ends_the_wait_and_is_looked_for_several_times(tmp_path: Path) -> None:
    (tmp_path / "a.db-wal").write_bytes(b"")
    with WriteWatch(tmp_path / "a.db") as watch:
        assert watch.is_told
        waiting = asyncio.ensure_future(watch.wait(LONG_S))
        await asyncio.sleep(0)
        (tmp_path / "a.db-wal").write_bytes(b"x")
        async with asyncio.timeout(25):
            await waiting
            for _ in LOOK_AGAIN_S:
                await watch.wait(LONG_S)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
async def test_a_write_is_not_kept_waiting_by_the_looks_after_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_watch, "LOOK_AGAIN_S", (LONG_S,))
    (tmp_path / "a.db-wal").write_bytes(b"")
    with WriteWatch(tmp_path / "a.db") as watch:
        async with asyncio.timeout(25):
            for content in (b"x", b"xx"):
                waiting = asyncio.ensure_future(watch.wait(LONG_S))
                await asyncio.sleep(0)
                (tmp_path / "a.db-wal").write_bytes(content)
                await waiting


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
async def test_other_files_of_the_folder_are_nobodys_business(tmp_path: Path) -> None:
    with WriteWatch(tmp_path / "a.db") as watch:
        (tmp_path / "b.txt").write_bytes(b"x")
        begun = time.monotonic()
        await watch.wait(0.05)
        assert time.monotonic() - begun >= 0.045


async def test_a_folder_that_cannot_be_watched_is_waited_for(tmp_path: Path) -> None:
    with WriteWatch(tmp_path / "nowhere" / "a.db") as watch:
        assert not watch.is_told
        await watch.wait(0.001)

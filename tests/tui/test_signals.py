"""What becomes of signals while another program has the terminal."""

from __future__ import annotations

import asyncio
import signal

import pytest

from tui.signals import OF_KEYS, end_by_signal, exit_code, keys_left_to_another


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP])
async def test_keys_are_the_other_programs_and_what_ends_the_console_does_so_afterwards(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "tui.signals._leave", lambda name, leave: leave(exit_code(name))
    )  # without a last resort
    loop, left = asyncio.get_running_loop(), list[int]()
    end_by_signal(loop, left.append)
    try:
        with keys_left_to_another():
            signal.raise_signal(number)
        for _ in range(10):
            await asyncio.sleep(0)
        assert left == ([] if number in OF_KEYS else [exit_code(number)])
        signal.raise_signal(number)
        for _ in range(10):
            await asyncio.sleep(0)
        assert left[-1:] == [exit_code(number)]
    finally:
        for ending in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
            loop.remove_signal_handler(ending)

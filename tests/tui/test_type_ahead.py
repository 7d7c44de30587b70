"""What becomes of a key when there is nobody to give it to."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual import events

from tui.type_ahead import KeyPassed, TypeAhead


class Ending(TypeAhead):
    """An app that has a key and whose last screen goes before the key has been dealt with."""

    has_keys = True


async def test_a_key_that_comes_when_the_last_screen_has_gone_is_let_go() -> None:
    await TypeAhead().on_event(events.Key("q", "q"))


async def test_a_key_whose_screen_has_gone_is_no_longer_waited_for() -> None:
    await Ending().on_key_passed(KeyPassed(turn=0, rounds=1))


@pytest.mark.parametrize("step", [lambda app: app._follow(1), lambda app: app._next()])
async def test_a_timer_that_fires_after_the_last_screen_does_nothing(
    step: Callable[[TypeAhead], object],
) -> None:
    done = step(TypeAhead())
    if hasattr(done, "__await__"):
        await done

"""How long to wait before a question that failed is asked again. Pure."""

from __future__ import annotations

import random
from collections.abc import Callable

FIRST_RETRY_S, LONGEST_RETRY_S = 0.5, 30.0
LONGEST_ASKED_S = 300.0
"""A server that asks to be left alone for longer is asked all the same."""

Chance = Callable[[], float]
"""A number from 0 to 1, a new one each time."""


def retry_in_s(failures: int, asked_s: float | None = None, chance: Chance = random.random) -> float:
    """Doubling with each failure, and by chance, so that not all who were cut off come back at once.

    asked_s: how long the server itself asks to be left alone, which comes before the rest.
    """
    pause_s = min(LONGEST_RETRY_S, FIRST_RETRY_S * 2.0 ** min(failures, 10)) * chance()
    return pause_s if asked_s is None else min(max(asked_s, 0.0), LONGEST_ASKED_S) + pause_s

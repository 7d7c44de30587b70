"""How long a question that failed waits, with a chance of the test's own."""

from __future__ import annotations

import pytest

from backend.backoff import LONGEST_ASKED_S, LONGEST_RETRY_S, retry_in_s


@pytest.mark.parametrize(
    ("failures", "pause_s"), [(0, 0.5), (1, 1), (2, 2), (3, 4), (5, 16), (6, 30), (999, 30)]
)
def test_the_pause_doubles_up_to_half_a_minute(failures: int, pause_s: float) -> None:
    assert retry_in_s(failures, chance=lambda: 1.0) == pause_s <= LONGEST_RETRY_S


def test_chance_spreads_the_tries_from_at_once_to_the_whole_pause() -> None:
    assert retry_in_s(3, chance=lambda: 0.0) == 0.0
    assert retry_in_s(3, chance=lambda: 0.5) == 2.0


@pytest.mark.parametrize(
    ("asked_s", "wait_s"), [(0.0, 2.0), (7.0, 9.0), (-1.0, 2.0), (1e9, LONGEST_ASKED_S + 2.0)]
)
def test_what_the_server_asks_comes_first_up_to_five_minutes(asked_s: float, wait_s: float) -> None:
    assert retry_in_s(3, asked_s, chance=lambda: 0.5) == wait_s

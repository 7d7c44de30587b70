"""Which hits are a machine's by what they say of themselves, and how long hits are held back."""

from __future__ import annotations

import pytest

from backend.tracking.bots import HoldingBack, is_bot, is_machine
from backend.tracking.hits import Hit, read_hit
from tests.backend.tracking.access_lines import BROWSER, START_S, line

AHEAD_MS = (START_S + 10**6) * 1000


@pytest.mark.parametrize(
    ("agent", "bot"),
    [
        ("Googlebot/2.1 (+http://www.google.com/bot.html)", True),
        ("curl/8.5.0", True),
        ("python-requests/2.31", True),
        (BROWSER, False),
        ("Mozilla/5.0 (Windows NT 5.1) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", False),
        (None, False),
    ],
)
def test_bots_are_known_by_name_and_stand_ins_of_people_are_none(agent: str | None, bot: bool) -> None:
    assert is_bot(agent) is bot


def hit(message: int, url: int, at_s: int, **more: str) -> Hit:
    found = read_hit(line(message, url, at_s, **more).encode().rstrip())  # type: ignore[arg-type]
    assert found is not None
    return found


def test_a_request_for_the_head_only_is_a_machines() -> None:
    assert is_machine(hit(1, 2, 0, method="HEAD"))
    assert not is_machine(hit(1, 2, 0))


def test_a_hit_is_held_back_until_all_that_may_lie_near_it_have_been_seen() -> None:
    held = HoldingBack(1)
    first, second = hit(1, 2, 0), hit(1, 3, 1)
    held.take(first)
    assert list(held.settled((START_S + 2) * 1000, AHEAD_MS)) == []
    held.take(second)
    assert list(held.settled((START_S + 3) * 1000, AHEAD_MS)) == [first]
    assert held.waiting == [second]
    assert list(held.settled((START_S + 4) * 1000, AHEAD_MS)) == [second]
    assert held.waiting == []


def test_a_hit_dated_too_far_ahead_is_not_waited_for() -> None:
    held = HoldingBack(0)
    held.take(hit(1, 2, 10**6 + 1))
    assert len(list(held.settled(START_S * 1000, AHEAD_MS))) == 1

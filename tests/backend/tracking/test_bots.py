"""Which hits are a machine's: by name, and by reactions that come too close (F148)."""

from __future__ import annotations

import pytest
from access_lines import BROWSER, START_S, line

from backend.tracking.bots import GapRule, is_bot
from backend.tracking.hits import Hit, read_hit

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


def machines(gap_s: int | None, *hits: Hit) -> list[bool]:
    """Whether each of the hits, by time, is a machine's."""
    rule = GapRule(gap_s)
    for one in hits:
        rule.take(one)
    judged = list(rule.settle((START_S + 1000) * 1000, AHEAD_MS))
    assert rule.held_back == 0
    return [one.machine for one in sorted(judged, key=lambda one: hits.index(one.hit))]


@pytest.mark.parametrize(
    ("gap_s", "times", "expected"),
    [
        (0, (0, 0), [True, True]),
        (0, (0, 1), [False, False]),
        (1, (0, 1), [True, True]),
        (3, (0, 3, 7), [True, True, False]),
        (3, (0, 3, 6), [True, True, True]),
        (None, (0, 0), [False, False]),
    ],
)
def test_reactions_to_one_message_within_the_gap_are_a_machines(
    gap_s: int | None, times: tuple[int, ...], expected: list[bool]
) -> None:
    assert machines(gap_s, *(hit(1, 2 + place, at) for place, at in enumerate(times))) == expected


def test_other_messages_and_the_same_line_again_are_not_near() -> None:
    assert machines(3, hit(1, 2, 0), hit(2, 2, 0)) == [False, False]
    again = hit(1, 2, 0)
    assert machines(3, again, again) == [False, False]


def test_a_request_for_the_head_only_is_a_machines() -> None:
    assert machines(0, hit(1, 2, 0, method="HEAD")) == [True]


def test_a_hit_waits_until_all_that_may_lie_near_it_have_been_seen() -> None:
    rule = GapRule(1)
    rule.take(hit(1, 2, 0))
    assert list(rule.settle((START_S + 2) * 1000, AHEAD_MS)) == []
    rule.take(hit(1, 3, 1))
    assert [one.machine for one in rule.settle((START_S + 3) * 1000, AHEAD_MS)] == [True]
    assert len(list(rule.needed((START_S + 3) * 1000))) == 2
    assert [one.machine for one in rule.settle((START_S + 4) * 1000, AHEAD_MS)] == [True]
    assert list(rule.needed((START_S + 9) * 1000)) == []

"""When a screen reads again, told by a clock of the test's own."""

from __future__ import annotations

from tui.feed_clock import FeedClock


def test_the_first_tick_reads_at_once_and_the_next_after_the_interval() -> None:
    clock = FeedClock(2.0)
    assert clock.should_start(100.0)
    clock.started()
    clock.succeeded(100.5)
    assert not clock.should_start(102.4)
    assert clock.should_start(102.5)


def test_a_tick_is_dropped_while_one_reading_runs() -> None:
    clock = FeedClock(2.0)
    clock.started()
    assert not clock.should_start(1_000.0)


def test_a_pause_holds_and_lets_go() -> None:
    clock = FeedClock(2.0)
    clock.is_paused = True
    assert not clock.should_start(0.0)
    clock.is_paused = False
    assert clock.should_start(0.0)


def test_failures_double_the_pause_up_to_a_limit_and_a_success_ends_it() -> None:
    clock = FeedClock(30.0, stale_after_s=60.0, chance=lambda: 1.0)
    pauses = []
    for _ in range(8):
        clock.started()
        clock.failed(10.0, "locked")
        pauses.append(clock.retry_in_s(10.0))
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
    assert clock.error == "locked"
    clock.succeeded(20.0)
    assert clock.error is None
    assert clock.retry_in_s(20.0) is None
    assert clock.should_start(50.0)


def test_the_pause_falls_by_chance_and_what_the_source_asks_comes_before_it() -> None:
    chances = iter((0.25, 0.0, 0.5))
    clock = FeedClock(30.0, chance=lambda: next(chances))
    clock.failed(0.0, "away")
    assert clock.retry_in_s(0.0) == 0.25
    clock.failed(0.0, "away")
    assert clock.retry_in_s(0.0) == 0.0
    clock.failed(0.0, "busy", 60.0)
    assert clock.retry_in_s(0.0) == 60.0 + 4.0 * 0.5
    assert not clock.should_start(61.9)


def test_the_age_counts_from_the_last_success_whatever_failed_since() -> None:
    clock = FeedClock(2.0)
    assert clock.age_s(5.0) is None
    assert not clock.is_stale(5.0)
    clock.succeeded(10.0)
    clock.failed(12.0, "locked")
    assert clock.age_s(19.0) == 9.0
    assert not clock.is_stale(20.0)
    assert clock.is_stale(20.1)


def test_a_cancelled_reading_may_start_again_at_once() -> None:
    clock = FeedClock(2.0)
    clock.succeeded(10.0)
    clock.started()
    clock.abandoned()
    assert clock.should_start(10.0)

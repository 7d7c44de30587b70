"""When a screen reads its data again: every so often, never twice at once, rarer while it fails.

Told what time it is (monotonic seconds), it decides; it owns no timer and starts nothing.
"""

from __future__ import annotations

import random

from backend.backoff import Chance, retry_in_s


class FeedClock:
    """The refresh of one screen. The last success decides its age, whatever failed since."""

    def __init__(
        self, interval_s: float, *, stale_after_s: float | None = None, chance: Chance = random.random
    ) -> None:
        self._chance = chance
        self._interval_s = interval_s
        self._stale_after_s = 5 * interval_s if stale_after_s is None else stale_after_s
        self._due_s: float | None = None
        self._succeeded_s: float | None = None
        self._failures = 0
        self.is_busy = False
        self.is_paused = False
        self.error: str | None = None
        """Why the last reading failed; None where it did not."""

    def should_start(self, now_s: float) -> bool:
        """Whether to read now; a tick while one reading runs is dropped."""
        if self.is_busy or self.is_paused:
            return False
        return self._due_s is None or now_s >= self._due_s

    def started(self) -> None:
        self.is_busy = True

    def succeeded(self, now_s: float) -> None:
        self.is_busy, self._failures, self.error = False, 0, None
        self._succeeded_s = now_s
        self._due_s = now_s + self._interval_s

    def failed(self, now_s: float, reason: str, asked_s: float | None = None) -> None:
        """asked_s: how long the source asks to be left alone."""
        self.is_busy, self.error = False, reason
        self._failures += 1
        self._due_s = now_s + retry_in_s(self._failures, asked_s, self._chance)

    def abandoned(self) -> None:
        """The reading was cancelled: it neither succeeded nor failed, and may start at once."""
        self.is_busy = False
        self._due_s = None

    def age_s(self, now_s: float) -> float | None:
        """Seconds since data was last read; None before the first time."""
        return None if self._succeeded_s is None else max(0.0, now_s - self._succeeded_s)

    def is_stale(self, now_s: float) -> bool:
        """Whether what is shown is older than it should be: reading fails or takes too long."""
        age_s = self.age_s(now_s)
        return age_s is not None and age_s > self._stale_after_s

    def retry_in_s(self, now_s: float) -> float | None:
        """Seconds to the next try after a failure; None where the last one succeeded."""
        if not self._failures or self._due_s is None:
            return None
        return max(0.0, self._due_s - now_s)

"""Telling machines from people by what a program calls itself, and holding hits back until they are settled.

Names are held against the maintained list `crawler-user-agents`. Mail services that fetch the pixel when
a person opens the message stand in for that person, so they are no machines although the list has them.
Reactions that come too close (F148) are found among a message's rows: `backend.facts`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from backend.tracking.hits import Hit

PROXIES_OF_PEOPLE = ("GoogleImageProxy", "YahooMailProxy", "YahooMailProxy;")
LATE_MS = 2_000
"""How much later than its own time a line may be written, and still come before its like are settled."""


@lru_cache(maxsize=8_192)
def is_bot(user_agent: str | None) -> bool:
    """Whether a program names itself as one that acts for nobody; without a name it does not."""
    if user_agent is None or any(proxy in user_agent for proxy in PROXIES_OF_PEOPLE):
        return False
    from crawleruseragents import is_crawler

    return bool(is_crawler(user_agent))


def is_machine(hit: Hit) -> bool:
    """Whether the request itself says that no person made it."""
    return hit.method == "HEAD" or is_bot(hit.user_agent)


class HoldingBack:
    """Hands hits out when all that may lie near them have been seen, so that no row has to change later.

    gap_s: reactions to one message within so many seconds are a machine's; None: no hit waits for its like
    longer than its line may be late.
    """

    def __init__(self, gap_s: int | None) -> None:
        self.wait_ms = LATE_MS + (gap_s or 0) * 1000
        """How long after a hit's time it is handed out."""
        self._waiting: list[Hit] = []

    def take(self, hit: Hit) -> None:
        self._waiting.append(hit)

    def settled(self, seen_ms: int, ahead_ms: int) -> Iterator[Hit]:
        """The hits for which nothing more can come when all before `seen_ms` have been seen, and those dated
        after `ahead_ms`, for which no wait is long enough."""
        before_ms = seen_ms - self.wait_ms
        waiting, self._waiting = self._waiting, []
        for hit in waiting:
            if hit.at_ms <= before_ms or hit.at_ms > ahead_ms:
                yield hit
            else:
                self._waiting.append(hit)

    @property
    def waiting(self) -> list[Hit]:
        """What whoever goes on later must see again."""
        return self._waiting

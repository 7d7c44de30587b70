"""Telling machines from people: by what a program calls itself, and by reactions that come too close (F148).

Names are held against the maintained list `crawler-user-agents`. Mail services that fetch the pixel when
a person opens the message stand in for that person, so they are no machines although the list has them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from functools import lru_cache

import msgspec

from backend.tracking.hits import Hit

PROXIES_OF_PEOPLE = ("GoogleImageProxy", "YahooMailProxy", "YahooMailProxy;")
LATE_MS = 2_000
"""How much later than its own time a line may be written, and still be judged together with its like."""
MOST_GAP_S = 3


@lru_cache(maxsize=8_192)
def is_bot(user_agent: str | None) -> bool:
    """Whether a program names itself as one that acts for nobody; without a name it does not."""
    if user_agent is None or any(proxy in user_agent for proxy in PROXIES_OF_PEOPLE):
        return False
    from crawleruseragents import is_crawler

    return bool(is_crawler(user_agent))


class Judged(msgspec.Struct, frozen=True):
    """A hit of which it is settled whether a machine made it."""

    hit: Hit
    machine: bool


class _Waiting(msgspec.Struct):
    hit: Hit
    place: int
    is_near: bool = False


class GapRule:
    """Holds hits back until all that may lie near them have been seen.

    Two reactions to one message within the gap (0: the same second) are a machine's, both of them. None:
    no such rule, and no hit waits for its like.
    """

    def __init__(self, gap_s: int | None) -> None:
        self._gap_ms = None if gap_s is None else gap_s * 1000
        self.wait_ms = LATE_MS + (self._gap_ms or 0)
        """How long after a hit's time it is settled."""
        self.look_back_ms = self.wait_ms + (self._gap_ms or 0)
        """How far back a hit may still matter to those that are not settled."""
        self._waiting: list[_Waiting] = []
        self._settled: deque[_Waiting] = deque()
        self._near: dict[int, list[_Waiting]] = {}
        self._place = 0

    def take(self, hit: Hit) -> None:
        one = _Waiting(hit, self._place)
        self._place += 1
        self._waiting.append(one)
        if self._gap_ms is None:
            return
        others = self._near.setdefault(hit.link.message_id, [])
        for other in others:
            if abs(other.hit.at_ms - hit.at_ms) <= self._gap_ms and other.hit.key != hit.key:
                one.is_near = other.is_near = True
        others.append(one)

    def settle(self, seen_ms: int, ahead_ms: int) -> Iterator[Judged]:
        """The hits that can be judged when all before `seen_ms` have been seen, and those dated after
        `ahead_ms`, for which no wait is long enough."""
        ready = [w for w in self._waiting if w.hit.at_ms <= seen_ms - self.wait_ms or w.hit.at_ms > ahead_ms]
        if not ready:
            return
        settled = {one.place for one in ready}
        self._waiting = [one for one in self._waiting if one.place not in settled]
        self._settled.extend(ready)
        for one in ready:
            yield Judged(one.hit, one.is_near or one.hit.method == "HEAD" or is_bot(one.hit.user_agent))
        self._forget(seen_ms - self.look_back_ms)

    def needed(self, seen_ms: int) -> Iterable[Hit]:
        """The hits that must be seen again by who goes on later: those that wait, and those near them."""
        since_ms = seen_ms - self.look_back_ms
        yield from (one.hit for one in self._waiting)
        yield from (one.hit for one in self._settled if one.hit.at_ms > since_ms)

    @property
    def held_back(self) -> int:
        return len(self._waiting)

    def _forget(self, before_ms: int) -> None:
        while self._settled and self._settled[0].hit.at_ms <= before_ms:
            one = self._settled.popleft()
            others = self._near.get(one.hit.link.message_id, [])
            others[:] = [other for other in others if other.place != one.place]
            if not others:
                self._near.pop(one.hit.link.message_id, None)

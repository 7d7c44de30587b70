"""What the screens of one console share: the source, the clocks, the zone, whether it is paused."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, tzinfo

from backend.source import Source
from tui.layout import Arrangement
from tui.presenters.times import LocalZone


def wall_ms() -> int:
    """The time of day, Unix milliseconds."""
    return time.time_ns() // 1_000_000


class Session:
    """One console on one source. Screens read it; only the app changes zone and pause."""

    def __init__(
        self,
        source: Source,
        *,
        zone: tzinfo = UTC,
        now_ms: Callable[[], int] = wall_ms,
        monotonic_s: Callable[[], float] = time.monotonic,
        demo: bool = False,
        colour: str | None = None,
        names: tuple[str, ...] = (),
    ) -> None:
        self.source = source
        self.colour = colour
        """Behind the source's name in the status line; None: it does not stand out."""
        self.names = names
        """Sources that have a name, to go to."""
        self.zone = zone
        self.other_zone: tzinfo = LocalZone() if zone is UTC else UTC
        self.now_ms = now_ms
        self.monotonic_s = monotonic_s
        self.is_demo = demo
        self.is_paused = False
        self.places: tuple[tuple[str, str, str], ...] = ()
        """Key, name and title of every place, as the status line shows them."""
        self.arrangements: dict[tuple[str, str], Arrangement] = {}
        """The layout of each report and tab that was shown, with what was changed and not saved."""

    @property
    def unsaved_layouts(self) -> list[str]:
        """Report and tab of every layout that was changed and not saved."""
        return [" ".join(key) for key, each in self.arrangements.items() if each.is_changed]

    def switch_zone(self) -> None:
        self.zone, self.other_zone = self.other_zone, self.zone

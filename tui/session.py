"""What the screens of one console share: the source, the clocks, the zone, whether it is paused."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING

from backend.backoff import Chance
from backend.open import NO_NAMES
from backend.source import Source
from tui.failed_questions import FailedQuestions, watched
from tui.layout import Arrangement
from tui.link import TerminalLink
from tui.marks import Marks
from tui.presenters.frame import problems_line
from tui.presenters.times import LocalZone
from tui.problem_watch import SetAsideWatch

if TYPE_CHECKING:
    from backend.removals.telling import Told
    from backend.reports.alerts import Alert


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
        chance: Chance = random.random,
        demo: bool = False,
        mask: bool = False,
        on_removal: Sequence[str] = (),
        is_remote: bool = False,
        tell: Callable[[], Told] | None = None,
        colour: str | None = None,
        names: Mapping[str, str] = NO_NAMES,
        link: TerminalLink | None = None,
        failed: FailedQuestions | None = None,
    ) -> None:
        self.failed = failed or FailedQuestions(now_ms, monotonic_s)
        """What this console asked and was not answered, of this source and of those before."""
        self.source = watched(source, self.failed)
        self.set_aside = SetAsideWatch()
        self.link = link or TerminalLink()
        self.colour = colour
        """Behind the source's name in the status line; None: it does not stand out."""
        self.names = names
        """Sources that have a name, to go to, with what each stands for."""
        self.zone = zone
        self.other_zone: tzinfo = LocalZone() if zone is UTC else UTC
        self.now_ms = now_ms
        self.monotonic_s = monotonic_s
        self.chance = chance
        """Spreads the tries of many consoles whose server was away."""
        self.is_demo = demo
        self.mask = mask
        """Whether addresses are shown as a***@example.org."""
        self.tell = tell
        """Tells the product of removals, away from the event loop; None where nothing is set to do so."""
        self.is_telling = False
        """Whether the product is being told just now."""
        self.untold: str | None = None
        """Why the product has not heard of all removals; None: it has, or nobody is to tell it."""
        self._on_removal = tuple(on_removal)
        self._is_remote = is_remote
        self.marks = Marks()
        self.is_paused = False
        self.places: tuple[tuple[str, str, str], ...] = ()
        """Key, name and title of every place, as the status line shows them."""
        self.problems_key = ""
        """The key that lists the problems."""
        self.alerts: tuple[Alert, ...] = ()
        """What is wrong with scenarios and campaigns now, or was within the hour."""
        self.arrangements: dict[tuple[str, str], Arrangement] = {}
        """The layout of each report and tab that was shown, with what was changed and not saved."""

    @property
    def alerts_now(self) -> str:
        """How many alerts fire, whether the product misses removals, and how many problems the person has
        not looked at, in words; "" for none of them."""
        count = sum(alert.is_firing for alert in self.alerts)
        alerts = "" if not count else f"{count} alert{'s' if count > 1 else ''}"
        untold = "removals not told" if self.untold else ""
        problems = problems_line(self.set_aside, self.failed, self.problems_key)
        return ", ".join(part for part in (alerts, untold, problems) if part)

    @property
    def unsaved_layouts(self) -> list[tuple[str, str]]:
        """Report and tab of every layout that was changed and not saved."""
        return [key for key, each in self.arrangements.items() if each.is_changed]

    def told_how(self, product: str) -> str:
        """Whether the product that runs a scenario hears of a removal, and how."""
        from backend.removals.removal import told_how  # by need, as all of it

        return told_how(self._on_removal, product, is_remote=self._is_remote)

    @property
    def how_to_fill(self) -> str:
        """What brings data into a source that holds none yet."""
        if self._is_remote:
            return "webhooks go to the server; its host reads exports: parcours ingest"
        return "parcours ingest FEED... --db FILE reads what your product exported"

    def switch_zone(self) -> None:
        self.zone, self.other_zone = self.other_zone, self.zone

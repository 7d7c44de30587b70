"""What places around log rows share: the list that keys act on, what is said of it, and failing aloud."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable

from backend.errors import ParcoursError
from tui.screens.log_feed import LogFeed
from tui.screens.place import Data, PlaceScreen
from widgets.shown import notify


class RowPlace(PlaceScreen[Data]):
    """A place around log rows, as the keys that act on rows see it."""

    @property
    @abstractmethod
    def rows(self) -> LogFeed:
        """The list on screen."""

    @abstractmethod
    def say_counts(self) -> None:
        """Bring the line above the rows up to date."""

    async def tried(self, work: Awaitable[bool], otherwise: str) -> None:
        """Await something that is asked for by a key; say so where it finds nothing or fails."""
        try:
            if not await work:
                notify(self, otherwise)
        except ParcoursError as error:
            notify(self, str(error), severity="warning")

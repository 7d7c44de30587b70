"""What the parts of the log screen share: the log on screen, and changing what it shows."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Sequence

from backend.errors import CannotWrite, ParcoursError
from backend.model import TopValues
from backend.query.language import Filter
from tui.log_memory import LogChoices, LogPast, choices_path, load, past_path, save
from tui.screens.filtered import FilteredPlace
from tui.screens.log_view import LogView
from tui.session import Session
from widgets.shown import notify

MOST_NAMES = 50
"""Names in the data that are offered, the most frequent ones."""


class LogsPlace(FilteredPlace[None]):
    """The log screen as its parts see it."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.choices, self._choices_wrong = load(choices_path(), LogChoices)
        self.past, _ = load(past_path(), LogPast)

    @property
    @abstractmethod
    def view(self) -> LogView:
        """The log on screen."""

    @property
    @abstractmethod
    def views(self) -> Sequence[LogView]:
        """All logs."""

    @abstractmethod
    def show_filter(self, query: Filter, *, stay: bool = True) -> None:
        """Show the rows of another query, near the row under the cursor unless it follows.

        stay False: at its newest rows.
        """

    @abstractmethod
    def say_counts(self) -> None:
        """Bring the line above the rows up to date."""

    @abstractmethod
    def follow_or_stop(self) -> None:
        """Follow what the log on screen shows now, unless the console is paused."""

    def keep_choices(self) -> bool:
        """Write what the person chose; a file that could not be read is left as it is. False: not kept."""
        if self._choices_wrong is not None:
            notify(self, f"not kept: {self._choices_wrong}", severity="warning")
            return False
        try:
            save(choices_path(), self.choices)
        except CannotWrite as error:
            notify(self, f"not kept: {error}", severity="warning")
            return False
        return True

    async def names_in_data(self, query: Filter) -> TopValues:
        """The names in the data of a query's rows, as `data.order_id`, the most frequent first.

        Raises: ParcoursError.
        """
        return await self.session.source.top_values(self.view.log_name, query, "data", MOST_NAMES)

    async def tried(self, work: Awaitable[bool], otherwise: str) -> None:
        """Await something that is asked for by a key; say so where it finds nothing or fails."""
        try:
            if not await work:
                notify(self, otherwise)
        except ParcoursError as error:
            notify(self, str(error), severity="warning")

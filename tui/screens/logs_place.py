"""What the parts of the log screen share: the log on screen, and changing what it shows."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence

from backend.errors import CannotWrite
from backend.model import TopValues
from backend.query.language import Filter
from tui.log_memory import LogChoices, LogPast, choices_path, load, past_path, save
from tui.screens.filtered import FilteredPlace
from tui.screens.log_view import LogView
from tui.screens.row_place import RowPlace
from tui.session import Session
from widgets.shown import notify

MOST_NAMES = 50
"""Names in the data that are offered, the most frequent ones."""


class LogsPlace(FilteredPlace[None], RowPlace[None]):
    """The log screen as its parts see it."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.choices, _ = load(choices_path(), LogChoices)
        self.past, _ = load(past_path(), LogPast)

    @property
    @abstractmethod
    def view(self) -> LogView:
        """The log on screen."""

    @property
    def rows(self) -> LogView:
        return self.view

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
    def follow_or_stop(self) -> None:
        """Follow what the log on screen shows now, unless the console is paused."""

    def choose(self, change: Callable[[LogChoices], None]) -> bool:
        """Change what the person chose, and write it into what other consoles wrote meanwhile.

        False: it is not kept. A file that cannot be read is left as it is.
        """
        change(self.choices)
        kept, wrong = load(choices_path(), LogChoices)
        if wrong is None:
            change(kept)
            self.choices.filters = kept.filters
            try:
                save(choices_path(), kept)
            except CannotWrite as error:
                wrong = str(error)
        if wrong is not None:
            notify(self, f"not kept: {wrong}", severity="warning")
        return wrong is None

    async def names_in_data(self, query: Filter) -> TopValues:
        """The names in the data of a query's rows, as `data.order_id`, the most frequent first.

        Raises: ParcoursError.
        """
        return await self.session.source.top_values(self.view.log_name, query, "data", MOST_NAMES)

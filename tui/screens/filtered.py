"""Places whose list is narrowed by the query language."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Static

from backend.errors import QueryError
from tui.bindings import bound
from tui.screens.place import Data, PlaceScreen
from widgets.filter_bar import FilterBar
from widgets.shown import line

HINT = "kind:bounced since:2h -domain:gmail.com ...; enter applies, esc leaves it as it was"


class FilteredPlace(PlaceScreen[Data]):
    """A headline, a field for the filter that opens with the filter key, and a list below."""

    BINDINGS: ClassVar[list[BindingType]] = [bound("app.filter", "filter", show=True)]

    @abstractmethod
    def compose_list(self) -> Iterable[Widget]:
        """The widgets below the filter."""

    @property
    @abstractmethod
    def filter_text(self) -> str:
        """The filter that the list has now."""

    @abstractmethod
    def check_filter(self, text: str) -> None:
        """Raises: QueryError."""

    @abstractmethod
    def apply_filter(self, text: str) -> None:
        """Show what the filter asks for; `check_filter` passed it."""

    def compose_body(self) -> Iterable[Widget]:
        yield Static(line(""), classes="headline")
        bar = FilterBar(HINT)
        bar.display = False
        yield bar
        yield from self.compose_list()

    def say(self, headline: str) -> None:
        """Show the line above the list."""
        self.query_one(".headline", Static).update(line(headline, 1_000), layout=False)

    def step_back(self) -> bool:
        if self.query_one(FilterBar).display:
            self._close()
        elif self.filter_text:
            self.apply_filter("")
        else:
            return False
        return True

    def action_filter(self) -> None:
        bar = self.query_one(FilterBar)
        bar.set_text(self.filter_text)
        bar.display = True
        bar.focus_field()

    def _close(self) -> None:
        self.query_one(FilterBar).display = False
        self.focus_body()

    @on(FilterBar.Changed)
    def _typed(self, message: FilterBar.Changed) -> None:
        try:
            self.check_filter(message.text)
        except QueryError as error:
            message.bar.error = f"column {error.column + 1}: {error}"
        else:
            message.bar.error = ""

    @on(FilterBar.Applied)
    def _applied(self, message: FilterBar.Applied) -> None:
        self._close()
        self.apply_filter(message.text)

    @on(FilterBar.Cancelled)
    def _cancelled(self, message: FilterBar.Cancelled) -> None:
        self._close()

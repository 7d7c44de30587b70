"""Places whose list is narrowed by the query language."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from backend.errors import QueryError
from tui.bindings import bound
from tui.screens.place import Data, PlaceScreen
from widgets.filter_bar import Completion, FilterBar
from widgets.shown import line

HINT = "kind:bounced since:2h -domain:gmail.com ...; enter applies, esc leaves it as it was"


class FilteredPlace(PlaceScreen[Data]):
    """A headline, a field for the filter that opens with the filter key, and a list below."""

    BINDINGS: ClassVar[list[BindingType]] = [bound("app.filter", "filter", show=True)]
    led_with: str | None = None
    """The filter with which another place led here: back leads there at once, and does not clear it first."""

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

    async def completions(self, text: str) -> Sequence[Completion]:
        """Ways to go on with a text that is being typed; none here."""
        return ()

    def history(self) -> Sequence[str]:
        """Filters that were applied before, oldest first."""
        return self.query_one("#filter", FilterBar).history

    def compose_body(self) -> Iterable[Widget]:
        yield Static(line(""), classes="headline")
        bar = FilterBar(HINT, id="filter")
        bar.display = False
        yield bar
        yield from self.compose_list()

    def say(self, *lines: str) -> None:
        """Show what stands above the list, line by line."""
        headline = self.query_one(".headline", Static)
        headline.styles.height = len(lines)
        headline.update(Content("\n").join(line(each, 1_000) for each in lines), layout=False)

    @property
    def is_filtering(self) -> bool:
        """Whether the field of the filter is open."""
        return bool(self.query_one("#filter", FilterBar).display)

    def step_back(self) -> bool:
        if self.is_filtering:
            self._close()
        elif self.filter_text and self.filter_text != self.led_with:
            self.apply_filter("")
        else:
            self.led_with = None
            return False
        return True

    def action_filter(self) -> None:
        bar = self.query_one("#filter", FilterBar)
        bar.set_history(self.history())
        bar.set_text(self.filter_text)
        bar.set_completions(())
        bar.display = True
        bar.focus_field()

    def _close(self) -> None:
        self.query_one("#filter", FilterBar).display = False
        self.focus_body()

    @on(FilterBar.Changed, "#filter")
    def _typed(self, message: FilterBar.Changed) -> None:
        try:
            self.check_filter(message.text)
        except QueryError as error:
            message.bar.error = str(error)
        else:
            message.bar.error = ""
        self._complete(message.bar, message.text)

    @work(exclusive=True, group="completion")
    async def _complete(self, bar: FilterBar, text: str) -> None:
        bar.set_completions(await self.completions(text))

    @on(FilterBar.Applied, "#filter")
    def _applied(self, message: FilterBar.Applied) -> None:
        self._close()
        self.apply_filter(message.text)

    @on(FilterBar.Cancelled, "#filter")
    def _cancelled(self, message: FilterBar.Cancelled) -> None:
        self._close()

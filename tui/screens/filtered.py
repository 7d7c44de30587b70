"""Places whose list is narrowed by the query language."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Input, Static

from backend.errors import QueryError
from tui.bindings import bound
from tui.screens.place import Data, PlaceScreen
from widgets.shown import line

HINT = "query, such as kind:bounced since:2h; enter applies, esc leaves it as it was"


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

    @abstractmethod
    def focus_list(self) -> None: ...

    def compose_body(self) -> Iterable[Widget]:
        yield Static(line(""), id="headline")
        field = Input(placeholder=HINT, id="filter", select_on_focus=False, compact=True)
        field.display = False
        yield field
        note = Static(line(""), id="filter-note")
        note.display = False
        yield note
        yield from self.compose_list()

    def action_filter(self) -> None:
        field = self.query_one("#filter", Input)
        field.value = self.filter_text
        field.cursor_position = len(field.value)
        self._open(True)
        field.focus()

    def step_back(self) -> bool:
        if self.query_one("#filter", Input).display:
            self._open(False)
            self.focus_list()
        elif self.filter_text:
            self.apply_filter("")
        else:
            return False
        return True

    def _open(self, is_open: bool) -> None:
        self.query_one("#filter", Input).display = is_open
        self.query_one("#filter-note", Static).display = is_open

    @on(Input.Changed, "#filter")
    def _typed(self, event: Input.Changed) -> None:
        self.query_one("#filter-note", Static).update(line(self._complaint(event.value)))

    @on(Input.Submitted, "#filter")
    def _entered(self, event: Input.Submitted) -> None:
        if self._complaint(event.value):
            return
        self._open(False)
        self.apply_filter(event.value.strip())
        self.focus_list()

    def _complaint(self, text: str) -> str:
        try:
            self.check_filter(text)
        except QueryError as error:
            return f"column {error.column + 1}: {error}"
        return ""

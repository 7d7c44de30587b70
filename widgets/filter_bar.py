"""The line in which a query is typed: it says at once what is wrong, remembers, and gives back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from widgets import shown
from widgets.safe_input import SafeInput

MOST_REMEMBERED = 100


class Completion(NamedTuple):
    """One way to go on: the whole text that it makes ("" for a mere remark), and how it is shown."""

    text: str
    label: str
    hint: str = ""


class FilterBar(Vertical):
    """A text field with a line of completions or an error below.

    Enter applies, escape restores what was applied before, tab takes the first completion.
    """

    DEFAULT_CSS = """
    FilterBar {
        height: auto;
        width: 1fr;
        & > SafeInput { height: 1; border: none; padding: 0 1; background: $panel; }
        & > SafeInput:focus { border: none; background: $primary 20%; }
        & > .filter-bar--error { height: auto; max-height: 5; padding: 0 1; color: $text-error; }
        & > .filter-bar--error { display: none; }
        &.-wrong > .filter-bar--error { display: block; }
        & > .filter-bar--choices { height: 1; padding: 0 1; color: $text-muted; }
        & > .filter-bar--choices { display: none; text-wrap: nowrap; text-overflow: ellipsis; }
        &.-open > .filter-bar--choices { display: block; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", show=False),
        Binding("up", "recall(1)", "Earlier", show=False),
        Binding("down", "recall(-1)", "Later", show=False),
        Binding("tab", "complete", "Complete", show=False),
    ]

    class _Said(Message):
        def __init__(self, bar: FilterBar, text: str) -> None:
            super().__init__()
            self.bar = bar
            self.text = text

        @property
        def control(self) -> FilterBar:
            return self.bar

    class Changed(_Said):
        """The text changed while typing: check it, and set `error`."""

    class Applied(_Said):
        """Enter was pressed on a text without an error."""

    class Cancelled(_Said):
        """Escape was pressed: `text` is what was applied before and is shown again."""

    def __init__(
        self,
        placeholder: str = "",
        *,
        history: Sequence[str] = (),
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._placeholder = placeholder
        self._history = list(dict.fromkeys(history))[-MOST_REMEMBERED:]
        self._applied = ""
        self._recalled = 0
        """How far back in the history; 0 is what is being typed."""
        self._typed = ""
        self._error = ""
        self._completions: tuple[Completion, ...] = ()

    def compose(self) -> ComposeResult:
        yield SafeInput(placeholder=shown.text(self._placeholder), select_on_focus=False)
        yield Static(shown.line(""), markup=False, classes="filter-bar--error")
        yield Static(shown.line(""), markup=False, classes="filter-bar--choices")

    @property
    def field(self) -> SafeInput:
        return self.query_one(SafeInput)

    @property
    def text(self) -> str:
        return self.field.value

    @property
    def applied(self) -> str:
        return self._applied

    @property
    def history(self) -> Sequence[str]:
        """What was applied, oldest first, each once."""
        return self._history

    def set_text(self, text: str) -> None:
        """Show a text as applied, without saying so."""
        self._applied = text
        self.error = ""
        with self.prevent(SafeInput.Changed):
            self.field.value = text
        self.field.cursor_position = len(text)

    def focus_field(self) -> None:
        self.field.focus()

    @property
    def error(self) -> str:
        return self._error

    @error.setter
    def error(self, error: str) -> None:
        """One line that says what is wrong with the text; "" for nothing. Enter waits for ""."""
        self._error = error
        self.query_one(".filter-bar--error", Static).update(shown.line(("! " if error else "") + error))
        self.set_class(bool(error), "-wrong")

    @property
    def completions(self) -> Sequence[Completion]:
        return self._completions

    def set_completions(self, completions: Sequence[Completion]) -> None:
        """Offer ways to go on, the one that tab takes first."""
        self._completions = tuple(completions)
        parts = [shown.line(one.label) for one in self._completions]
        if parts and self._completions[0].hint:
            parts[0] = parts[0].append("  ").append(shown.line(self._completions[0].hint))
        if parts and self._completions[0].text:
            parts[0] = shown.line("tab: ").append(parts[0].stylize("bold"))
        self.query_one(".filter-bar--choices", Static).update(shown.line("   ").join(parts))
        self.set_class(bool(parts), "-open")

    def action_complete(self) -> None:
        """Take the first completion."""
        if self._completions and self._completions[0].text:
            self.field.value = self._completions[0].text
            self.field.cursor_position = len(self.field.value)

    def set_history(self, history: Sequence[str]) -> None:
        """Remember what was applied elsewhere or earlier, oldest first."""
        self._history = list(dict.fromkeys(history))[-MOST_REMEMBERED:]
        self._recalled = 0

    @on(SafeInput.Changed)
    def _changed(self, event: SafeInput.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(self, event.value))

    @on(SafeInput.Submitted)
    def _submitted(self, event: SafeInput.Submitted) -> None:
        event.stop()
        if self._error:
            return
        text = event.value.strip()
        if text:
            self._history = [*(old for old in self._history if old != text), text][-MOST_REMEMBERED:]
        self._applied = text
        self._recalled = 0
        self.post_message(self.Applied(self, text))

    def action_cancel(self) -> None:
        self._recalled = 0
        self.set_text(self._applied)
        self.post_message(self.Cancelled(self, self._applied))

    def action_recall(self, step: int) -> None:
        """Go back (1) or forward (-1) through what was applied before."""
        place = self._recalled + step
        if not 0 <= place <= len(self._history):
            return
        if self._recalled == 0:
            self._typed = self.text
        self._recalled = place
        text = self._history[-place] if place else self._typed
        self.field.value = text
        self.field.cursor_position = len(text)

"""A text field that shows and takes any text safely."""

from __future__ import annotations

from rich.text import Text
from textual import events
from textual.reactive import reactive
from textual.widgets import Input

from backend.clean import clean
from widgets import shown

LONGEST_PASTE = 4_096
"""Characters of a pasted text that a one-line field takes."""


class SafeInput(Input):
    """Textual's Input, with one harmless cell for each character that cannot be shown.

    The value itself is not changed, so that a filter on a strange value still finds it. What is pasted
    is cleaned first: its line breaks become blanks.
    """

    cursor_blink = reactive(False, init=False)
    """A blinking cursor is sent to the terminal twice a second for as long as the field has the focus."""

    @property
    def _value(self) -> Text:
        return shown.field("*" * len(self.value) if self.password else self.value)

    def _on_paste(self, event: events.Paste) -> None:
        # Textual calls the handler of every base class too: what Input would do is prevented.
        event.prevent_default()
        event.stop()
        text = clean(" ".join(event.text.split()), LONGEST_PASTE)
        if text:
            self.replace(text, *self.selection)

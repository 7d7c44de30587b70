"""A bordered box with a title and a word on the age of what it shows."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.containers import Vertical
from textual.widget import Widget

from widgets import shown


class Pane(Vertical):
    """A box around bodies. The focused one has a heavy border, or "> " before its title in ASCII."""

    ALLOW_MAXIMIZE: ClassVar[bool | None] = True
    DEFAULT_CSS = """
    Pane {
        width: 1fr;
        height: 1fr;
        border: solid $foreground 30%;
        border-title-color: $foreground;
        border-subtitle-color: $text-muted;
        padding: 0;
        &:focus-within { border: heavy $primary; border-title-style: bold; }
        &:focus-within:nocolor { border: heavy; }
        &.-stale { border-subtitle-color: $text-warning; border-subtitle-style: bold; }
        &.-ascii, &.-ascii:focus-within { border: ascii $foreground 50%; }
        & > .-figures { height: auto; }
    }
    """

    def __init__(
        self, pane_id: str, title: str, *bodies: Widget, id: str | None = None, classes: str = ""
    ) -> None:
        super().__init__(*bodies, id=id, classes=classes)
        self.pane_id = pane_id
        self._title = title
        self.set_class(shown.is_ascii(), "-ascii")
        self._show_title(focused=False)

    @property
    def title(self) -> str:
        return self._title

    @title.setter
    def title(self, title: str) -> None:
        self._title = title
        self._show_title(self.has_focus_within)

    def set_state(self, age: str = "", *, stale: bool = False, note: str = "") -> None:
        """Say below how old the data is, and a note; `stale` marks it with "!" and a colour."""
        self.set_class(stale, "-stale")
        parts = [part for part in (note, f"! {age}" if stale and age else age) if part]
        self.border_subtitle = shown.line("  ".join(parts)) if parts else None

    def focus_body(self) -> bool:
        """Give the focus to the first body that takes it; False where none does."""
        for body in self.query("*"):
            if body.focusable:
                body.focus(scroll_visible=False)
                return True
        return False

    def _show_title(self, focused: bool) -> None:
        mark = "> " if focused and shown.is_ascii() else ""
        self.border_title = shown.line(mark + self._title)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self._show_title(focused=True)

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        self._show_title(focused=False)

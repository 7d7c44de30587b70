"""A bordered box with a title and a word on the age of what it shows."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget

from widgets import shown
from widgets.columns import to_width

CLOSE_BOX = "[x]"
TITLE_STARTS = 2
"""Cells before a border's title: the corner and a blank."""
FRAME_OF_WORDS = 6
"""Cells of a border that its words leave: corners, a line and a blank on both sides."""
STATE_GAP = "  "
LEAST_NOTE = 6


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

    class Dragged(Message):
        """An edge or corner was let go. width, height: the cells that are wanted; None: as before."""

        def __init__(self, pane: Pane, width: int | None, height: int | None) -> None:
            super().__init__()
            self.pane = pane
            self.width = width
            self.height = height

        @property
        def control(self) -> Pane:
            return self.pane

    class CloseClicked(Message):
        """The close box was clicked."""

        def __init__(self, pane: Pane) -> None:
            super().__init__()
            self.pane = pane

        @property
        def control(self) -> Pane:
            return self.pane

    can_be_arranged = False
    """Whether its edges can be dragged and it has a close box while it has the focus."""
    _held: tuple[bool, bool] | None = None
    """Whether the right and the lower edge are being dragged."""

    def __init__(
        self,
        pane_id: str,
        title: str,
        *bodies: Widget,
        short_title: str | None = None,
        id: str | None = None,
        classes: str = "",
    ) -> None:
        """short_title: what it is called where the title does not fit."""
        super().__init__(*bodies, id=id, classes=classes)
        self.pane_id = pane_id
        self._title = title
        self._short_title = short_title
        self._said = ("", "")
        """The note and the age."""
        self.set_class(shown.is_ascii(), "-ascii")
        self._show_title(focused=False)

    @property
    def title(self) -> str:
        return self._title

    @title.setter
    def title(self, title: str) -> None:
        self._title, self._short_title = title, None
        self._show_title(self.has_focus_within)

    def set_state(self, age: str = "", *, stale: bool = False, note: str = "") -> None:
        """Say below how old the data is, and a note; `stale` marks it with "!" and a colour. The note is cut
        where there is no room for both. The same again paints nothing."""
        self.set_class(stale, "-stale")
        said = shown.text(note), shown.text(f"! {age}" if stale and age else age)
        if said != self._said:
            self._said = said
            self._show_state()

    def _show_state(self) -> None:
        note, age = self._said
        room = self.region.width - FRAME_OF_WORDS - cell_len(age) - len(STATE_GAP)
        if age and self.region.width and cell_len(note) > room:
            note = to_width(note, room) if room >= LEAST_NOTE else ""
        parts = [part for part in (note, age) if part]
        self.border_subtitle = shown.line(STATE_GAP.join(parts)) if parts else None

    def on_resize(self, event: events.Resize) -> None:
        self._show_state()
        self._show_title(self.has_focus_within)

    def focus_body(self) -> bool:
        """Give the focus to the first body that takes it; False where none does."""
        bodies = self.focusable_bodies
        if bodies:
            bodies[0].focus(scroll_visible=False)
        return bool(bodies)

    @property
    def focusable_bodies(self) -> list[Widget]:
        """The bodies on show that take the focus, from top to bottom."""
        return [body for body in self.query("*").results(Widget) if body.focusable and body.display]

    def _show_title(self, focused: bool) -> None:
        mark = "> " if focused and shown.is_ascii() else ""
        close = f" {CLOSE_BOX}" if focused and self.can_be_arranged else ""
        room = self.region.width - FRAME_OF_WORDS - cell_len(mark) - cell_len(close)
        title = shown.text(self._title)
        if self.region.width and cell_len(title) > room:
            short = shown.text(self._short_title or self._title)
            title = to_width(short, min(cell_len(short), max(0, room)))
        self.border_title = shown.line(mark + title + close)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self._show_title(focused=True)

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        self._show_title(focused=False)

    # --- mouse ----------------------------------------------------------------------------------

    def on_mouse_down(self, event: events.MouseDown) -> None:
        under, region = self.screen.get_widget_at(event.screen_x, event.screen_y)
        if not self.can_be_arranged or under is not self:
            return
        edges = event.screen_x == region.right - 1, event.screen_y == region.bottom - 1
        if event.screen_y == region.y:
            self._click_title(event.screen_x - region.x)
        elif any(edges):
            self._held = edges
            self.capture_mouse()
        event.stop()

    def _click_title(self, x: int) -> None:
        title = self.border_title
        end = TITLE_STARTS + cell_len(str(title or ""))
        if self.has_focus_within and end - len(CLOSE_BOX) <= x < end:
            self.post_message(self.CloseClicked(self))
        else:
            self.focus_body()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        if self._held is None:
            return
        (across, down), self._held = self._held, None
        self.release_mouse()
        event.stop()
        width = event.screen_x - self.region.x + 1 if across else None
        height = event.screen_y - self.region.y + 1 if down else None
        self.post_message(self.Dragged(self, width, height))

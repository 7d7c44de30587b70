"""What stands where there is nothing to show: that it is so, why, and what to do."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from widgets import shown


class EmptyState(Static):
    """A title, the reason, and a hint, in the middle of the place they stand in for."""

    DEFAULT_CSS = """
    EmptyState {
        width: 1fr;
        height: 1fr;
        padding: 1 2;
        content-align: center middle;
        text-align: center;
        color: $text-muted;
    }
    """

    def __init__(
        self,
        title: str,
        reason: str = "",
        hint: str = "",
        *,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(self._content(title, reason, hint), markup=False, id=id, classes=classes)

    def set_state(self, title: str, reason: str = "", hint: str = "") -> None:
        self.update(self._content(title, reason, hint))

    @staticmethod
    def _content(title: str, reason: str, hint: str) -> Content:
        lines = [shown.line(title).stylize("bold"), *(shown.line(text) for text in (reason, hint) if text)]
        return Content("\n\n").join(lines)

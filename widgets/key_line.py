"""The last line of every screen: the keys that matter here, read from the bindings, never typed twice."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from widgets import shown

MOST_KEYS = 12
GAP = 2


class ShownKey(NamedTuple):
    """A key as it is shown: what to press and what it does."""

    key: str
    display: str
    description: str
    enabled: bool = True


class KeyLine(Widget):
    """The shown bindings of whatever has the focus, at most twelve; the rest is behind help."""

    DEFAULT_CSS = """
    KeyLine {
        dock: bottom;
        height: 1;
        width: 1fr;
        background: $panel;
        & > .key-line--key { color: $text-accent; text-style: bold; }
        & > .key-line--off { color: $text-disabled; text-style: dim; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"key-line--key", "key-line--off"}

    def __init__(
        self, last: tuple[str, ...] = (), *, id: str | None = None, classes: str | None = None
    ) -> None:
        """`last` are the ids of bindings that stand at the end, and stay where it is narrow (help)."""
        super().__init__(id=id, classes=classes)
        self._last = last

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)

    def _bindings_changed(self, screen: Screen[object]) -> None:
        self.refresh()

    @property
    def keys(self) -> list[ShownKey]:
        """What is shown in the present width, in order."""
        first, last = self._by_place()
        room = self.size.width - sum(map(_width, last))
        kept: list[ShownKey] = []
        for key in first[: MOST_KEYS - len(last)]:
            room -= _width(key)
            if room < 0:
                break
            kept.append(key)
        return kept + last

    def _by_place(self) -> tuple[list[ShownKey], list[ShownKey]]:
        first: dict[str, ShownKey] = {}
        last: dict[str, ShownKey] = {}
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if not binding.show or not binding.description:
                continue
            display = shown.text(self.app.get_key_display(binding))
            shown_key = ShownKey(
                binding.key, display, shown.text(binding.description.lower()), active.enabled
            )
            (last if binding.id in self._last else first).setdefault(binding.action, shown_key)
        return list(first.values()), list(last.values())

    def render_line(self, y: int) -> Strip:
        parts: list[Segment] = []
        off = self.get_component_rich_style("key-line--off")
        strong = self.get_component_rich_style("key-line--key")
        for key in self.keys:
            text = f" {key.description}" + " " * GAP
            parts.append(Segment(key.display, strong if key.enabled else off))
            parts.append(Segment(text, None if key.enabled else off))
        return Strip(parts).adjust_cell_length(self.size.width).apply_style(self.rich_style)

    def on_click(self, event: events.Click) -> None:
        x = 0
        for key in self.keys:
            x += _width(key)
            if event.x < x:
                self.app.simulate_key(key.key)
                return


def _width(key: ShownKey) -> int:
    return cell_len(key.display) + 1 + cell_len(key.description) + GAP

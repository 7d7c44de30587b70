"""Bars over the rows of a log: how many by time, errors marked, with a bar that keys move over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from widgets import shown
from widgets.columns import to_width
from widgets.leaving import Leaving

HEIGHT = 4
"""Lines of bars, with the line of times below them."""
LEVELS = " ▁▂▃▄▅▆▇█"
PLAIN_LEVELS = " .:#"


class Bar(NamedTuple):
    """One bar: what it counts from, its label, all its rows and the errors among them."""

    start_ms: int
    end_ms: int
    label: str
    total: int
    errors: int


class LogHistogram(Leaving, can_focus=True):
    """Bars; left and right pick one, enter asks to narrow the time to it."""

    DEFAULT_CSS = """
    LogHistogram {
        height: 5;
        width: 1fr;
        background: $surface;
        & > .log-histogram--bar { color: $primary; }
        & > .log-histogram--error { color: $text-error; text-style: bold; }
        & > .log-histogram--dim { color: $text-muted; }
        & > .log-histogram--picked { text-style: reverse; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "log-histogram--bar",
        "log-histogram--error",
        "log-histogram--dim",
        "log-histogram--picked",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("h,left", "pick(-1)", "Earlier bar", show=False, id="nav.left"),
        Binding("l,right", "pick(1)", "Later bar", show=False, id="nav.right"),
        Binding("enter", "narrow", "Narrow to the bar", show=False, id="nav.open"),
    ]

    class BarChosen(Message):
        """The time of a bar was asked for."""

        def __init__(self, histogram: LogHistogram, bar: Bar) -> None:
            super().__init__()
            self.histogram = histogram
            self.bar = bar

        @property
        def control(self) -> LogHistogram:
            return self.histogram

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._bars: tuple[Bar, ...] = ()
        self._picked: int | None = None
        self._note = ""

    def set_bars(self, bars: Sequence[Bar], note: str = "") -> None:
        """Show other bars, from the left; note stands in for them where there are none."""
        picked = self.picked
        self._bars, self._note = tuple(bars), note
        kept = [place for place, bar in enumerate(self._bars) if picked and bar.start_ms == picked.start_ms]
        self._picked = kept[0] if kept else None
        self.refresh()

    @property
    def picked(self) -> Bar | None:
        """The bar that the keys stand on."""
        return None if self._picked is None else self._bars[self._picked]

    def action_pick(self, step: int) -> None:
        if self._bars:
            last = len(self._bars) - 1
            start = last + 1 if self._picked is None else self._picked
            self._picked = max(0, min(last, start + step))
            self.refresh()

    def action_narrow(self) -> None:
        if self.picked is not None:
            self.post_message(self.BarChosen(self, self.picked))

    def on_click(self, event: events.Click) -> None:
        place = event.get_content_offset(self)
        if place is not None and place.x < len(self._bars):
            if self._picked == place.x:
                self.action_narrow()
            self._picked = place.x
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        base = self.rich_style
        if not self._bars:
            text = shown.text(self._note) if y == 0 else ""
            return Strip([Segment(" " + text, self._look("dim"))]).adjust_cell_length(width).apply_style(base)
        parts = self._times(width) if y == HEIGHT else [self._cell(n, y) for n in range(len(self._bars))]
        return Strip(parts).simplify().adjust_cell_length(width).apply_style(base)

    def _cell(self, number: int, y: int) -> Segment:
        levels = PLAIN_LEVELS if shown.is_ascii() else LEVELS
        bar = self._bars[number]
        most = max(bar.total for bar in self._bars) or 1
        full = len(levels) - 1
        steps = -(-bar.total * HEIGHT * full // most)
        level = max(0, min(full, steps - (HEIGHT - 1 - y) * full))
        style = self._look("error" if bar.errors else "bar")
        is_marked = bar.errors and y == HEIGHT - 1  # by a letter too, not by colour alone
        letter = "!" if is_marked else levels[level]
        if number == self._picked:
            style += self._look("picked")
        return Segment(letter, style)

    def _times(self, width: int) -> list[Segment]:
        bar = self.picked
        if bar is not None:
            text = f"{bar.label}: {bar.total} rows, {bar.errors} errors; enter narrows"
            return [Segment(to_width(shown.text(text), width), self._look("dim"))]
        first, last = shown.text(self._bars[0].label), shown.text(self._bars[-1].label)
        gap = max(1, len(self._bars) - len(first) - len(last))
        return [Segment(to_width(first + " " * gap + last, width), self._look("dim"))]

    def _look(self, name: str) -> Style:
        part = f"log-histogram--{name}"
        return (
            Style(color=self.get_component_rich_style(part).color)
            + self.get_component_styles(part).text_style
        )

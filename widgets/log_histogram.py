"""Bars over the rows of a log: how many by time, errors marked, and a range of them that is picked."""

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
    total: int | None
    """None: not counted."""
    errors: int
    is_partial: bool = False
    """Whether it may have more rows than were counted."""

    @property
    def told(self) -> str:
        """How much it is known to have."""
        if self.total is None:
            return "not counted"
        more = " or more" if self.is_partial else ""
        return f"{_counted(self.total, 'row', more)}, {_counted(self.errors, 'error')}"


class LogHistogram(Leaving, can_focus=True):
    """Bars; left and right pick one, more are picked by a key or by dragging, enter asks for their time."""

    ALLOW_SELECT = False
    """Dragging picks bars, not text."""

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
        Binding("space", "brush", "Pick from this bar on", show=False, id="logs.brush"),
        Binding("shift+left", "stretch(-1)", "Pick one more", show=False, id="logs.brush_earlier"),
        Binding("shift+right", "stretch(1)", "Pick one more", show=False, id="logs.brush_later"),
        Binding("enter", "narrow", "Narrow to what is picked", show=False, id="nav.open"),
    ]

    class TimeChosen(Message):
        """The time of the picked bars was asked for."""

        def __init__(self, histogram: LogHistogram, start_ms: int, end_ms: int) -> None:
            super().__init__()
            self.histogram = histogram
            self.start_ms = start_ms
            self.end_ms = end_ms

        @property
        def control(self) -> LogHistogram:
            return self.histogram

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._bars: tuple[Bar, ...] = ()
        self._picked: int | None = None
        """The bar that keys and the mouse move."""
        self._anchor: int | None = None
        """The other end of what is picked; None where it is one bar."""
        self._is_dragging = False
        self._note = ""

    def set_bars(self, bars: Sequence[Bar], note: str = "") -> None:
        """Show other bars, from the left; note is said below them, or stands in for them."""
        if (tuple(bars), note) == (self._bars, self._note):
            return
        places = {bar.start_ms: place for place, bar in enumerate(bars)}
        picked, anchor = (
            None if end is None else places.get(self._bars[end].start_ms)
            for end in (self._picked, self._anchor)
        )
        self._bars, self._note = tuple(bars), note
        self._pick(picked, anchor)

    @property
    def picked(self) -> Sequence[Bar]:
        """The bars that are picked, in order; none, one or a range."""
        if self._picked is None:
            return ()
        other = self._picked if self._anchor is None else self._anchor
        return self._bars[min(self._picked, other) : max(self._picked, other) + 1]

    def clear_range(self) -> bool:
        """Pick nothing any more; False where nothing was."""
        had_any = self._picked is not None
        self._pick(None)
        return had_any

    def _pick(self, picked: int | None, anchor: int | None = None) -> None:
        self._picked, self._anchor = picked, anchor
        self.refresh()

    # --- keys and mouse -------------------------------------------------------------------------

    def action_pick(self, step: int) -> None:
        """Go to another bar; where a range was begun it goes along."""
        if self._bars:
            last = len(self._bars) - 1
            start = last + 1 if self._picked is None else self._picked
            self._pick(max(0, min(last, start + step)), self._anchor)

    def action_brush(self) -> None:
        """Begin a range at this bar, or take it back to this one bar."""
        if self._picked is not None:
            self._pick(self._picked, self._picked if self._anchor is None else None)

    def action_stretch(self, step: int) -> None:
        """Pick one bar more on a side, or one less."""
        if self._anchor is None:
            self._anchor = self._picked
        self.action_pick(step)

    def action_narrow(self) -> None:
        if picked := self.picked:
            self.post_message(self.TimeChosen(self, picked[0].start_ms, picked[-1].end_ms))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        place = event.get_content_offset(self)
        if place is not None and place.x < len(self._bars):
            self.capture_mouse()
            self._is_dragging = True
            if self._picked == place.x and self._anchor is None:
                self.action_narrow()
            self._pick(place.x)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._is_dragging and self._picked is not None:
            anchor = self._picked if self._anchor is None else self._anchor
            place = max(0, min(len(self._bars) - 1, event.x))
            if place != anchor or self._anchor is not None:
                self._pick(place, anchor)

    def on_mouse_up(self) -> None:
        """The end of a drag narrows the time at once."""
        if self._is_dragging:
            self._is_dragging = False
            self.release_mouse()
            if len(self.picked) > 1:
                self.action_narrow()

    # --- drawing --------------------------------------------------------------------------------

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
        if bar.total is None:
            unknown = shown.glyph("·", "?") if y == HEIGHT - 1 else " "
            return Segment(unknown, self._look("dim") + self._look("picked" if bar in self.picked else "dim"))
        most = max(bar.total or 0 for bar in self._bars) or 1
        full = len(levels) - 1
        steps = -(-bar.total * HEIGHT * full // most)
        level = max(0, min(full, steps - (HEIGHT - 1 - y) * full))
        style = self._look("error" if bar.errors else "bar")
        is_marked = bar.errors and y == HEIGHT - 1  # by a letter too, not by colour alone
        letter = "!" if is_marked else levels[level]
        if bar in self.picked:
            style += self._look("picked")
        return Segment(letter, style)

    def _times(self, width: int) -> list[Segment]:
        picked = self.picked
        if picked:
            span = picked[0].label if len(picked) == 1 else f"{picked[0].label} to {picked[-1].label}"
            text = shown.text(f"{span}: {_together(picked).told}; enter narrows")
        else:
            first, last = shown.text(self._bars[0].label), shown.text(self._bars[-1].label)
            room = max(2, len(self._bars) - len(first) - len(last))
            most = max(bar.total or 0 for bar in self._bars)
            note = self._note or shown.glyph("▔ ", "top ") + _counted(most, "row")
            note = f"  {shown.text(note)}"
            text = first + (to_width(note, room) if self._note or len(note) < room else " " * room) + last
        return [Segment(to_width(text, width), self._look("dim"))]

    def _look(self, name: str) -> Style:
        part = f"log-histogram--{name}"
        return (
            Style(color=self.get_component_rich_style(part).color)
            + self.get_component_styles(part).text_style
        )


def _counted(count: int, thing: str, more: str = "") -> str:
    number = f"{count:,}".replace(",", " ")
    return f"{number}{more} {thing}{'' if count == 1 and not more else 's'}"


def _together(bars: Sequence[Bar]) -> Bar:
    """Several bars as one: not counted where none is, partial where one may have more."""
    totals = [bar.total for bar in bars if bar.total is not None]
    is_partial = len(totals) < len(bars) or any(bar.is_partial for bar in bars)
    errors = sum(bar.errors for bar in bars)
    first, last = bars[0], bars[-1]
    return Bar(first.start_ms, last.end_ms, "", sum(totals) if totals else None, errors, is_partial)

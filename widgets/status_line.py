"""The first line of every screen: the places, and where the data comes from and how old it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.color import Color
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from widgets import shown
from widgets.columns import to_width

BRIGHT = 0.6
"""From this brightness on black is read better than white."""


class Place(NamedTuple):
    """One place of the console: the key that goes there and its name."""

    key: str
    name: str
    active: bool = False


class Mark(NamedTuple):
    """A fact that must not be overlooked, and the colour behind it."""

    fact: str
    colour: str


class StatusLine(Widget):
    """Places on the left, facts on the right. Where it is narrow names of other places go first, the last
    ones before the others, then facts from the left: the one that is marked and the last one, the age of the
    data, stay longest.
    """

    DEFAULT_CSS = """
    StatusLine {
        dock: top;
        height: 1;
        width: 1fr;
        background: $panel;
        & > .status-line--active { text-style: bold; }
        & > .status-line--alarm { color: $text-error; text-style: bold; }
        & > .status-line--dim { color: $text-muted; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"status-line--active", "status-line--alarm", "status-line--dim"}

    class PlaceChosen(Message):
        """A place was clicked."""

        def __init__(self, line: StatusLine, place: Place) -> None:
            super().__init__()
            self.line = line
            self.place = place

        @property
        def control(self) -> StatusLine:
            return self.line

    def __init__(self, title: str = "parcours", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._title = title
        self._places: tuple[Place, ...] = ()
        self._facts: tuple[str, ...] = ()
        self._alarm = ""
        self._mark: Mark | None = None

    def set_line(
        self, places: Sequence[Place], facts: Sequence[str], *, alarm: str = "", mark: Mark | None = None
    ) -> None:
        """Show other words. `alarm` is one more fact on the right, marked with "!" and a colour. `mark`: the
        fact that stands out."""
        given = (tuple(places), tuple(facts), alarm, mark)
        if given != (self._places, self._facts, self._alarm, self._mark):
            self._places, self._facts, self._alarm, self._mark = given
            self.refresh()

    def _left(self, room: int) -> list[tuple[str, Place | None]]:
        """The places in at most `room` cells, as (text, place)."""
        title: tuple[str, Place | None] = (shown.text(self._title) + " ", None)
        named = [self._named(count) for count in range(len(self._places), -1, -1)]
        here = [item for item in named[-1] if item[1] is not None and item[1].active]
        for parts in ([title, *named[0]], *named, here):
            if sum(cell_len(text) for text, _ in parts) <= room:
                return parts
        return []

    def _named(self, count: int) -> list[tuple[str, Place | None]]:
        """All places, the first so many with their names, and the one that is on screen."""
        return [
            (self._place_text(place, named=number < count or place.active), place)
            for number, place in enumerate(self._places)
        ]

    def _place_text(self, place: Place, *, named: bool) -> str:
        name = shown.text(place.name)
        if place.active:
            return f"[{place.key}]{name} "
        return f" {place.key} {name} " if named else f" {place.key} "

    def _right(self, room: int) -> list[tuple[str, bool]]:
        """The last facts that fit into `room` cells, as (text, is an alarm)."""
        facts = [(shown.text(fact), False) for fact in self._facts if fact]
        if self._alarm:
            facts.append((self._alarm_text(), True))
        while len(facts) > 1 and sum(cell_len(text) + 2 for text, _ in facts) > room:
            first = next((place for place, (text, _) in enumerate(facts) if not self._is_marked(text)), 0)
            facts.pop(first if first < len(facts) - 1 else 0)
        if facts and cell_len(facts[0][0]) + 2 > room:
            facts = [(to_width(facts[0][0], max(0, room - 2)), facts[0][1])]
        return facts

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        left = self._left(self._room())
        used = sum(cell_len(text) for text, _ in left)
        right = self._right(width - used)
        parts = [Segment(text, self._style_of(place)) for text, place in left]
        gap = width - used - sum(cell_len(text) + 2 for text, _ in right)
        parts.append(Segment(" " * max(0, gap)))
        for text, is_alarm in right:
            if self._mark is not None and self._is_marked(text):
                parts += [
                    Segment(
                        text, Style(color=_ink_on(self._mark.colour), bgcolor=self._mark.colour, bold=True)
                    ),
                    Segment("  "),
                ]
                continue
            name = "status-line--alarm" if is_alarm else "status-line--dim"
            parts.append(Segment(text + "  ", self.get_component_rich_style(name)))
        return Strip(parts).adjust_cell_length(width).apply_style(self.rich_style)

    def _room(self) -> int:
        """Cells that the places may take."""
        width = self.size.width
        texts = [shown.text(fact) for fact in self._facts if fact]
        alarm = cell_len(self._alarm_text()) + 2 if self._alarm else 0
        wanted = alarm + sum(cell_len(text) + 2 for text in texts)
        least = alarm + sum(cell_len(text) + 2 for text in texts if self._is_marked(text))
        return max(width - wanted, min(width // 2, max(width - least, width // 4)))

    def _alarm_text(self) -> str:
        return "! " + shown.text(self._alarm)

    def _is_marked(self, text: str) -> bool:
        return self._mark is not None and text == shown.text(self._mark.fact)

    def _style_of(self, place: Place | None) -> Style:
        is_here = place is None or place.active
        return self.get_component_rich_style("status-line--active" if is_here else "status-line--dim")

    def on_click(self, event: events.Click) -> None:
        x = 0
        for text, place in self._left(self._room()):
            x += cell_len(text)
            if event.x < x:
                if place is not None:
                    self.post_message(self.PlaceChosen(self, place))
                return


def _ink_on(colour: str) -> str:
    """Black or white, whichever can be read on it; written out, as a theme's white may be grey."""
    return "#000000" if Color.parse(colour).brightness > BRIGHT else "#ffffff"

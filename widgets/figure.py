"""A number with its name, its change and its course: how a KPI looks.

A number that is none says why: five displays that are never mixed (R47), and 0 is one of them only
when it was counted.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from backend.plot import sparkline
from widgets import shown
from widgets.columns import to_width

State = Literal["known", "tracking_off", "no_permission", "not_collected", "no_feed"]
HEIGHT = 3
"""Lines of a figure: its name, its value with the change, a note and its course where it has one."""
LEAST_TREND = 6
"""Cells beside a note below which a course says nothing."""

EMPTY: dict[State, tuple[str, str]] = {
    "tracking_off": ("off", "tracking is off"),
    "no_permission": ("locked", "no permission"),
    "not_collected": ("…", "not collected yet"),
    "no_feed": ("n/a", "no feed says this"),
}
"""What stands for a number that is not known: a word in its place, and the reason below."""


class FigureValue(NamedTuple):
    """One figure. `text` is the formatted value; it is not read unless `state` is "known"."""

    key: str
    label: str
    text: str
    change: str = ""
    """Against the window before, with its sign, such as "+3.1 %"."""
    trend: tuple[float | int | None, ...] = ()
    """Its course, oldest first."""
    state: State = "known"
    note: str = ""
    alarm: bool = False
    """Wants attention: marked with "!" as well as by colour."""
    inert: bool = False


class Looks(NamedTuple):
    """The styles that a figure is drawn in."""

    label: Style
    value: Style
    dim: Style
    alarm: Style
    trend: Style


def cells_of(figure: FigureValue, *, two_lines: bool = False) -> int:
    """Cells in which nothing of the figure is cut; two_lines: its name may be broken."""
    name, below = shown.text(figure.label), shown.text(figure.note)
    label = cell_len(name)
    if two_lines:
        label = min([label, *(max(cell_len(first), cell_len(rest)) for first, rest in _halves(name))])
    if figure.state != "known":
        word, reason = EMPTY[figure.state]
        return max(label, cell_len(word), cell_len(below or reason))
    change = shown.text(figure.change)
    value = cell_len(shown.text(figure.text)) + 2 * figure.alarm + (1 + cell_len(change) if change else 0)
    return max(label, value, cell_len(below))


def has_below(figure: FigureValue) -> bool:
    """Whether the third line says something."""
    return figure.state != "known" or bool(figure.note) or bool(figure.trend)


def name_lines(figure: FigureValue, width: int) -> list[str]:
    """The figure's name in at most two lines of at most `width` cells, broken between words; what they do not
    hold is cut."""
    name = shown.text(figure.label)
    starts = [(first, rest) for first, rest in _halves(name) if cell_len(first) <= width]
    if cell_len(name) <= width or not starts:
        return [to_width(name, width)]
    first, rest = starts[-1]
    return [first, to_width(rest, width)]


def _halves(name: str) -> list[tuple[str, str]]:
    """The name broken at each blank."""
    words = name.split()
    return [(" ".join(words[:count]), " ".join(words[count:])) for count in range(1, len(words))]


def draw_figure(
    figure: FigureValue, width: int, looks: Looks, names: int | None = None
) -> list[list[Segment]]:
    """Its lines, each of exactly `width` cells: `names` of them for its name, where None as many as it needs;
    a shorter name stands right above its value."""
    lines = name_lines(figure, width)
    above = [""] * ((names or len(lines)) - len(lines))
    name = [[Segment(to_width(line, width), looks.label)] for line in (*above, *lines)]
    return [*name, *_value(figure, width, looks)]


def _value(figure: FigureValue, width: int, looks: Looks) -> list[list[Segment]]:
    """What stands below a figure's name."""
    if figure.state != "known":
        word, reason = EMPTY[figure.state]
        word = shown.glyph(word, "...") if word == "…" else word
        note = shown.text(figure.note) or reason
        return [
            [Segment(to_width(word, width), looks.dim)],
            [Segment(to_width(note, width), looks.dim)],
        ]
    value = shown.text(figure.text) + (" !" if figure.alarm else "")
    change = shown.text(figure.change)
    room = width - cell_len(value) - 1
    value_style = looks.alarm if figure.alarm else looks.value
    if change and cell_len(change) <= room:
        numbers = [Segment(value + " ", value_style), Segment(to_width(change, room, "right"), looks.dim)]
    else:
        numbers = [Segment(to_width(value, width), value_style)]
    return [numbers, _below(figure, width, looks)]


def _below(figure: FigureValue, width: int, looks: Looks) -> list[Segment]:
    note = shown.text(figure.note)
    room = width - cell_len(note) - 1 if note else width
    if note and (room < LEAST_TREND or not figure.trend):
        return [Segment(to_width(note, width), looks.dim)]
    course = Segment(sparkline(figure.trend, room, ascii_only=shown.is_ascii()), looks.trend)
    return [Segment(note + " ", looks.dim), course] if note else [course]

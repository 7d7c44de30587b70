"""The steps of a scenario in order, each with a bar of how many came there and what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from widgets import shown
from widgets.columns import to_width
from widgets.row_view import RowView
from widgets.share_bar import share_bar

NUMBERS = ("done", "inside", "left", "errors", "drop")
FIRST_TO_GO = ("left", "inside", "drop", "errors")
"""Numbers that a narrow path leaves out, in this order."""
WIDEST = 12
"""Cells of a number at most."""
LEAST_NAME = 10
LEAST_BAR, MOST_BAR = 6, 60


class StepValue(NamedTuple):
    """One step. Numbers are formatted already; `share` (0..1 of all that entered) is the bar.

    A number that is not known is "", never "0".
    """

    key: str
    name: str
    done: str = ""
    inside: str = ""
    left: str = ""
    errors: str = ""
    drop: str = ""
    """What is lost of those done with the step before."""
    share: float | None = None
    is_branch: bool = False
    """It is one of several ways that the path may go: it stands a little to the right."""
    alarm: bool = False
    """It has errors that want attention: "!" stands before its name."""
    inert: bool = False


class _Cells(NamedTuple):
    """How a line's cells are shared."""

    name: int
    bar: int
    numbers: Mapping[str, int]


class StepPath(RowView[StepValue]):
    """Steps from entry to exit; `Moved` and `Chosen` carry the `StepValue`."""

    def __init__(
        self,
        *,
        titles: Mapping[str, str] | None = None,
        empty: str = "no steps seen yet",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """titles: what to call the numbers; those of NUMBERS stand for themselves."""
        super().__init__(empty=empty, id=id, classes=classes)
        self._titles = dict(zip(NUMBERS, NUMBERS, strict=True)) | dict(titles or {})
        self._widths: dict[str, int] = {}
        """Cells of the numbers that there are."""
        self._name_width = 0

    def set_steps(self, steps: Sequence[StepValue]) -> None:
        """Show other steps; the cursor stays on the one of the same key."""
        here = self.cursor_key
        numbers = {name: [shown.text(getattr(step, name)) for step in steps] for name in NUMBERS}
        self._widths = {
            name: min(WIDEST, max(map(cell_len, (self._titles[name], *numbers[name]))))
            for name in NUMBERS
            if any(numbers[name])
        }
        self._name_width = max((cell_len(_name_of(step)) for step in steps), default=0)
        self._strips.clear()
        self._replace(steps, next((place for place, step in enumerate(steps) if step.key == here), 0))

    def _layout(self, width: int) -> _Cells:
        numbers = dict(self._widths)
        for name in FIRST_TO_GO:
            if width - 3 - _cells_of(numbers) >= LEAST_NAME:
                break
            numbers.pop(name, None)
        room = max(1, width - 3 - _cells_of(numbers))
        name_cells = min(self._name_width, max(LEAST_NAME, room - LEAST_BAR - 1), room)
        bar = room - name_cells - 1
        return _Cells(name_cells, min(bar, MOST_BAR) if bar >= LEAST_BAR else 0, numbers)

    def header(self, width: int) -> Strip | None:
        if not self._rows:
            return None
        name, bar, numbers = self._layout(width)
        titles = "".join(" " + to_width(self._titles[one], size, "right") for one, size in numbers.items())
        return Strip(
            [Segment("   " + to_width("step", name + (bar + 1 if bar else 0)) + titles, self.look("header"))]
        )

    def draw(self, row: StepValue, width: int, selected: bool) -> list[Strip]:
        name, bar, numbers = self._layout(width)
        mark = "!" if row.alarm else " "
        parts = [
            Segment(">" if selected else " ", self.look("mark")),
            Segment(mark + " ", self.look("error") if row.alarm else Style.null()),
            Segment(to_width(_name_of(row), name)),
        ]
        if bar:
            drawn = share_bar(row.share, bar).rstrip()  # a colour on blanks would show where it is reversed
            parts += [Segment(" "), Segment(drawn, self.look("bar")), Segment(" " * (bar - len(drawn)))]
        for title, size in numbers.items():
            number = to_width(shown.text(getattr(row, title)), size, "right")
            is_error = title == "errors" and row.alarm
            parts += [Segment(" "), Segment(number, self.look("error" if is_error else "strong"))]
        return [Strip(parts)]


def _cells_of(numbers: Mapping[str, int]) -> int:
    return sum(size + 1 for size in numbers.values())


def _name_of(step: StepValue) -> str:
    return ("  " if step.is_branch else "") + shown.text(step.name)

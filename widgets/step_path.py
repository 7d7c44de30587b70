"""The steps of a scenario in order, each with a bar of how many came there and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from widgets import shown
from widgets.columns import to_width
from widgets.row_view import RowView
from widgets.share_bar import share_bar

NUMBERS = ("done", "inside", "left", "errors")
WIDEST = 12
"""Cells of a number at most."""
LEAST_NAME = 10
LEAST_BAR = 8


class StepValue(NamedTuple):
    """One step. Numbers are formatted already; `share` (0..1 of all that entered) is the bar.

    A number that is not known is "", never "0".
    """

    key: str
    name: str
    kind: str = ""
    done: str = ""
    inside: str = ""
    left: str = ""
    errors: str = ""
    share: float | None = None
    alarm: bool = False
    """It has errors that want attention: "!" stands before its name."""
    inert: bool = False


class StepPath(RowView[StepValue]):
    """Steps from entry to exit; `Moved` and `Chosen` carry the `StepValue`."""

    def __init__(
        self, *, empty: str = "no steps seen yet", id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(empty=empty, id=id, classes=classes)
        self._widths: tuple[int, ...] = ()
        self._name_width = 0

    def set_steps(self, steps: Sequence[StepValue]) -> None:
        """Show other steps; the cursor stays on the one of the same key."""
        here = self.cursor_key
        self._widths = tuple(
            min(
                WIDEST, max(len(name), *(cell_len(shown.text(number)) for number in _numbers_in(steps, name)))
            )
            if any(_numbers_in(steps, name))
            else 0
            for name in NUMBERS
        )
        self._name_width = max((cell_len(shown.text(step.name)) for step in steps), default=0)
        self._strips.clear()
        self._replace(steps, next((place for place, step in enumerate(steps) if step.key == here), 0))

    def _layout(self, width: int) -> tuple[int, int]:
        """Cells of the name and of the bar."""
        numbers = sum(size + 1 for size in self._widths if size)
        room = max(1, width - 3 - numbers)
        name = min(self._name_width, max(LEAST_NAME, room - LEAST_BAR - 1), room)
        bar = room - name - 1
        return name, bar if bar >= LEAST_BAR else 0

    def header(self, width: int) -> Strip | None:
        if not self._rows:
            return None
        name, bar = self._layout(width)
        titles = "".join(
            " " + to_width(title, size, "right")
            for title, size in zip(NUMBERS, self._widths, strict=True)
            if size
        )
        return Strip(
            [Segment("   " + to_width("step", name + (bar + 1 if bar else 0)) + titles, self.look("header"))]
        )

    def draw(self, row: StepValue, width: int, selected: bool) -> list[Strip]:
        name, bar = self._layout(width)
        mark = "!" if row.alarm else " "
        parts = [
            Segment(">" if selected else " ", self.look("mark")),
            Segment(mark + " ", self.look("error")),
            Segment(to_width(shown.text(row.name), name)),
        ]
        if bar:
            parts += [Segment(" "), Segment(share_bar(row.share, bar), self.look("bar"))]
        for title, size in zip(NUMBERS, self._widths, strict=True):
            if size:
                number = to_width(shown.text(getattr(row, title)), size, "right")
                is_error = title == "errors" and row.alarm
                parts += [Segment(" "), Segment(number, self.look("error" if is_error else "strong"))]
        return [Strip(parts)]


def _numbers_in(steps: Sequence[StepValue], name: str) -> list[str]:
    return [getattr(step, name) for step in steps]

"""Names and values, nested ones folded: the technical fields of a row in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from backend.clean import BLOCK_LIMIT, clean
from widgets import shown
from widgets.columns import to_width, wrap
from widgets.row_view import RowView

DEEPEST = 32
"""Levels that are unfolded; of what lies deeper only the number is shown."""
MOST_FIELDS = 2_000
NAME_WIDTH = 24
PATH = "\x1f"
"""Between the names of a path: no name holds it once it was stored."""

Value = object
"""What JSON can hold."""


class Field(NamedTuple):
    """One name with its value, or a folder of fields where `inside` is not None."""

    key: str
    name: str
    value: str
    depth: int = 0
    inside: int | None = None
    inert: bool = False


def fields_of(values: Mapping[str, Value] | Sequence[tuple[str, Value]]) -> list[Field]:
    """All fields of a nested value, folders before what is in them, at most 2,000."""
    found: list[Field] = []
    pairs = list(values.items()) if isinstance(values, Mapping) else list(values)
    pending = [(name, value, 0, name) for name, value in reversed(pairs)]
    while pending and len(found) < MOST_FIELDS:
        name, value, depth, path = pending.pop()
        inner = _inner(value) if depth < DEEPEST else None
        if inner is None:
            found.append(Field(path, name, _text_of(value), depth))
        else:
            found.append(Field(path, name, "", depth, len(inner)))
            pending += [(key, item, depth + 1, f"{path}{PATH}{key}") for key, item in reversed(inner)]
    return found


def _inner(value: Value) -> list[tuple[str, Value]] | None:
    if isinstance(value, Mapping):
        return [(str(name), item) for name, item in value.items()]
    if isinstance(value, list | tuple):
        return [(str(place), item) for place, item in enumerate(value)]
    return None


def _text_of(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping | list | tuple):
        return f"({len(value)} inside)"
    return "null" if value is None else str(value)


class FieldTree(RowView[Field]):
    """Fields with a cursor; enter folds and unfolds, and chooses a plain field."""

    def __init__(
        self, *, empty: str = "no fields", id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(empty=empty, id=id, classes=classes)
        self._all: list[Field] = []
        self._folded: set[str] = set()
        self._name_widths: dict[int, int] = {}
        """One width for the names of one depth, so that their values stand below each other."""

    def set_fields(self, values: Mapping[str, Value] | Sequence[tuple[str, Value]]) -> None:
        """Show other fields; what was folded by path stays folded."""
        self._all = fields_of(values)
        self._name_widths = {}
        for field in self._all:
            width = min(NAME_WIDTH, cell_len(shown.text(field.name)))
            self._name_widths[field.depth] = max(width, self._name_widths.get(field.depth, 0))
        self._strips.clear()
        self._refill(self.cursor_key)

    def _refill(self, here: str | None) -> None:
        visible = [field for field in self._all if not self._is_hidden(field)]
        self._replace(visible, next((n for n, field in enumerate(visible) if field.key == here), 0))

    def _is_hidden(self, field: Field) -> bool:
        return any(field.key.startswith(folder + PATH) for folder in self._folded)

    def action_open(self) -> None:
        field = self.cursor_row
        if field is None or field.inside is None:
            super().action_open()
            return
        self._folded ^= {field.key}
        self._refill(field.key)

    def action_nav_across(self, step: int) -> None:
        """Unfold to the right, fold to the left."""
        field = self.cursor_row
        if field is not None and field.inside is not None and (field.key in self._folded) == (step > 0):
            self.action_open()

    def look_of(self, row: Field) -> object:
        return row.key in self._folded

    def height_of(self, row: Field) -> int:
        return len(self._value_lines(row, self.row_width)) if row.inside is None else 1

    def draw(self, row: Field, width: int, selected: bool) -> list[Strip]:
        lead = ">" if selected else " "
        indent = "  " * row.depth
        if row.inside is not None:
            sign = shown.glyph("▸", "+") if row.key in self._folded else shown.glyph("▾", "-")
            text = f"{indent}{sign} {shown.text(row.name)}"
            return [
                Strip(
                    [
                        Segment(lead, self.look("mark")),
                        Segment(text + " ", self.look("strong")),
                        Segment(f"({row.inside})", self.look("dim")),
                    ]
                )
            ]
        name_width = self._name_widths[row.depth]
        strips = []
        for number, line in enumerate(self._value_lines(row, width)):
            name = "" if number else shown.text(row.name)
            parts = [
                Segment(lead if number == 0 else " ", self.look("mark")),
                Segment(indent + to_width(name, name_width) + "  ", self.look("dim")),
                Segment(line),
            ]
            strips.append(Strip(parts))
        return strips

    def _value_lines(self, row: Field, width: int) -> list[str]:
        room = max(8, width - 3 - 2 * row.depth - self._name_widths[row.depth])
        return wrap(
            clean(shown.maskable(row.value), BLOCK_LIMIT, multiline=True, ascii_only=shown.is_ascii()), room
        )

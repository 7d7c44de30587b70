"""Widgets that come and go while their screen stays."""

from __future__ import annotations

from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class Leaving(Widget):
    """A widget that is blank once it was removed.

    Textual may paint a widget one last time between its removal and the next layout; its looks are gone by
    then, and asking for one is an error.
    """

    def render_lines(self, crop: Region) -> list[Strip]:
        if not self.is_attached:
            return [Strip.blank(crop.width)] * crop.height
        return super().render_lines(crop)

"""The rules by which widgets look, parsed once."""

from __future__ import annotations

from textual.css.stylesheet import Stylesheet


class ParsedStyles(Stylesheet):
    """Textual's stylesheet. That one parses all its rules anew whenever it is told of colours, be they those
    that it has: four times until the first frame, a tenth of the start.
    """

    def set_variables(self, variables: dict[str, str]) -> None:
        if variables != self._variables:
            super().set_variables(variables)

    def reparse(self) -> None:
        self.parse()

"""The rules by which widgets look: read once, and looked for where they are needed."""

from __future__ import annotations

from textual.css.styles import RenderStyles
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode


class ParsedStyles(Stylesheet):
    """Textual's stylesheet. That one parses all its rules anew whenever it is told of colours, be they those
    that it has: four times until the first frame, a tenth of the start. And it looks for the rules of every
    part of every widget, of which most draw a few.
    """

    def set_variables(self, variables: dict[str, str]) -> None:
        if variables != self._variables:
            super().set_variables(variables)

    def reparse(self) -> None:
        self.parse()

    def _process_component_classes(self, node: DOMNode) -> None:
        parts = node._component_styles
        if not isinstance(parts, _Parts):
            if node._get_component_classes():
                node._component_styles = _Parts(self, node)
        elif parts.have_changed():
            node.refresh()


class _Parts(dict[str, RenderStyles]):
    """How the parts of a widget look, each found when it is first asked for."""

    def __init__(self, styles: ParsedStyles, node: DOMNode) -> None:
        super().__init__()
        self._styles = styles
        self._node = node

    def __contains__(self, name: object) -> bool:
        return name in self._node._get_component_classes()

    def __missing__(self, name: str) -> RenderStyles:
        part = DOMNode(classes=name)
        part._attach(self._node)
        self._styles.apply(part)
        self[name] = part.styles
        return part.styles

    def have_changed(self) -> bool:
        """Whether those that were asked for look other than they did."""
        before = dict(self)
        self.clear()
        return any(self[name] != looked for name, looked in before.items())

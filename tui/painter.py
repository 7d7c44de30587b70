"""Writing frames to the terminal: only what differs, and none while the one before is on its way.

Textual hands every frame to a queue, and where the link is slow and the queue full, the whole program waits:
no key is read then. Here frames that the terminal cannot take yet are left out, and when it has taken what it
was given, the screen is written as it is by then.
"""

from __future__ import annotations

from typing import Any

from rich.console import RenderableType
from textual._compositor import CompositorUpdate, LayoutUpdate
from textual.app import App
from textual.screen import Screen
from textual.timer import Timer

from tui.link import TerminalLink
from widgets.painted import Painted

LOOK_S = 0.02
"""How often it is asked whether the terminal has taken the frame before."""


class Painter(App[None]):
    """An app whose frames follow the pace of the terminal."""

    link: TerminalLink

    def __init__(self) -> None:
        super().__init__()
        self._painted = Painted()
        self._held: Timer | None = None
        self._whole = False
        """Whether a frame left out was to be written whole, as after another program had the terminal."""

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        if (
            not isinstance(renderable, CompositorUpdate)
            or self._batch_count
            or self.is_headless
            or self._driver is None
        ):
            super()._display(screen, renderable)
            return
        whole = isinstance(renderable, LayoutUpdate)
        if self._held is not None:
            self._whole = self._whole or whole
        elif self.link.is_busy:
            self._held, self._whole = self.set_interval(LOOK_S, self._look), whole
        else:
            self._paint(screen, renderable, whole=whole)

    def _look(self) -> None:
        """Paint the screen as it is now, when the terminal has taken what it was given."""
        if self._held is not None and not self.link.is_busy:
            self._held.stop()
            self._held = None
            compositor = self.screen._compositor
            update = compositor.render_update(full=True, screen_stack=self._background_screens)
            self._paint(self.screen, update, whole=self._whole)

    def _paint(self, screen: Screen[Any], update: RenderableType | None, *, whole: bool = False) -> None:
        if isinstance(update, CompositorUpdate):
            update = self._painted.changes(update, self.console, self.size, whole=whole)
        super()._display(screen, update)

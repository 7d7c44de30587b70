"""Keys one after another: what is typed before a dialog is open goes into the dialog.

Textual hands a key to the widget that has the focus when the key arrives. Over a slow link several keys
arrive at once, and those behind the one that opens or closes a screen would go to a widget that is not ready
or is gone. Here a key is handed on when the one before it has been dealt with.
"""

from __future__ import annotations

from collections import deque
from weakref import WeakSet

from textual import events
from textual.app import App
from textual.keys import _character_to_key
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget

Typed = events.Key | events.Paste

PATIENCE_S = 0.25
"""How long a key may take, or a screen that opens; then the next key goes on its way all the same."""
OPENING_S = 0.01
"""How often a screen that opens is asked whether it has."""
ROUNDS = 2
"""The first follows the key to whoever acts on it, the second the message that this one sent."""


class KeyPassed(Message):
    """Goes the way a key went, behind it; where it arrives at the app, the key has been dealt with."""

    def __init__(self, turn: int, rounds: int) -> None:
        super().__init__()
        self.turn, self.rounds = turn, rounds


class TypeAhead(App[None]):
    """An app that loses no key to a screen that opens or closes."""

    def __init__(self) -> None:
        super().__init__()
        self._typed: deque[Typed] = deque()
        self._turn = 0
        self._patience: Timer | None = None
        self._opened: WeakSet[Screen[object]] = WeakSet()

    @property
    def has_keys(self) -> bool:
        """Whether a key has not been dealt with."""
        return self._patience is not None

    async def on_event(self, event: events.Event) -> None:
        """Takes keys in their turn; everything else at once."""
        if isinstance(event, Typed) and not event.is_forwarded:
            if not self.screen_stack:  # the app ends: nobody is left to hand a key to
                return
            self._typed += self._apart(event)
            if not self.has_keys:
                await self._hand_on()
        else:
            await super().on_event(event)

    def _apart(self, event: Typed) -> list[Typed]:
        """Escape and a key behind it, read at once, come as alt and that key: two keys, if that is none."""
        if (
            not isinstance(event, events.Key)
            or not event.key.startswith("alt+")
            or event.character is None
            or not event.character.isprintable()
            or event.key in self.active_bindings
        ):
            return [event]
        return [
            events.Key("escape", "\x1b"),
            events.Key(_character_to_key(event.character), event.character),
        ]

    async def _hand_on(self) -> None:
        self._turn += 1
        self._patience = self.set_timer(PATIENCE_S, self._next)
        await super().on_event(self._typed.popleft())
        self._follow(ROUNDS)

    def _follow(self, rounds: int) -> None:
        if not self.screen_stack:  # the app ended behind a key
            return
        widget: Widget = self.focused or self.screen
        widget.post_message(KeyPassed(self._turn, rounds).set_sender(widget))

    async def on_key_passed(self, passed: KeyPassed) -> None:
        if passed.turn != self._turn or not self.has_keys or not self.screen_stack:
            return
        if passed.rounds > 1:
            self._follow(passed.rounds - 1)
        elif self._is_open():
            await self._next()
        else:
            self.set_timer(OPENING_S, lambda: self._follow(1))

    def _is_open(self) -> bool:
        """Whether the screen has what keys go to; one that has no such thing is waited for once."""
        screen = self.screen
        if getattr(screen, "is_filling", False):  # what comes next is meant for what is being read
            return False
        if screen.focused is not None:
            self._opened.add(screen)
        return screen in self._opened

    async def _next(self) -> None:
        if self._patience is not None:
            self._patience.stop()
            self._patience = None
        if not self.screen_stack:
            return
        self._opened.add(self.screen)
        if self._typed:
            await self._hand_on()

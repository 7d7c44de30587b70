"""How fast the way to the person's terminal is, as the settings say or as it is found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

LinkSetting = Literal["auto", "slow", "fast"]

FRAME_S = 0.1
SLOW_FRAME_S = 0.5
"""Between two frames of rows that arrive by themselves: ten a second, over a slow link two."""


class Output(Protocol):
    """What writes to the terminal."""

    @property
    def is_busy(self) -> bool: ...
    @property
    def is_slow(self) -> bool: ...


class TerminalLink:
    """The way to one terminal."""

    def __init__(self, setting: LinkSetting = "auto") -> None:
        self._setting = setting
        self.output: Callable[[], Output | None] = lambda: None
        """What writes to the terminal at this moment; None where nothing is known of it."""

    @property
    def is_busy(self) -> bool:
        """Whether the terminal still takes what was written before."""
        output = self.output()
        return output is not None and output.is_busy

    @property
    def is_slow(self) -> bool:
        if self._setting != "auto":
            return self._setting == "slow"
        output = self.output()
        return output is not None and output.is_slow

    @property
    def frame_s(self) -> float:
        """The least time between two frames of rows that arrive by themselves."""
        return SLOW_FRAME_S if self.is_slow else FRAME_S

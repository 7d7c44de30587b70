"""Where a copied text goes: the desktop's clipboard, the terminal's by OSC 52, a new file, or nowhere."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from textual.app import App

from backend.errors import CannotWrite
from backend.safe_file import write_new
from widgets.shown import maskable

MOST_ENCODED = 74_994
"""Bytes of base64 that terminals and multiplexers take as a clipboard's content by OSC 52."""
CopySetting = Literal["auto", "native", "osc52", "file", "off"]

PROGRAM_S = 2.0
"""How long the desktop's program may take to accept a text."""


class Copying:
    """Takes texts away as the settings say; auto: the desktop's clipboard, over SSH the terminal's."""

    def __init__(
        self,
        setting: CopySetting = "auto",
        environment: Mapping[str, str] = os.environ,
        find: Callable[[str], str | None] = shutil.which,
    ) -> None:
        self._setting = setting
        self._environment = environment
        self._find = find

    def put(self, text: str, name: str, terminal: Callable[[str], object]) -> str:
        """Take a text away; answers where it went. name: of the file, where it goes into one.

        terminal: sends it to the terminal by OSC 52, which no terminal confirms.
        """
        if self._setting == "off":
            return "not copied: copying is off (copy in the settings)"
        if self._setting in ("auto", "native"):
            command = self._native()
            if command is not None and _hand_over(command, text):
                return "copied"
            if self._setting == "native":
                return "not copied: no clipboard program answers here (copy in the settings)"
        if self._setting != "file":
            if fits_clipboard(text):
                terminal(text)
                return "copied by the terminal"
            return f"too long for the terminal's clipboard: {_into_file(text, name)}"
        return _into_file(text, name)

    def _native(self) -> list[str] | None:
        """The program that owns the clipboard of the desktop where the person sits; None where none does."""
        has = self._environment.get
        if self._setting == "auto" and (has("SSH_TTY") or has("SSH_CONNECTION")):
            return None
        known = [
            (bool(has("WAYLAND_DISPLAY")), ["wl-copy"]),
            (bool(has("DISPLAY")), ["xclip", "-selection", "clipboard"]),
            (bool(has("DISPLAY")), ["xsel", "--input", "--clipboard"]),
            (sys.platform == "darwin", ["pbcopy"]),
            (bool(has("WSL_DISTRO_NAME")), ["clip.exe"]),
        ]
        return next((command for is_here, command in known if is_here and self._find(command[0])), None)


class CopyingApp(App[None]):
    """An app that copies as the settings say."""

    copying = Copying()

    def take_away(self, text: str, name: str) -> str:
        """Copy a text; answers where it went. name: of the file, where it goes into one."""
        return self.copying.put(str(maskable(text)), name, self.copy_to_clipboard)


def fits_clipboard(text: str) -> bool:
    """Whether OSC 52 carries the text."""
    return len(base64.b64encode(text.encode())) <= MOST_ENCODED


def _hand_over(command: list[str], text: str) -> bool:
    """Give a text to a program; False where it did not take it."""
    quiet = subprocess.DEVNULL
    try:
        done = subprocess.run(  # noqa: S603 - one of the programs above
            command, input=text.encode(), stdout=quiet, stderr=quiet, timeout=PROGRAM_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _into_file(text: str, name: str) -> str:
    path = Path.cwd() / name
    try:
        write_new(path, [text.encode(), b"\n"])
    except CannotWrite as error:
        return f"not copied: {error}"
    return f"written to {path}"

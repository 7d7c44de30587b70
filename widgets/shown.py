"""The only door for text into widgets: what comes out of here can be drawn, whatever a stranger wrote.

Widgets draw with `text` (a string for a Segment), `line` and `block` (Content) or `cell` (rich Text);
none of them reads markup. Messages to the person go through `notify`. `ControlGuard` stands behind all
of it at the last step before the terminal, for what a library may let slip.
"""

from __future__ import annotations

import unicodedata
from typing import Literal

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.color import Color
from textual.content import Content
from textual.dom import DOMNode
from textual.filter import LineFilter

from backend.clean import BLOCK_LIMIT, LIMIT, MOST_MARKS, clean, masked, masked_bytes, suspicious

Severity = Literal["information", "warning", "error"]


class _Terminal:
    """What the terminal of this process can show; one process has one terminal."""

    ascii_only = False
    masks = False


def use_ascii(ascii_only: bool) -> None:
    """Say once, before widgets are made, whether the terminal lacks UTF-8."""
    _Terminal.ascii_only = ascii_only


def use_mask(masks: bool) -> None:
    """Say whether addresses are shown as a***@example.org, wherever they stand."""
    _Terminal.masks = masks


def maskable(value: object) -> object:
    """The value as it may leave the program: addresses masked where that is asked for."""
    return masked(value) if _Terminal.masks and isinstance(value, str) else value


def maskable_bytes(content: bytes) -> bytes:
    """The same of what goes into a file or another program."""
    return masked_bytes(content) if _Terminal.masks else content


def is_ascii() -> bool:
    return _Terminal.ascii_only


def glyph(symbol: str, plain: str) -> str:
    """`symbol`, or `plain` where the terminal has ASCII only. Both are literals of ours."""
    return plain if _Terminal.ascii_only else symbol


def text(value: object, limit: int = LIMIT) -> str:
    """One line of safe text, for segments and places that take a plain string without markup."""
    return clean(maskable(value), limit, ascii_only=_Terminal.ascii_only)


def line(value: object, limit: int = LIMIT) -> Content:
    """One line of safe content for Static, titles and the like."""
    return Content(text(value, limit))


def block(value: object, limit: int = BLOCK_LIMIT) -> Content:
    """Safe content that keeps its line breaks, for detail panes."""
    return Content(clean(maskable(value), limit, multiline=True, ascii_only=_Terminal.ascii_only))


def cell(value: object, limit: int = LIMIT) -> Text:
    """One line of safe rich text, for widgets of Textual that want it."""
    return Text(text(value, limit), no_wrap=True)


def field(value: str) -> Text:
    """The text of an input field, one character for each of `value`, so that its cursor stays true."""
    shown, marks = [], 0
    for char in value:
        safe = text("a" + char)  # a mark is shown on a letter before it
        marks = marks + 1 if unicodedata.category(char)[0] == "M" else 0
        fits = len(safe) == 2 and marks <= MOST_MARKS
        shown.append(safe[1] if fits else glyph("\ufffd", "?"))
    return Text("".join(shown), no_wrap=True, overflow="ignore", end="")


def marked(value: object, limit: int = LIMIT) -> str:
    """`text`, with "(?) " before a value that may not be what it seems."""
    return ("(?) " if suspicious(value) else "") + text(value, limit)


def notify(
    node: DOMNode, message: object, *, severity: Severity = "information", timeout_s: float | None = None
) -> None:
    """Show a short message above the screen, as text."""
    node.app.notify(text(message, LIMIT), severity=severity, timeout=timeout_s, markup=False)


class ControlGuard(LineFilter):
    """Takes what can act on a terminal out of finished lines. Removing keeps the layout: such characters
    count no cells, and putting something in their place would lengthen the line.

    All guards are equal, so that the lines that one has filtered are kept for the next.
    """

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ControlGuard)

    def __hash__(self) -> int:
        return hash(ControlGuard)

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        if all(part.text.isprintable() and not _has_link(part.style) for part in segments):
            return segments
        return [Segment(_stripped(part.text), _without_link(part.style), part.control) for part in segments]


_FORBIDDEN = frozenset({"Cc", "Cf", "Zl", "Zp"})


def _stripped(shown: str) -> str:
    if shown.isprintable():
        return shown
    kept = (char for char in shown if unicodedata.category(char) not in _FORBIDDEN)
    return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in kept)


def _has_link(style: Style | None) -> bool:
    return style is not None and style.link is not None


def _without_link(style: Style | None) -> Style | None:
    return style.update_link(None) if style is not None and style.link is not None else style

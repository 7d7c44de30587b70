"""The looks of the console: a dark and a light one, one of high contrast, and the terminal's own colours.

Colour carries nothing alone: every state has a letter or a shape as well.
"""

from __future__ import annotations

from textual.theme import Theme

THEMES: tuple[Theme, ...] = (
    Theme(
        name="parcours-dark",
        primary="#5fafd7",
        secondary="#87afaf",
        accent="#d7af5f",
        foreground="#d0d0d0",
        background="#121418",
        surface="#181b20",
        panel="#22262d",
        success="#87af5f",
        warning="#d7af5f",
        error="#ff6b6b",
        variables={"block-cursor-text-style": "none"},
    ),
    Theme(
        name="parcours-light",
        primary="#005f87",
        secondary="#3f6f6f",
        accent="#875f00",
        foreground="#1c1c1c",
        background="#fafafa",
        surface="#f0f0f0",
        panel="#e2e2e2",
        success="#3f6f00",
        warning="#875f00",
        error="#b00020",
        dark=False,
        variables={"block-cursor-text-style": "none"},
    ),
    Theme(
        name="parcours-contrast",
        primary="#00ffff",
        secondary="#ffffff",
        accent="#ffff00",
        foreground="#ffffff",
        background="#000000",
        surface="#000000",
        panel="#000000",
        success="#00ff00",
        warning="#ffff00",
        error="#ff8080",
        text_alpha=1.0,
        variables={
            "block-cursor-background": "#ffff00",
            "block-cursor-foreground": "#000000",
            "text-muted": "#e0e0e0",  # Textual's would be six tenths of white
        },
    ),
)

OWN_COLOURS = "ansi-dark"
"""Textual's theme of the terminal's sixteen colours and its own background."""


def default_theme(color_system: str | None) -> str:
    """The theme for a terminal: its own colours where it has fewer than 256."""
    return THEMES[0].name if color_system in ("256", "truecolor") else OWN_COLOURS

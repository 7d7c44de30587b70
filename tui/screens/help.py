"""The keys of a place as choices: read from its bindings, and run by choosing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual.binding import ActiveBinding
from textual.dom import DOMNode
from textual.screen import Screen

from tui.keymap import ACTIONS, Keymap, shown_key
from tui.screens.chooser import Choice


class KeyAction(NamedTuple):
    """What a key does: the action and the node whose it is."""

    action: str
    node: DOMNode


def help_choices(screen: Screen[None], keymap: Keymap) -> Sequence[Choice]:
    """One line for each action that a key of this place reaches now: the place's own first."""
    found: dict[str, ActiveBinding] = {}
    for active in screen.active_bindings.values():
        action_id = active.binding.id
        if active.enabled and action_id in ACTIONS:
            found.setdefault(action_id or "", active)
    ids = sorted(found, key=lambda action_id: (action_id.startswith(("app.", "nav.")), _place_of(action_id)))
    return [_choice(action_id, found[action_id], keymap) for action_id in ids]


def _place_of(action_id: str) -> int:
    return list(ACTIONS).index(action_id)


def _choice(action_id: str, active: ActiveBinding, keymap: Keymap) -> Choice:
    keys = "  ".join(shown_key(key) for key in keymap.keys[action_id])
    return Choice(keys, ACTIONS[action_id], KeyAction(active.binding.action, active.node))

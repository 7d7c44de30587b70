"""Bindings made from the shipped keymap, so that a key stands in keymap.toml and nowhere else."""

from __future__ import annotations

from textual.binding import Binding

from tui.keymap import ACTIONS, shipped_keymap


def bound(action_id: str, action: str, *, show: bool = False, priority: bool = False) -> Binding:
    """The binding of an action of keymap.toml; `App.set_keymap` may give it other keys by its id."""
    keys = ",".join(shipped_keymap().keys[action_id])
    return Binding(keys, action, ACTIONS[action_id], show=show, priority=priority, id=action_id)

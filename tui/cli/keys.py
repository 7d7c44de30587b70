"""`parcours keys`: the console's actions with their keys, the user's own included."""

from __future__ import annotations

import click

from tui.cli import output


@click.command()
def keys() -> None:
    """List the keys of the console; a * marks what your own keymap.toml changes.

    \b
    parcours keys
    parcours keys | grep filter
    """
    from backend.config import default_path
    from tui.keymap import format_keys, load_keymap

    own = default_path().with_name("keymap.toml")
    output.lines(format_keys(load_keymap(own)))
    output.note(f"your own keys: {own}{'' if own.exists() else ' (not there)'}")

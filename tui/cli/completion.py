"""`parcours completion`: the script that completes commands and options in a shell."""

from __future__ import annotations

import click

from tui.cli import PROGRAM, output


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of a shell.

    \b
    parcours completion bash > ~/.local/share/bash-completion/completions/parcours
    parcours completion fish > ~/.config/fish/completions/parcours.fish
    """
    from click.shell_completion import get_completion_class

    from tui.cli.group import parcours

    found = get_completion_class(shell)
    assert found is not None
    complete = found(parcours, {}, PROGRAM, f"_{PROGRAM.upper()}_COMPLETE")
    output.script(complete.source_template % complete.source_vars())

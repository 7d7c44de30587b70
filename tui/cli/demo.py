"""`parcours demo`: the living demonstration and the console on it."""

from __future__ import annotations

from pathlib import Path

import click

from tui.cli import output
from tui.cli.given import Given


@click.command()
@click.option(
    "--db", metavar="FILE", type=click.Path(path_type=Path), help="Where the demonstration is kept."
)
@click.option(
    "--prepare", "only_prepare", is_flag=True, help="Bring it up to now, without opening the console."
)
@click.pass_obj
def demo(given: Given, db: Path | None, only_prepare: bool) -> int:
    """Open the console on a demonstration: seven days of an invented shop, which goes on while you look.

    At first only the last day is made; those before it follow while the console is open.

    \b
    parcours demo
    """
    from backend.demo.keeping import FIRST_MS, default_path, prepare
    from tui.cli.reading import now_ms

    path = db or default_path()
    with output.progress() as progress:
        prepare(
            path,
            now_ms=now_ms,
            progress=lambda done: progress.show("making the demonstration", done),
            first_ms=None if only_prepare else FIRST_MS,
        )
    if only_prepare:
        output.note(f"the demonstration is in {path}")
        return 0
    from backend.demo.living import start_living
    from tui.cli.console import show

    living = start_living(path)
    try:
        return show(str(path), given, demo=True)
    finally:
        if living.stdin is not None:
            living.stdin.close()
        living.wait(timeout=10)

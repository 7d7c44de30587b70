"""Which commands there are, and SOURCE in front of them: `parcours my.db logs event`."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import Any

import click
from click.shell_completion import CompletionItem
from click_default_group import DefaultGroup

from backend.open import is_path
from tui.cli.given import Given, source_option

COMMANDS = {
    "console": "Open the console on a source or on feed files.",
    "demo": "Open the console on the living demonstration.",
    "ingest": "Read feeds into a database.",
    "rejected": "List the records that were set aside, with reasons.",
    "report": "Print a live report.",
    "logs": "Print the scenario, event or tracking log.",
    "contacts": "List the contacts inside scenarios now.",
    "tracking": "Collect tracking hits; print what recipients did with a delivery.",
    "remove": "Take contacts out of a scenario.",
    "removals": "List removals and whether the product knows of them.",
    "trace": "Print everything that happened to one contact.",
    "explain": "Say why contacts did or did not receive a delivery.",
    "keys": "List the keys of the console.",
    "doctor": "Check a database.",
    "prune": "Remove old rows from a database.",
    "forget": "Remove a person from a database.",
    "serve": "Serve a database over HTTP.",
    "token": "Say who may use a server.",
    "source": "Name files and servers.",
    "completion": "Print a completion script for a shell.",
}
"""Name -> what it does. A command's module has its name, and so has its function there."""


class Commands(DefaultGroup):  # type: ignore[misc]  # it comes without types
    """Loads a command's module when it is asked for, and takes sources that stand before a command."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(f"tui.cli.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return list(super().parse_args(ctx, self._sorted(ctx, args)))

    def _sorted(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The arguments with a command's name first; a source before it is taken out."""
        given = ctx.ensure_object(Given)
        start = _first_word(args)
        end = start
        while end < len(args) and args[end] not in COMMANDS and given.is_source(args[end]):
            end += 1
        if end < len(args) and args[end] in COMMANDS and args[end] != "console":
            if end - start > 1:
                raise click.UsageError("give one SOURCE before a command", ctx)
            given.leading = args[start] if end > start else None
            return args[:start] + args[end:]
        if end == start and end < len(args) and not args[end].startswith("-") and args[end] not in COMMANDS:
            raise click.UsageError(_unknown(args[end], given.settings.sources), ctx)
        is_completing = ctx.resilient_parsing and end == len(args)
        if is_completing or (start < len(args) and args[start] == "console"):
            return args
        return [*args[:start], "console", *args[start:]]

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Commands, configured sources, and files where the word looks like one."""
        names = [name for name in ctx.ensure_object(Given).settings.sources if name.startswith(incomplete)]
        found = [*super().shell_complete(ctx, incomplete), *map(CompletionItem, names)]
        return [*found, CompletionItem(incomplete, type="file")] if is_path(incomplete) else found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without loading any of them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=Commands,
    default="console",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    options_metavar="[-s SOURCE]",
    subcommand_metavar="[SOURCE | FEED...] [COMMAND [ARGS]...]",
    epilog="SOURCE is a database file (written with a / or a .), an address, or a name of the [sources] "
    "in the settings file. It may also come from $PARCOURS_SOURCE. FEED is a file or folder that a "
    "product exported.",
)
@source_option
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=lambda *a: _show_version(*a)
)
@click.pass_obj
def parcours(given: Given, source: str | None) -> None:
    """See what a marketing automation is doing: live reports, logs, and one contact's whole story.

    \b
    parcours demo                        look around in the demonstration
    parcours export.json                 the console on what a product exported
    parcours ingest export.json --db my.db
    parcours my.db                       the console on a database
    parcours my.db logs event --filter kind:bounced
    """
    from tui.cli import output

    given.option = source
    output.use_mask(given.masks)


def _first_word(args: list[str]) -> int:
    """Where the program's own options end."""
    place = 0
    while place < len(args) and args[place].startswith("-") and args[place] != "-":
        takes_value = args[place] in ("-s", "--source")
        place += 2 if takes_value else 1
    return min(place, len(args))


def _unknown(word: str, names: Iterable[str]) -> str:
    import difflib  # mistyped words only

    near = difflib.get_close_matches(word, [*COMMANDS, *names], n=1)
    hint = f"; did you mean {near[0]}?" if near else f"; a file is written with a / or a ., such as ./{word}"
    if ":" in word:
        hint = f"; an address begins with https://, such as https://{word}"
    return f'no command and no configured source is called "{word}"{hint}'


def _show_version(ctx: click.Context, _option: click.Parameter, asked: Any) -> None:
    if not asked or ctx.resilient_parsing:
        return
    from backend.crash import versions
    from tui.cli import output

    output.text(versions())
    ctx.exit()

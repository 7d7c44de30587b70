"""`parcours source`: short names for files and servers, kept in the settings file."""

from __future__ import annotations

from collections.abc import Iterator

import click

from backend.config import COLOURS, ServerSettings
from backend.open import is_address
from tui.cli import output
from tui.cli.given import Given


@click.group()
def source() -> None:
    """Name, list and forget sources.

    \b
    parcours source add prod https://parcours.example.com --token-file ~/.config/parcours/prod.token
    parcours prod
    """


@source.command()
@click.argument("name")
@click.argument("target", metavar="SOURCE", type=click.Path())
@click.option("--token-file", type=click.Path(), metavar="FILE", help="Holds the server's token, mode 0600.")
@click.option("--ca-file", type=click.Path(), metavar="FILE", help="Certificates of a private authority.")
@click.option("--proxy", metavar="URL", help="A proxy to go through.")
@click.option(
    "--colour", type=click.Choice(COLOURS), help="Of its name in the status line. Without: one that is free."
)
@click.option("--allow-removals", is_flag=True, help="Let contacts be removed through it from here.")
@click.pass_obj
def add(
    given: Given,
    name: str,
    target: str,
    token_file: str | None,
    ca_file: str | None,
    proxy: str | None,
    colour: str | None,
    allow_removals: bool,
) -> None:
    """Give a file or a server a name.

    \b
    parcours source add prod https://parcours.example.com --token-file ~/prod.token --colour red
    parcours source add trial ./trial.db --colour green
    """
    from backend.config import default_path
    from backend.config_edit import add_file, add_server
    from backend.open import file_of
    from backend.sources.address import check_address
    from tui.cli.group import COMMANDS

    colour = colour or given.settings.free_colour()
    if is_address(target):
        address = check_address(target)
        more: dict[str, str | bool | None] = {**_checked(token_file, ca_file, proxy), "colour": colour}
        if allow_removals:
            more["allow_removals"] = True
        add_server(default_path(), name, address, more, frozenset(COMMANDS))
    elif token_file or ca_file or proxy or allow_removals:
        raise click.UsageError("only a server has a token, certificates, a proxy and removals to allow")
    else:
        path = file_of(target).absolute()
        add_file(default_path(), name, str(path), colour, frozenset(COMMANDS))
        if not path.exists():
            output.note(f"there is no such file yet: {path}")
    output.note(f"{name} is {target}; open it with: parcours {name}")


def _checked(token_file: str | None, ca_file: str | None, proxy: str | None) -> dict[str, str | None]:
    """What it takes to use a server, found to be usable; files by their whole paths.

    Raises: ConfigError for files that are not what they should be, UsageError for a proxy's address.
    """
    from backend.open import file_of
    from backend.sources.address import check_proxy
    from backend.sources.trust import trusted
    from backend.token_file import find_token

    told: dict[str, str | None] = {"token_file": None, "ca_file": None, "proxy": proxy}
    if token_file is not None:
        find_token(file_of(token_file))
        told["token_file"] = str(file_of(token_file).absolute())
    if ca_file is not None:
        trusted(file_of(ca_file))
        told["ca_file"] = str(file_of(ca_file).absolute())
    if proxy is not None:
        check_proxy(proxy)
    return told


@source.command("list")
@click.pass_obj
def list_sources(given: Given) -> int:
    """List the names and what they stand for.

    \b
    parcours source list
    """
    settings = given.settings
    for name, target in settings.sources.items():
        told = (name, target, *_used(settings.servers.get(name)), settings.colour_of(name))
        output.text("  ".join(each for each in told if each))
    if not settings.sources:
        output.note("no source has a name; give one: parcours source add NAME SOURCE")
    return 0 if settings.sources else 1


def _used(server: ServerSettings | None) -> Iterator[str]:
    """How a server is used: what it is shown, whom it is believed by, and what may be done there."""
    if server is None:
        return
    if server.token_file:
        yield f"token in {server.token_file}"
    if server.ca_file:
        yield f"certificates in {server.ca_file}"
    if server.proxy:
        yield f"through {server.proxy.rpartition('@')[2]}"
    yield "removals allowed" if server.allow_removals else "read-only"


@source.command()
@click.argument("name")
@click.pass_obj
def remove(given: Given, name: str) -> None:
    """Forget a name; the file or server stays.

    \b
    parcours source remove trial
    """
    from backend.config import default_path
    from backend.config_edit import remove_name
    from tui.cli.group import COMMANDS

    remove_name(default_path(), name, frozenset(COMMANDS))
    output.note(f"{name} is forgotten")

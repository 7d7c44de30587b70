"""`parcours serve`: a database over HTTP, for consoles elsewhere and for the products' webhooks."""

from __future__ import annotations

from pathlib import Path

import click

from backend.errors import Refused
from tui.cli import output
from tui.cli.given import Given, database_option


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8321, show_default=True, help="0: any free one."
)
@click.option("--tls-cert", type=click.Path(path_type=Path), metavar="FILE", help="Certificate chain, PEM.")
@click.option("--tls-key", type=click.Path(path_type=Path), metavar="FILE", help="Its key, PEM.")
@click.option("--behind-proxy", is_flag=True, help="A proxy before it does the encryption.")
@click.option(
    "--feeds",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Keys of the products' webhooks, mode 0600. Without: feeds.toml beside the settings.",
)
@click.option("--create", is_flag=True, help="Make the database where there is none, for webhooks to fill.")
@click.option("--verbose", is_flag=True, help="A line on stderr for each request.")
@database_option
@click.pass_obj
def serve(
    given: Given,
    host: str,
    port: int,
    tls_cert: Path | None,
    tls_key: Path | None,
    behind_proxy: bool,
    feeds: Path | None,
    create: bool,
    verbose: bool,
    source: str | None,
) -> None:
    """Serve a database: everybody with a token opens `parcours https://...` and sees what the file shows.

    \b
    parcours token add --db my.db --scope read
    parcours serve --db my.db
    parcours serve --db new.db --create
    parcours serve --db my.db --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem
    """
    try:
        from backend.server.running import Asked, serve_database
        from backend.server.serving import Place
    except ModuleNotFoundError as error:
        raise Refused(
            f"serving needs more packages ({error.name}): install it as parcours[server]"
        ) from error

    from backend.collector import leave_in_peace
    from backend.removals.telling import Teller

    leave_in_peace()
    place = Place(host=host, port=port, tls_cert=tls_cert, tls_key=tls_key, behind_proxy=behind_proxy)
    asked = Asked(database=given.database(source), create=create, feeds=feeds, place=place, verbose=verbose)
    with Teller(asked.database, given.settings.on_removal, output.note):
        serve_database(asked, output.note)

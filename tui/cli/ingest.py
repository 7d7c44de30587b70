"""`parcours ingest`: feeds into a database."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backend.errors import BadData, ConfigError, NoSuchSource
from tui.cli import output
from tui.cli.given import Given, database_option

if TYPE_CHECKING:
    from backend.ingest.feed_reading import Options


@click.command()
@click.argument("feeds", metavar="FEED...", nargs=-1, type=click.Path(allow_dash=True))
@database_option
@click.option(
    "--format", "form", default="auto", show_default=True, metavar="auto|NAME", help="Format of the feeds."
)
@click.option(
    "--account", default="default", show_default=True, metavar="NAME", help="The tenant they come from."
)
@click.option("--tz", metavar="ZONE", help="Zone of times that carry none, such as Europe/Paris.")
@click.option(
    "--columns", metavar="FILE", type=click.Path(path_type=Path), help='TOML: "their header" = "column".'
)
@click.option(
    "--raw", type=click.Choice(["keep", "none"]), default="keep", show_default=True, help="The raw records."
)
@click.option("--follow", is_flag=True, help="Go on as the files grow, until interrupted.")
@click.option("--list-formats", is_flag=True, help="List the formats that are read, and end.")
@click.pass_obj
def ingest(
    given: Given,
    feeds: tuple[str, ...],
    source: str | None,
    form: str,
    account: str,
    tz: str | None,
    columns: Path | None,
    raw: str,
    follow: bool,
    list_formats: bool,
) -> int:
    """Read what products exported into a database, which is made if it is not there.

    FEED is a file, a folder of files, or - for standard input; plain, gzip or zstd. Reading the same
    again changes no count, and a run that was interrupted goes on where it was.

    \b
    parcours ingest export.json bounces.csv.gz --db my.db
    parcours ingest /var/log/webhooks.ndjson --follow --db my.db
    """
    if list_formats:
        return _list_formats()
    if not feeds:
        raise click.UsageError("name at least one FEED, or - for standard input")
    from tui.cli.ingesting import ingest_into

    options = _options(form, account, tz, columns)
    path = given.database(source)
    with _telling(given, path) if follow else nullcontext():
        return ingest_into(path, feeds, options, keep_raw=raw == "keep", follow=follow)


def _telling(given: Given, path: Path) -> AbstractContextManager[object]:
    """While it follows, it also tells the product of removals that somebody else made meanwhile."""
    from backend.removals.telling import Teller

    return Teller(path, given.settings.on_removal, output.note)


def _options(form: str, account: str, tz: str | None, columns: Path | None) -> Options:
    from backend.ingest.feed_reading import Options

    return Options(
        format=None if form == "auto" else form,
        account=account,
        zone=None if tz is None else _zone(tz),
        columns={} if columns is None else _columns(columns),
    )


def _zone(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise click.UsageError(
            f'--tz: no time zone "{name}"; use a name such as Europe/Paris or UTC'
        ) from error


def _columns(path: Path) -> Mapping[str, str]:
    import tomllib

    try:
        found: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise NoSuchSource(f"no such file: {path}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadData(f"cannot read {path}: it is not UTF-8 text that can be read") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}") from error
    for header, column in found.items():
        if not isinstance(column, str):
            raise ConfigError(f'{path}: "{header}" must be text: the name of the column that it stands for')
    return found


def _list_formats() -> int:
    from backend.feeds import FORMATS

    width = max(len(format.name) for format in FORMATS)
    for format in FORMATS:
        zone = "; times may carry no zone: say --tz" if format.zoneless else ""
        output.text(f"{format.name:<{width}}  {format.framing:<4}  {format.summary}")
        output.text(f"{'':<{width}}  {'':<4}  gives: {format.gives}{zone}")
    return 0

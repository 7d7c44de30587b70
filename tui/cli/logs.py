"""`parcours logs`: the rows of a log, oldest first, as text, JSON lines, CSV or as they came."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import click

from backend.errors import QueryTimedOut
from tui.cli import output
from tui.cli.given import Given, source_option
from tui.cli.reading import filter_option, format_option, limit_option, parse_query, with_source
from tui.cli.searching import Search, log_rows

if TYPE_CHECKING:
    from backend.model import LogName, LogRow
    from backend.query.language import Filter
    from backend.source import Source


RETRY_S = 1.0
"""How long following waits when the source is away."""


@click.command()
@click.argument(
    "name", metavar="(scenario|event|tracking)", type=click.Choice(["scenario", "event", "tracking"])
)
@filter_option
@click.option("--since", metavar="TIME", help="From then on: 30m, 2h, 7d, 2026-03-10, 2026-03-10T12:00Z.")
@click.option("--until", metavar="TIME", help="Before then.")
@limit_option
@click.option("--follow", is_flag=True, help="Go on with every new row as it arrives, until interrupted.")
@click.option(
    "--within",
    "within_s",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="Look for rows no longer: print what was found, say how far that came, exit 69.",
)
@format_option("text", "json", "csv", "raw")
@source_option
@click.pass_obj
def logs(
    given: Given,
    name: str,
    wanted: str,
    since: str | None,
    until: str | None,
    limit: int | None,
    follow: bool,
    within_s: float | None,
    form: str,
    source: str | None,
) -> int:
    """Print the newest rows of a log, oldest first.

    \b
    parcours logs event -s my.db --filter "kind:bounced class:hard" --since 24h
    parcours logs scenario -s my.db --limit all --format json > scenario.ndjson
    """
    from backend.model import LogName

    query = parse_query(wanted, name, since, until)

    async def work(opened: Source) -> int:
        with output.progress() as line:
            return await _print(opened, LogName(name), query, limit, form, follow, Search(within_s, line))

    return with_source(given, source, work, waits=follow)


async def _print(
    source: Source,
    name: LogName,
    query: Filter,
    limit: int | None,
    form: str,
    follow: bool,
    search: Search,
) -> int:
    printed: set[int] = set()
    begin(form)
    after = await source.newest_id(name)
    async for row in log_rows(source, name, query, limit, search):
        await print_row(source, row, form)
        printed.add(row.id)
    if search.told:
        output.note(f"parcours: {search.told}")
    if not follow:
        if search.told:
            return QueryTimedOut.exit_code
        if not printed:
            output.note("no row matches")
        return 0 if printed else 1
    output.flush()
    async for row in _every_arrival(source, name, query, after):
        if row.id not in printed:  # it came while the log was being read
            await print_row(source, row, form)
            output.flush()
    return 0


async def _every_arrival(source: Source, name: LogName, query: Filter, after: int) -> AsyncIterator[LogRow]:
    """Every row that arrives after an id, however many come at once and however often the source is away:
    it is told once when it goes, and when it is back."""
    import asyncio

    from backend.errors import SourceUnavailable
    from backend.model import Away

    is_away = False
    while True:
        try:
            async for arrival in source.follow(name, query, after, every=True):
                after = arrival.after
                if isinstance(arrival, Away):
                    is_away = _told_away(is_away, arrival.reason)
                    continue
                if is_away:
                    output.note("parcours: it answers again")
                is_away = False
                for row in arrival.rows:
                    yield row
        except (SourceUnavailable, QueryTimedOut) as error:
            is_away = _told_away(is_away, str(error))
            await asyncio.sleep(RETRY_S)


def _told_away(is_away: bool, reason: str) -> bool:
    """Say once that the source is away, and why."""
    if not is_away:
        output.note(f"parcours: {reason}; it is tried again")
    return True


def begin(form: str) -> None:
    """What stands before the first row."""
    if form == "csv":
        from backend.log_lines import CSV_COLUMNS

        output.csv_row(CSV_COLUMNS)


async def print_row(source: Source, row: LogRow, form: str) -> None:
    """One row in the form that was asked for."""
    if form == "json":
        import msgspec

        from backend.feeds.own.writing import encode_row

        output.json_line(msgspec.json.encode(encode_row(row)))
    elif form == "raw":
        raw = await source.raw(row.log, row.id)
        if raw is None:
            output.note(f"row {row.key}: its record was not kept")
        else:
            output.raw(raw)
    else:
        from backend.log_lines import log_cells
        from tui.cli.rows import log_line

        if form == "csv":
            output.csv_row(log_cells(row))
        else:
            output.text(log_line(row))

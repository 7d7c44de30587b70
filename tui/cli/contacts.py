"""`parcours contacts`: the roster, that is the contacts inside scenarios now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.cli import output
from tui.cli.given import Given, source_option
from tui.cli.reading import filter_option, format_option, limit_option, parse_query, with_source

if TYPE_CHECKING:
    from backend.model import RosterRow
    from backend.query import Filter
    from backend.source import Source


@click.command()
@click.option("--scenario", metavar="NAME", help="Name or id of the scenario.")
@filter_option
@limit_option
@format_option("text", "json", "csv")
@source_option
@click.pass_obj
def contacts(
    given: Given, scenario: str | None, wanted: str, limit: int | None, form: str, source: str | None
) -> int:
    """List the contacts inside scenarios now, the oldest entry first.

    \b
    parcours contacts -s my.db --scenario Welcome --filter state:waiting
    parcours my.db contacts --limit all --format csv > inside.csv
    """
    from backend.query import ROSTER

    query = parse_query(wanted, ROSTER)

    async def work(opened: Source) -> int:
        narrowed = await _inside(opened, query, scenario) if scenario is not None else query
        return await _print(opened, narrowed, limit, form)

    return with_source(given, source, work)


async def _inside(source: Source, query: Filter, scenario: str) -> Filter:
    """The query for one scenario. Raises: NothingFound, Refused where the name is not clear."""
    from backend.model import SubjectKind
    from backend.query import with_term
    from backend.source import pick_subject

    subject = pick_subject(await source.catalog(SubjectKind.SCENARIO), scenario)
    return with_term(query, "scenario", subject.key)


async def _print(source: Source, query: Filter, limit: int | None, form: str) -> int:
    from backend.source import PAGE_LIMIT
    from tui.cli.rows import ROSTER_COLUMNS

    if form == "csv":
        output.csv_row(ROSTER_COLUMNS)
    printed, cursor = 0, None
    while True:
        most = PAGE_LIMIT if limit is None else min(limit - printed, PAGE_LIMIT)
        page = await source.roster(query, cursor, limit=most)
        for row in page.rows:
            _print_row(row, form)
        printed += len(page.rows)
        cursor = page.newer
        if cursor is None or not page.rows or printed == limit:
            break
    if printed < page.total:
        output.note(f"{printed} of {page.total} contacts; --limit all prints the rest")
    return 0 if printed else 1


def _print_row(row: RosterRow, form: str) -> None:
    from tui.cli.rows import ROSTER_COLUMNS, encode_cells, roster_cells, roster_line

    if form == "csv":
        output.csv_row(roster_cells(row))
    elif form == "json":
        output.json_line(encode_cells(ROSTER_COLUMNS, roster_cells(row)))
    else:
        output.text(roster_line(row))

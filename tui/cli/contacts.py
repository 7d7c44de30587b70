"""`parcours contacts`: the roster, that is the contacts inside scenarios now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.cli import output
from tui.cli.given import Given, source_option
from tui.cli.reading import filter_option, format_option, limit_option, parse_query, with_source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backend.model import RosterOrder, RosterRow, StepCount, Subject
    from backend.query.language import Filter
    from backend.source import Source

SORTS = ("entered", "contact", "step", "at_step")


@click.command()
@click.option("--scenario", metavar="NAME", help="Name or id of the scenario.")
@filter_option
@click.option(
    "--sort", type=click.Choice(SORTS), default="entered", help="Default: entered, the oldest entry first."
)
@click.option("--backwards", is_flag=True, help="The same order from its other end.")
@click.option("--steps", is_flag=True, help="How many are at each step, instead.")
@limit_option
@format_option("text", "json", "csv")
@source_option
@click.pass_obj
def contacts(
    given: Given,
    scenario: str | None,
    wanted: str,
    sort: str,
    backwards: bool,
    steps: bool,
    limit: int | None,
    form: str,
    source: str | None,
) -> int:
    """List the contacts inside scenarios now: since when, at which step, and how long is usual there
    (the median of those who are there now).

    \b
    parcours contacts -s my.db --scenario Welcome --filter state:waiting
    parcours my.db contacts --sort at_step --limit 20
    parcours my.db contacts --steps
    parcours my.db contacts --limit all --format csv > inside.csv
    """
    from backend.model import RosterOrder
    from backend.query.language import ROSTER, with_term

    if steps and (wanted or backwards or sort != "entered"):
        raise click.UsageError("--steps counts everybody: it takes --scenario only")
    query = parse_query(wanted, ROSTER)

    async def work(opened: Source) -> int:
        subject = await _scenario(opened, scenario) if scenario is not None else None
        if steps:
            return _print_steps(await opened.steps_inside(subject.id if subject else None), form)
        narrowed = with_term(query, "scenario", subject.key) if subject else query
        return await _print(opened, narrowed, limit, form, RosterOrder(sort), is_backwards=backwards)

    return with_source(given, source, work)


async def _scenario(source: Source, name: str) -> Subject:
    """Raises: NothingFound, Refused where the name is not clear."""
    from backend.model import SubjectKind
    from backend.source import pick_subject

    return pick_subject(await source.catalog(SubjectKind.SCENARIO), name)


async def _print(
    source: Source, query: Filter, limit: int | None, form: str, order: RosterOrder, *, is_backwards: bool
) -> int:
    from backend.source import PAGE_LIMIT, Direction
    from tui.cli.rows import ROSTER_COLUMNS

    if form == "csv":
        output.csv_row(ROSTER_COLUMNS)
    printed, cursor = 0, None
    direction = Direction.OLDER if is_backwards else Direction.NEWER
    while True:
        most = PAGE_LIMIT if limit is None else min(limit - printed, PAGE_LIMIT)
        page = await source.roster(query, cursor, direction=direction, limit=most, order=order)
        for row in reversed(page.rows) if is_backwards else page.rows:
            _print_row(row, form)
        printed += len(page.rows)
        cursor = page.older if is_backwards else page.newer
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


def _print_steps(counts: Sequence[StepCount], form: str) -> int:
    from tui.cli.rows import STEP_COLUMNS, encode_cells, step_cells, step_line

    if form == "csv":
        output.csv_row(STEP_COLUMNS)
    for count in counts:
        if form == "csv":
            output.csv_row(step_cells(count))
        elif form == "json":
            output.json_line(encode_cells(STEP_COLUMNS, step_cells(count)))
        else:
            output.text(step_line(count))
    return 0 if counts else 1

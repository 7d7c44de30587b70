"""`parcours removals`: what was removed, by whom, and whether the product knows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.cli import output
from tui.cli.given import Given, source_option
from tui.cli.reading import format_option, limit_option, with_source

if TYPE_CHECKING:
    from backend.removals.removal import RemovalLine
    from backend.source import Source

COLUMNS = (
    *("id", "requested_at", "actor", "scenario", "contact", "step", "state", "told_at", "confirmed_at"),
    *("attempts", "next_try_at", "error", "removal"),
)


@click.command()
@click.option("--after", type=int, default=0, metavar="ID", help="Only removals with a higher id.")
@click.option("--deliver", is_flag=True, help="First tell the product what it has not heard, by on_removal.")
@click.option(
    "--audit", is_flag=True, help="The audit instead, as JSON lines each with the hash of the last."
)
@limit_option
@format_option("text", "json", "csv")
@source_option
@click.pass_obj
def removals(
    given: Given, after: int, deliver: bool, audit: bool, limit: int | None, form: str, source: str | None
) -> int:
    """List removed contacts in order, and how far the product has followed: requested, told, confirmed
    by its own log, or not carried out (it still lists the contact).

    \b
    parcours my.db removals --format json --after 120
    parcours my.db removals --deliver
    """
    failure = _deliver(given, source) if deliver else None
    if audit:
        return _audit(given, source, after)

    async def work(opened: Source) -> None:
        await _print(opened, after, limit, form)

    with_source(given, source, work)
    return 1 if failure else 0


def _deliver(given: Given, option: str | None) -> str | None:
    from backend.errors import ConfigError
    from backend.removals.telling import tell_product

    command = given.settings.on_removal
    if not command:
        raise ConfigError('no command is set to tell the product by; set on_removal = ["my-command", "word"]')
    told = tell_product(given.database(option), command, at_once=True)
    if told.error is not None:
        output.note(f"{told.lines} told; then: {told.error}")
    else:
        output.note(f"{told.lines} told to the product by {command[0]}")
    return told.error


def _audit(given: Given, option: str | None, after: int) -> int:
    """The whole chain is walked, so that every line's hash is the same wherever the printing begins."""
    from contextlib import closing

    from backend.removals.lines import encode_audit
    from backend.sources.sqlite.opening import at_the_border, open_reader
    from backend.sources.sqlite.outbox import read_audit

    path = given.database(option)
    with closing(open_reader(path)) as connection, at_the_border(path):
        lines = read_audit(connection, 0, -1)
    for line, encoded in zip(lines, encode_audit(lines), strict=True):
        if line.id > after:
            output.json_line(encoded)
    return 0


async def _print(source: Source, after: int, limit: int | None, form: str) -> None:
    if form == "csv":
        output.csv_row(COLUMNS)
    printed = 0
    while limit is None or printed < limit:
        rows = await source.removals(after, 1000 if limit is None else min(limit - printed, 1000))
        for row in rows:
            _print_row(row, form)
        if not rows:
            break
        printed += len(rows)
        after = rows[-1].id
    if not printed:
        output.note("nobody was removed")
    elif printed == limit and await source.removals(after, 1):
        output.note(f"only the first {printed}; --after {after} goes on")


def _print_row(row: RemovalLine, form: str) -> None:
    from backend.query.text import write_time
    from backend.removals.lines import encode_removal

    if form == "json":
        output.json_line(encode_removal(row))
        return

    def told(at_ms: int | None) -> str | None:
        return None if at_ms is None else write_time(at_ms)

    if form == "csv":
        output.csv_row(
            (
                *(row.id, write_time(row.at_ms), row.actor, row.scenario, row.contact, row.step, row.state),
                *(told(row.told_ms), told(row.confirmed_ms), row.attempts, told(row.next_try_ms), row.error),
                row.key,
            )
        )
        return
    state = str(row.state).replace("_", " ")
    trouble = f"  {row.attempts} failed: {row.error}" if row.error else ""
    output.text(
        f"{row.id:>6}  {write_time(row.at_ms)}  {state:<15}  {row.contact:<32}  {row.scenario}  "
        f"by {row.actor}{trouble}"
    )

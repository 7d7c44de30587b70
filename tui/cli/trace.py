"""`parcours trace`: everything that happened to one contact, from both logs, in time order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.cli import output
from tui.cli.given import Given, source_option
from tui.cli.logs import begin, print_row
from tui.cli.reading import format_option, limit_option, pick_contact, with_source

if TYPE_CHECKING:
    from backend.model import ContactRef, LogRow
    from backend.source import Source


@click.command()
@click.argument("contact")
@limit_option
@format_option("text", "json", "csv")
@source_option
@click.pass_obj
def trace(given: Given, contact: str, limit: int | None, form: str, source: str | None) -> int:
    """Print the newest rows of both logs about one CONTACT, oldest first.

    CONTACT is an address, a phone number, the product's id, or a part that only one contact has.

    \b
    parcours trace ada@example.com -s my.db
    parcours my.db trace +33612345678 --limit all --format json
    """

    async def work(opened: Source) -> int:
        found = await pick_contact(opened, contact)
        output.note(f"{found.shown} ({', '.join(f'{name} {value}' for name, value in found.identities)})")
        rows = await _rows(opened, found, limit)
        begin(form)
        for row in rows:
            await print_row(opened, row, form)
        return 0 if rows else 1

    return with_source(given, source, work)


async def _rows(source: Source, contact: ContactRef, limit: int | None) -> list[LogRow]:
    """The newest rows, oldest first; one contact's story fits into memory."""
    from backend.source import PAGE_LIMIT, Direction

    rows: list[LogRow] = []
    cursor: str | None = None
    while limit is None or len(rows) < limit:
        most = PAGE_LIMIT if limit is None else min(limit - len(rows), PAGE_LIMIT)
        page = await source.trace(contact.id, cursor, direction=Direction.OLDER, limit=most)
        rows[:0] = page.rows
        cursor = page.older
        if cursor is None:
            break
    return rows

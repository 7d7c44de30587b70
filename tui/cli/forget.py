"""`parcours forget`: a person's identities, data and raw records removed for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from backend.errors import Refused
from tui.cli import output
from tui.cli.given import Given, database_option
from tui.cli.reading import pick_contact, with_source

if TYPE_CHECKING:
    from backend.model import ContactRef
    from backend.source import Source


@click.command()
@click.argument("contact")
@click.option("--yes", is_flag=True, help="Do not ask.")
@database_option
@click.pass_obj
def forget(given: Given, contact: str, yes: bool, source: str | None) -> None:
    """Remove everything that names a person. Counts stay; this cannot be undone.

    \b
    parcours forget ada@example.com --db my.db
    """
    from backend.sources.sqlite.writing import Store

    async def find(opened: Source) -> ContactRef:
        return await pick_contact(opened, contact)

    path = given.database(source)
    found = with_source(given, source, find)
    known_as = ", ".join(f"{name} {value}" for name, value in found.identities)
    if not yes and not output.agreed(f"forget {found.shown} (contact {found.id}: {known_as}) for good?"):
        raise Refused("nothing was removed; say --yes to forget without being asked")
    store = Store(path)
    try:
        store.forget(found.id)
    finally:
        store.close()
    output.note(f"contact {found.id} is forgotten")

"""`parcours prune`: whole days of old rows removed, while readers go on."""

from __future__ import annotations

import click

from backend.model import DAY_MS
from tui.cli import output
from tui.cli.given import Given, database_option


@click.command()
@click.option("--keep", required=True, metavar="SPAN", help="How much to keep: 90d, 12w.")
@database_option
@click.pass_obj
def prune(given: Given, keep: str, source: str | None) -> None:
    """Remove the log rows of whole UTC days before the span to keep. Reports by day stay.

    \b
    parcours prune --keep 90d --db my.db
    """
    from backend.query.text import write_time
    from backend.sources.sqlite.writing import Store
    from tui.cli.reading import now_ms, span_ms

    now = now_ms()
    before_ms = (now - span_ms("--keep", keep)) // DAY_MS * DAY_MS
    store = Store(given.database(source))
    try:
        removed = store.prune(before_ms)
    finally:
        store.close()
    output.note(f"removed {removed:,} rows from before {write_time(before_ms)}")

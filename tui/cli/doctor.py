"""`parcours doctor`: what a source is, what feeds it, and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from backend.errors import CannotWrite, ParcoursError, SchemaMismatch, SourceDamaged
from tui.cli import output
from tui.cli.given import Given, source_option

if TYPE_CHECKING:
    from backend.model import Health
    from backend.source import Source

FINE, WARNING, CRITICAL, NOT_CHECKED = 0, 1, 2, 3


@click.command()
@click.option(
    "--deep", is_flag=True, help="Also count everything again and compare; takes long, needs to write."
)
@source_option
@click.pass_obj
def doctor(given: Given, deep: bool, source: str | None) -> int:
    """Check a database. Exit code: 0 fine, 1 warning, 2 critical, 3 the check itself failed.

    \b
    parcours doctor -s my.db
    parcours my.db doctor --deep
    """
    from tui.cli.reading import with_source

    name = given.source(source)
    try:
        health = with_source(given, source, _health)
        _tell(health)
        findings = _count_again(name) if deep else []
    except (SchemaMismatch, SourceDamaged) as error:
        output.text(f"critical  {error}")
        return CRITICAL
    except ParcoursError as error:
        output.note(f"parcours: not checked: {error}")
        return NOT_CHECKED
    for finding in findings:
        output.text(f"critical  {finding}")
    warnings = _warnings(health)
    for warning in warnings:
        output.text(f"warning   {warning}")
    if findings:
        return CRITICAL
    if warnings:
        return WARNING
    output.text("fine")
    return FINE


async def _health(source: Source) -> Health:
    return await source.health()


def _count_again(name: str) -> list[str]:
    from pathlib import Path

    from backend.sources.sqlite.writing import Store

    try:
        store = Store(Path(name))
    except CannotWrite as error:
        raise CannotWrite(f"--deep needs to write to {name}: {error}") from error
    try:
        return store.check(deep=True)
    finally:
        store.close()


def _tell(health: Health) -> None:
    from backend.query_text import write_time

    def when(at_ms: int | None) -> str:
        return "none" if at_ms is None else write_time(at_ms)

    size = "" if health.size_bytes is None else f", {health.size_bytes:,} bytes"
    output.text(f"source    {health.source} ({health.kind}, schema {health.schema_version}{size})")
    output.text(
        f"holds     {health.events:,} event rows, {health.scenario_rows:,} scenario rows, "
        f"{health.contacts:,} contacts, {health.messages:,} messages; newest {when(health.newest_ms)}"
    )
    for feed in health.feeds:
        times = f"newest {when(feed.newest_ms)}, received {when(feed.last_received_ms)}"
        output.text(
            f"feed      {feed.product} {feed.account} {feed.format}: {feed.records:,} records, "
            f"{feed.rejected:,} set aside, {times}"
        )
    if health.pruned_before_ms is not None:
        output.text(f"pruned    rows before {write_time(health.pruned_before_ms)}")


def _warnings(health: Health) -> list[str]:
    warnings = list(health.notes)
    warnings += [
        f"set aside {r.count:,} records of {r.format or 'no format'}: {r.reason}" for r in health.rejected
    ]
    if health.skewed:
        warnings.append(f"{health.skewed:,} rows are dated ahead of the clock: not counted before their time")
    return warnings

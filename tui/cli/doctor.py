"""`parcours doctor`: what a source is, what feeds it, and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from backend.errors import CannotWrite, ParcoursError, SchemaMismatch, SourceDamaged, Unsupported
from tui.cli import output
from tui.cli.given import Given, source_option

if TYPE_CHECKING:
    from backend.model import Health
    from backend.record import WorkflowRun
    from backend.source import Source

FINE, WARNING, CRITICAL, NOT_CHECKED = 0, 1, 2, 3
SHOWN_RUNS = 5


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
    from backend.tracking.alerts import alerts
    from tui.cli.reading import now_ms, with_source

    name = given.source(source)
    try:
        health, runs = with_source(given, source, _read)
        _tell(health)
        _tell_runs(runs)
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
    told = alerts(health.feeds, runs, now_ms())
    for alert in told:
        output.text(f"{'critical' if alert.critical else 'warning ':<8}  {alert.text}")
    if findings or any(alert.critical for alert in told):
        return CRITICAL
    if warnings or told:
        return WARNING
    output.text("fine")
    return FINE


async def _read(source: Source) -> tuple[Health, tuple[WorkflowRun, ...]]:
    """Health, and the latest runs of technical workflows."""
    try:
        runs = await source.workflow_runs(SHOWN_RUNS)
    except Unsupported:
        runs = ()
    return await source.health(), runs


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
    from backend.query.text import write_time
    from backend.tracking.alerts import lag_words

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
        lag = lag_words(feed)
        output.text(
            f"feed      {feed.product} {feed.account} {feed.format}: {feed.records:,} records, "
            f"{feed.rejected:,} set aside, {times}{f', lag {lag}' if lag else ''}"
        )
    if health.pruned_before_ms is not None:
        output.text(f"pruned    rows before {write_time(health.pruned_before_ms)}")


def _tell_runs(runs: tuple[WorkflowRun, ...]) -> None:
    from tui.cli.tracking import run_line

    for run in runs[:SHOWN_RUNS]:
        output.text(f"run       {run_line(run)}")
        for line in (run.log or "").splitlines():
            output.text(f"            {line}")


def _warnings(health: Health) -> list[str]:
    warnings = list(health.notes)
    warnings += [
        f"set aside {r.count:,} records of {r.format or 'no format'}: {r.reason}" for r in health.rejected
    ]
    if health.skewed:
        warnings.append(f"{health.skewed:,} rows are dated ahead of the clock: not counted before their time")
    return warnings

"""`parcours report`: one tab of a live report as text with charts, JSON lines or CSV."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from tui.cli import output
from tui.cli.given import Given, source_option
from tui.cli.reading import format_option, now_ms, span_ms_of, with_source

if TYPE_CHECKING:
    from backend.model import Report, Subject, Window
    from backend.source import Source

WIDTH_OF_A_FILE = 100
"""Cells of a line where stdout is no terminal."""


@click.command()
@click.option("--scenario", metavar="NAME", help="Name or id of a scenario.")
@click.option("--campaign", metavar="NAME", help="Name or id of a campaign.")
@click.option("--delivery", metavar="NAME", help="Name or id of a delivery.")
@click.option("--tab", metavar="TAB", help="Which tab; the first one where none is told.")
@click.option("--window", metavar="SPAN", help="How much time: 24h (the usual), 90m, 7d.")
@click.option("--test", is_flag=True, help="Count test messages too.")
@format_option("text", "json", "csv")
@source_option
@click.pass_obj
def report(
    given: Given,
    scenario: str | None,
    campaign: str | None,
    delivery: str | None,
    tab: str | None,
    window: str | None,
    test: bool,
    form: str,
    source: str | None,
) -> int:
    """Print a live report: of a scenario, a campaign or a delivery.

    \b
    parcours report -s my.db --scenario Welcome
    parcours my.db report --campaign "Spring sale" --tab email --window 7d --format csv
    """
    from backend.model import SubjectKind

    named = {SubjectKind.SCENARIO: scenario, SubjectKind.CAMPAIGN: campaign, SubjectKind.DELIVERY: delivery}
    told = [(kind, name) for kind, name in named.items() if name is not None]
    if len(told) != 1:
        raise click.UsageError("name one of --scenario, --campaign, --delivery")
    ((kind, name),) = told
    span_ms = None if window is None else span_ms_of("--window", window)

    async def work(opened: Source) -> Report:
        from backend.reports import default_tab, tab_of
        from backend.source import pick_subject

        subject = pick_subject(await opened.catalog(kind), name)
        chosen = tab_of(subject, tab).id if tab is not None else default_tab(subject)
        span = None if span_ms is None else _window(subject, span_ms)
        return await opened.live_report(subject, chosen, span, include_test=test)

    print_report(with_source(given, source, work), form)
    return 0


def _window(subject: Subject, span_ms: int) -> Window:
    """The span up to now, or up to the newest row of a subject that lies still for a day (R01)."""
    from backend.model import DAY_MS, Window

    end_ms = now_ms()
    if subject.newest_ms is not None and subject.newest_ms < end_ms - DAY_MS:
        end_ms = subject.newest_ms + 1
    return Window(end_ms - span_ms, end_ms)


def print_report(found: Report, form: str) -> None:
    """A report as text for eyes, JSON lines or CSV."""
    if form == "text":
        from backend.report_text import report_lines

        ascii_only = (sys.stdout.encoding or "utf-8").casefold().replace("-", "") != "utf8"
        for line in report_lines(found, _width(), ascii_only=ascii_only):
            output.text(line)
        return
    from backend.report_export import report_csv, report_json

    if form == "json":
        for value in report_json(found):
            output.json_line(value)
    else:
        for row in report_csv(found):
            output.csv_row(row)


def _width() -> int:
    import shutil

    return shutil.get_terminal_size((WIDTH_OF_A_FILE, 24)).columns if sys.stdout.isatty() else WIDTH_OF_A_FILE

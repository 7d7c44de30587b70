"""`parcours report`: one tab of a live report as text with charts, JSON lines or CSV."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from tui.cli import output
from tui.cli.given import Given, source_option
from tui.cli.reading import format_option, now_ms, span_ms_of, with_source

if TYPE_CHECKING:
    from backend.model import Report, Subject, SubjectKind, Window
    from backend.source import Source

WIDTH_OF_A_FILE = 100
"""Cells of a line where stdout is no terminal."""


@click.command()
@click.option("--scenario", metavar="NAME", help="Name or id of a scenario.")
@click.option("--campaign", metavar="NAME", help="Name or id of a campaign.")
@click.option("--delivery", metavar="NAME", help="Name or id of a delivery.")
@click.option("--tab", metavar="TAB", help="Which tab; the first one where none is told.")
@click.option("--window", metavar="SPAN", help="How much time: 24h (the usual), 90m, 7d.")
@click.option(
    "--from", "start", metavar="TIME", help="From then on, in place of --window: 2026-03-10T12:00Z."
)
@click.option("--until", "end", metavar="TIME", help="Up to then; now where none is told.")
@click.option(
    "--compare", metavar="WINDOW", help="Beside it: before, 7d (that much earlier), or FROM..UNTIL."
)
@click.option("--step", metavar="NAME", help="Count only what happened at this step of the scenario.")
@click.option("--test", is_flag=True, help="Count test messages too.")
@click.option("--all-panes", is_flag=True, help="Print the panes too that the console shows only when added.")
@click.option(
    "--check", is_flag=True, help="Print alerts, of one or of all: 0 none, 1 just over, 2 now, 3 not known."
)
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
    start: str | None,
    end: str | None,
    compare: str | None,
    step: str | None,
    test: bool,
    all_panes: bool,
    check: bool,
    form: str,
    source: str | None,
) -> int:
    """Print a live report: of a scenario, a campaign or a delivery.

    \b
    parcours report -s my.db --scenario Welcome
    parcours my.db report --scenario Welcome --tab email --compare before
    parcours my.db report --campaign "Spring sale" --tab email --window 7d --format csv
    parcours my.db report --check
    """
    from backend.model import SubjectKind

    named = {SubjectKind.SCENARIO: scenario, SubjectKind.CAMPAIGN: campaign, SubjectKind.DELIVERY: delivery}
    told = [(kind, name) for kind, name in named.items() if name is not None]
    if check and len(told) < 2:
        return _check(given, source, told[0] if told else None)
    if len(told) != 1:
        raise click.UsageError("name one of --scenario, --campaign, --delivery")
    ((kind, name),) = told
    span_ms = None if window is None else span_ms_of("--window", window)
    between = _between(start, end, window)

    async def work(opened: Source) -> Report:
        from backend.reports.report import default_tab, tab_of
        from backend.source import pick_subject

        subject = pick_subject(await opened.catalog(kind), name)
        chosen = tab_of(subject, tab).id if tab is not None else default_tab(subject)
        span = between if span_ms is None else _window(subject, span_ms)
        step_id = None if step is None else await _step_id(opened, subject, step)
        found = await opened.live_report(subject, chosen, span, include_test=test, step_id=step_id)
        return found if compare is None else await _beside(opened, found, compare)

    found = with_source(given, source, work)
    print_report(found if all_panes else _usual(found), form)
    return 0


async def _step_id(opened: Source, subject: Subject, name: str) -> int:
    """The handle of a scenario's step. Raises: click.UsageError where there is not one step of this name."""
    from backend.reports.report import default_tab, steps_of

    steps = steps_of(await opened.live_report(subject, default_tab(subject)))
    found = [step_id for step_id, label in steps if label == name]
    if len(found) != 1:
        known = ", ".join(label for _, label in steps) or "none"
        raise click.UsageError(f'--step: {len(found) or "no"} steps are called "{name}"; there are: {known}')
    return found[0]


async def _beside(opened: Source, found: Report, asked: str) -> Report:
    """The report with the numbers of another window. Raises: click.UsageError for no window."""
    from backend.reports.compare import WINDOW_HINT, compared, other_window

    window = other_window(asked, found.window, now_ms=now_ms())
    if window is None:
        raise click.UsageError(f'--compare: "{asked}" is no window; give {WINDOW_HINT}')
    other = await opened.live_report(
        found.subject, found.tab, window, include_test=found.include_test, step_id=found.step_id
    )
    return compared(found, other)


OK, JUST_OVER, FIRING, NOT_KNOWN = range(4)
"""Exit codes of a check, as Nagios and its kin read them."""


def _check(given: Given, source: str | None, told: tuple[SubjectKind, str] | None) -> int:
    """One line for each alert, the worst first."""
    from backend.errors import ParcoursError
    from backend.reports.alerts import Alert, check_alerts
    from backend.source import pick_subject

    async def work(opened: Source) -> tuple[Alert, ...]:
        only = None if told is None else pick_subject(await opened.catalog(told[0]), told[1])
        return await check_alerts(opened, given.settings.alerts, only)

    try:
        alerts = with_source(given, source, work)
    except ParcoursError as error:
        output.text(f"UNKNOWN {error}")
        return NOT_KNOWN
    for alert in alerts:
        output.text(f"{'CRITICAL' if alert.is_firing else 'WARNING'} {alert.text}")
    if not alerts:
        output.text("OK no alert")
        return OK
    return FIRING if alerts[0].is_firing else JUST_OVER


def _usual(found: Report) -> Report:
    """The report without the panes that a person would have to add in the console."""
    import msgspec

    from backend.reports.report import REPORTS

    tabs = REPORTS[found.report].tabs if found.report in REPORTS else ()
    extra = {pane.id for tab in tabs for pane in tab.panes if pane.extra}
    kept = tuple(pane for pane in found.panes if pane.pane not in extra)
    return msgspec.structs.replace(found, panes=kept)


def _between(start: str | None, end: str | None, window: str | None) -> Window | None:
    """The range of --from and --until. Raises: click.UsageError."""
    from datetime import UTC

    from backend.model import Window
    from backend.query.text import read_time

    if start is None and end is None:
        return None
    if window is not None or start is None:
        raise click.UsageError("give either --window, or --from with or without --until")
    at_ms = now_ms()
    start_ms = read_time(start, now_ms=at_ms, zone=UTC)
    end_ms = at_ms if end is None else read_time(end, now_ms=at_ms, zone=UTC)
    if start_ms is None or end_ms is None or start_ms >= end_ms:
        raise click.UsageError("--from and --until: two times, the first before the second")
    return Window(start_ms, end_ms)


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
        from backend.reports.text import report_lines

        ascii_only = (sys.stdout.encoding or "utf-8").casefold().replace("-", "") != "utf8"
        for line in report_lines(found, _width(), ascii_only=ascii_only):
            output.text(line)
        return
    from backend.reports.export import report_csv, report_json

    if form == "json":
        for value in report_json(found):
            output.json_line(value)
    else:
        for row in report_csv(found):
            output.csv_row(row)


def _width() -> int:
    import shutil

    return shutil.get_terminal_size((WIDTH_OF_A_FILE, 24)).columns if sys.stdout.isatty() else WIDTH_OF_A_FILE

"""`parcours tracking`: the tracking workflow, and what it found of a delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.cli import output
from tui.cli.given import Given, database_option, source_option
from tui.cli.reading import format_option, limit_option, span_ms_of, with_source

if TYPE_CHECKING:
    from backend.model import Report
    from backend.record import WorkflowRun
    from backend.source import Source
    from backend.tracking.workflow import RunResult

RUN_COLUMNS = (
    "started",
    "ended",
    "workflow",
    "product",
    "account",
    "status",
    "read",
    "written",
    "rejected",
    "error",
    "log",
)


class Gap(click.ParamType[int | None]):
    """A number of seconds from 0 to 3, or `off`, which is None."""

    name = "gap"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        from backend.facts import MOST_GAP_S

        if value == "off":
            return None
        if str(value) not in {str(n) for n in range(MOST_GAP_S + 1)}:
            self.fail(f'"{value}" is neither 0 to {MOST_GAP_S} seconds nor "off"', param, ctx)
        return int(str(value))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def tracking() -> None:
    """Collect what recipients did with messages, and print it.

    \b
    parcours tracking run --db my.db --from /var/log/nginx/access.log
    parcours my.db tracking report --delivery "Spring sale"
    """


def _workflow_options(function: click.decorators.FC) -> click.decorators.FC:
    """What `run` and `daemon` share."""
    for option in (
        click.argument("more", metavar="[LOG]...", nargs=-1, type=click.Path()),
        click.option(
            "--from",
            "logs",
            metavar="LOG",
            multiple=True,
            type=click.Path(),
            help="An access log or a folder of them.",
        ),
        click.option("--account", default="default", show_default=True, metavar="NAME", help="The tenant."),
        click.option(
            "--gap",
            type=Gap(),
            default="0",
            show_default=True,
            metavar="0-3|off",
            help="Reactions to one message within so many seconds are a machine's.",
        ),
        database_option,
    ):
        function = option(function)
    return function


@tracking.command()
@_workflow_options
@click.pass_obj
def run(
    given: Given,
    source: str | None,
    logs: tuple[str, ...],
    more: tuple[str, ...],
    account: str,
    gap: int | None,
) -> int:
    """Run the tracking workflow once: hits in access logs become rows of the tracking log.

    It goes on where the run before stopped, also when a log was rotated or a run was killed. The combined
    format of Apache and nginx is read, plain or gzip; the list of tracked URLs is read from the database
    (parcours ingest URLS.csv).

    \b
    parcours tracking run --db my.db --from /var/log/nginx/access.log
    parcours tracking run --db my.db /var/log/apache2/access.log*
    """
    from tui.cli.tracking_runs import run_once

    return run_once(given.database(source), _named(logs, more), account, gap)


@tracking.command()
@_workflow_options
@click.option("--every", default="1h", show_default=True, metavar="SPAN", help="How often: 90s, 15m, 1h.")
@click.pass_obj
def daemon(
    given: Given,
    source: str | None,
    logs: tuple[str, ...],
    more: tuple[str, ...],
    account: str,
    gap: int | None,
    every: str,
) -> int:
    """Run the tracking workflow by schedule until interrupted; one run at a time, whoever starts it.

    A run that fails is recorded and told, and the next one is tried when its time has come.

    \b
    parcours tracking daemon --db my.db --from /var/log/nginx/access.log --every 1h
    """
    from backend.collector import leave_in_peace
    from tui.cli.tracking_runs import run_by_schedule

    leave_in_peace()
    return run_by_schedule(
        given.database(source), _named(logs, more), account, gap, span_ms_of("--every", every)
    )


def _named(logs: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    if not logs + more:
        raise click.UsageError("name at least one access log with --from")
    return logs + more


@tracking.command()
@limit_option
@format_option("text", "json", "csv")
@source_option
@click.pass_obj
def runs(given: Given, limit: int | None, form: str, source: str | None) -> int:
    """List the runs of technical workflows, the latest first.

    \b
    parcours my.db tracking runs
    parcours tracking runs -s my.db --format json
    """

    async def work(opened: Source) -> tuple[WorkflowRun, ...]:
        return await opened.workflow_runs(1_000 if limit is None else limit)

    found = with_source(given, source, work)
    if form == "csv":
        output.csv_row(RUN_COLUMNS)
    for one in found:
        _print_run(one, form)
    if not found:
        output.note("no run of a technical workflow is recorded; start one: parcours tracking run")
    return 0


def _report_options(function: click.decorators.FC) -> click.decorators.FC:
    """What the commands about one delivery share."""
    for option in (
        click.option("--delivery", metavar="NAME", required=True, help="Name or id of a delivery."),
        click.option(
            "--period", metavar="SPAN", help="Only so long after the sending: 6h, 3d. All if not told."
        ),
        click.option("--test", is_flag=True, help="Count seeds and proofs too."),
        format_option("text", "json", "csv"),
        source_option,
    ):
        function = option(function)
    return function


@tracking.command()
@click.option(
    "--tab",
    default="summary",
    show_default=True,
    metavar="TAB",
    help="summary, statistics, urls, hot_clicks, indicators or missing.",
)
@_report_options
@click.pass_obj
def report(
    given: Given, tab: str, delivery: str, period: str | None, test: bool, form: str, source: str | None
) -> int:
    """Print a tab of a delivery's tracking; `missing` says why there is no data.

    \b
    parcours my.db tracking report --delivery "Spring sale"
    parcours my.db tracking report --delivery 682 --tab hot_clicks
    """
    return _print_tab(given, source, delivery, tab, period, form, test=test)


@tracking.command()
@click.option(
    "--by", "view", default="label", show_default=True, metavar="VIEW", help="label, url or category."
)
@_report_options
@click.pass_obj
def urls(
    given: Given, view: str, delivery: str, period: str | None, test: bool, form: str, source: str | None
) -> int:
    """Print the URLs of a delivery and their click streams.

    \b
    parcours my.db tracking urls --delivery 682 --by category --period 6h
    """
    return _print_tab(given, source, delivery, "urls", period, form, test=test, view=view)


@tracking.command()
@_report_options
@click.pass_obj
def clicks(given: Given, delivery: str, period: str | None, test: bool, form: str, source: str | None) -> int:
    """Print the message of a delivery, each link with its share of the clicks.

    \b
    parcours my.db tracking clicks --delivery 682
    """
    return _print_tab(given, source, delivery, "hot_clicks", period, form, test=test)


@tracking.command("indicators")
@_report_options
@click.pass_obj
def indicators(
    given: Given, delivery: str, period: str | None, test: bool, form: str, source: str | None
) -> int:
    """Print the tracking indicators of a delivery, with their formulas.

    \b
    parcours my.db tracking indicators --delivery 682 --format csv
    """
    return _print_tab(given, source, delivery, "indicators", period, form, test=test)


def _print_tab(
    given: Given,
    source: str | None,
    name: str,
    tab: str,
    period: str | None,
    form: str,
    *,
    test: bool,
    view: str = "label",
) -> int:
    from tui.cli.report import print_report

    period_ms = None if period is None else span_ms_of("--period", period)

    async def work(opened: Source) -> Report:
        from backend.model import SubjectKind
        from backend.source import pick_subject

        subject = pick_subject(await opened.catalog(SubjectKind.DELIVERY), name)
        return await opened.delivery_report(subject, tab, view=view, period_ms=period_ms, include_test=test)

    print_report(with_source(given, source, work), form)
    return 0


def _print_run(run: WorkflowRun, form: str) -> None:
    from backend.query.text import write_time
    from tui.cli.rows import encode_cells

    ended = None if run.ended_ms is None else write_time(run.ended_ms)
    cells = (
        *(write_time(run.started_ms), ended, run.workflow, run.product, run.account, run.status),
        *(run.read, run.written, run.rejected, run.error, run.log),
    )
    if form == "json":
        output.json_line(encode_cells(RUN_COLUMNS, cells))
    elif form == "csv":
        output.csv_row((*cells[:-1], (run.log or "").replace("\n", "; ")))
    else:
        output.text(run_line(run))
        for line in (run.log or "").splitlines():
            output.text(f"    {line}")


def run_line(run: WorkflowRun) -> str:
    """One run on one line."""
    from backend.query.text import write_time

    counts = [
        f"{name} {n:,}"
        for name, n in (("read", run.read), ("written", run.written), ("rejected", run.rejected))
        if n is not None
    ]
    took = "" if run.ended_ms is None else f"{(run.ended_ms - run.started_ms) / 1000:.1f} s"
    parts = (
        write_time(run.started_ms),
        f"{run.status:<11}",
        took,
        run.workflow,
        ", ".join(counts),
        run.error,
    )
    return "  ".join(part for part in parts if part)


def result_line(result: RunResult) -> str:
    """What a run did, on one line."""
    added = result.added
    parts = [f"hits read {result.hits:,}", f"rows written {added.new:,}", f"known {added.known:,}"]
    parts += [
        f"{name} {n:,}"
        for name, n in (
            ("by bots", result.machine),
            ("held back", result.held_back),
            ("of links that no list knows, taken for clicks", result.unlisted),
            ("older than the archive", added.older_than_archive),
        )
        if n
    ]
    return ", ".join([*parts, f"rejected {added.rejected:,}"])

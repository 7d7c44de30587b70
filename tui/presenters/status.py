"""What a source tells of itself, as titled lines for the status screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import NamedTuple

from rich.cells import cell_len

from backend.model import FeedStatus, Health
from backend.numbers import format_age, format_count, format_minute, format_span
from backend.record import WorkflowRun
from backend.reports.alerts import Alert
from backend.tracking.alerts import alerts, lag_words
from widgets import shown
from widgets.columns import to_width

SET_ASIDE = "Set aside"
QUIET_AFTER_MS = 24 * 3_600_000
"""A feed that sent nothing for this long is called quiet."""
FEED_TITLES = ("format", "product", "account", "records", "rejected", "newest row", "last received", "lag")
RUN_TITLES = ("started", "workflow", "account", "status", "took", "read", "written", "rejected", "reason")
_UNITS = ("B", "kB", "MB", "GB", "TB")


class Section(NamedTuple):
    """A titled table. No rows: `empty` says why."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str = ""


def plain_text(sections: Sequence[Section]) -> str:
    """The sections as text, for a pager."""
    return "\n".join(f"{line}\n" for section in sections for line in _text_lines(section))


def _text_lines(section: Section) -> Iterator[str]:
    rows = [tuple(map(shown.text, row)) for row in section.rows]
    titled = [section.columns, *rows] if any(section.columns) else rows
    widths = [max(map(cell_len, column)) for column in zip(*titled, strict=True)]
    lines = [section.title]
    for row in titled if rows else ():
        cells = (to_width(cell, width) for cell, width in zip(row, widths, strict=True))
        lines.append(f"  {'  '.join(cells)}".rstrip())
    yield "\n".join(lines if rows else [*lines, f"  {section.empty}"])


def status_sections(
    health: Health,
    now_ms: int,
    zone: tzinfo,
    runs: Sequence[WorkflowRun] = (),
    rates: Sequence[Alert] = (),
    problems: Sequence[tuple[str, str]] = (),
) -> tuple[Section, ...]:
    """Source, alerts, feeds, workflow runs, log of the latest, what was set aside and notes, in this order.

    runs: of technical workflows, the latest first. rates: alerts on scenarios and campaigns. problems: how
    many there are of each kind, in words.
    """
    feeds = tuple(_feed_row(feed, now_ms) for feed in health.feeds)
    rejected = tuple((r.format, r.reason, format_count(r.count)) for r in health.rejected)
    logged = tuple((line,) for run in runs[:1] for line in (run.log or "").splitlines())
    warned = (
        *(("critical" if rate.is_firing else "over", rate.text) for rate in rates),
        *(("critical" if a.critical else "warning", a.text) for a in alerts(health.feeds, runs, now_ms)),
    )
    sections = [
        Section("Source", ("what", "is"), (*_facts(health, now_ms, zone), *problems)),
        *([Section("Alerts", ("how bad", "reason"), warned)] if warned else []),
        Section(
            "Feeds",
            FEED_TITLES,
            feeds,
            "nothing was ingested yet: parcours ingest FEED... --db FILE",
        ),
        Section(
            "Workflow runs",
            RUN_TITLES,
            tuple(_run_row(run, now_ms, zone) for run in runs),
            "no run is recorded: parcours tracking run --from ACCESS.LOG --db FILE",
        ),
        *([Section("Log of the latest run", ("what it did",), logged)] if logged else []),
        Section(SET_ASIDE, ("format", "reason", "records"), rejected, "no record was set aside"),
    ]
    if health.notes:
        sections.append(Section("Notes", ("",), tuple((note,) for note in health.notes)))
    return tuple(sections)


def _facts(health: Health, now_ms: int, zone: tzinfo) -> Iterator[tuple[str, str]]:
    yield "source", health.source
    if health.demo:
        yield "demonstration", "these are invented people and messages; the file may be thrown away"
    yield "kind", health.kind
    yield "schema", str(health.schema_version)
    if health.size_bytes is not None:
        yield "size", format_bytes(health.size_bytes)
    yield "event log", f"{format_count(health.events)} rows"
    yield "scenario log", f"{format_count(health.scenario_rows)} rows"
    yield "contacts", format_count(health.contacts)
    yield "messages", format_count(health.messages)
    newest = "none" if health.newest_ms is None else format_minute(health.newest_ms, zone)
    yield "newest row", f"{newest} ({format_age(health.newest_ms, now_ms)})" if health.newest_ms else newest
    if health.pruned_before_ms is not None:
        yield "pruned before", format_minute(health.pruned_before_ms, zone)
    if health.skewed:
        yield "clock skew", f"{format_count(health.skewed)} rows dated ahead, not counted before their time"


def _feed_row(feed: FeedStatus, now_ms: int) -> tuple[str, ...]:
    is_quiet = feed.last_received_ms is None or now_ms - feed.last_received_ms > QUIET_AFTER_MS
    received = format_age(feed.last_received_ms, now_ms)
    return (
        feed.format,
        feed.product,
        feed.account,
        format_count(feed.records),
        format_count(feed.rejected),
        format_age(feed.newest_ms, now_ms) if feed.newest_ms is not None else "-",
        f"{received}, quiet" if is_quiet else received,
        lag_words(feed) or "-",
    )


def _run_row(run: WorkflowRun, now_ms: int, zone: tzinfo) -> tuple[str, ...]:
    counts = (run.read, run.written, run.rejected)
    return (
        f"{format_minute(run.started_ms, zone)} ({format_age(run.started_ms, now_ms)})",
        f"{run.product} {run.workflow}",
        run.account,
        run.status,
        "-" if run.ended_ms is None else format_span(run.ended_ms - run.started_ms),
        *("-" if count is None else format_count(count) for count in counts),
        run.error or "",
    )


def format_bytes(size: int) -> str:
    """1.5 MB"""
    amount = float(size)
    for unit in _UNITS:
        if amount < 1000 or unit == _UNITS[-1]:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{size} B"

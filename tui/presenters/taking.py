"""What a person takes away from a report: the command line that prints it, rows for files, names of files."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime, tzinfo

import msgspec

from backend.csv_cells import csv_line
from backend.model import PaneData, Report
from backend.query.text import write_time
from backend.reports.export import Row, chart_csv, pane_csv
from backend.safe_file import slug
from backend.source import full_name


def command_line(source: str, report: Report, *, step: str | None = None, all_panes: bool = False) -> str:
    """The command that prints the report of the same time, safe to be pasted into a shell. step: the one
    that is counted; all_panes: with those that are there only when added."""
    subject = report.subject
    words = ["parcours", source, "report", f"--{subject.kind}", full_name(subject), "--tab", report.tab]
    words += ["--from", write_time(report.window.start_ms), "--until", write_time(report.window.end_ms)]
    if report.compared is not None:
        other = report.compared
        words += ["--compare", f"{write_time(other.start_ms)}..{write_time(other.end_ms)}"]
    words += ["--step", step] if step is not None else []
    words += ["--all-panes"] if all_panes else []
    words += ["--test"] if report.include_test else []
    return shlex.join(words)


def log_command_line(source: str, log: str, query: str) -> str:
    """The command that prints the rows of a log that a query lets in, safe to be pasted into a shell."""
    words = ["parcours", source, "logs", log, "--limit", "all"]
    return shlex.join([*words, "--filter", query] if query else words)


def plain_text(report: Report, shown: Sequence[str], cells: int, zone: tzinfo, *, ascii_only: bool) -> str:
    """The panes on the page in their order as text with charts, for a pager."""
    from backend.reports.text import report_lines

    panes = {pane.pane: pane for pane in report.panes}
    here = msgspec.structs.replace(report, panes=tuple(panes[name] for name in shown if name in panes))
    return "".join(f"{line}\n" for line in report_lines(here, cells, zone, ascii_only=ascii_only))


def csv_of(report: Report, shown: Collection[str]) -> Iterator[bytes]:
    """The panes on the page, each with its title (R45)."""
    panes = tuple(pane for pane in report.panes if pane.pane in shown)
    rows = (row for pane in panes for row in (*pane_csv(pane), ()))
    return _lines(rows)


def pane_csv_of(pane: PaneData) -> Iterator[bytes]:
    """One pane with its title and nothing else (R45)."""
    return _lines(pane_csv(pane))


def chart_csv_of(pane: PaneData) -> Iterator[bytes]:
    """The numbers of a pane's graphs over time."""
    return _lines(chart_csv(pane))


def _lines(rows: Iterable[Row]) -> Iterator[bytes]:
    for row in rows:
        yield csv_line(row).encode()


def file_name(report: Report, what: str, suffix: str) -> str:
    """parcours-welcome-email-20260310T120000Z.csv"""
    at = datetime.fromtimestamp(report.as_of_ms / 1000, UTC)
    return f"parcours-{slug(report.subject.name, 'report')}-{what}-{at:%Y%m%dT%H%M%SZ}.{suffix}"

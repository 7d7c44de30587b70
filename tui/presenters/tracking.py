"""Tracking rows and tabs as the console shows them: what was clicked, when, in which delivery, with what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from backend.model import DAY_MS, HOUR_MS, LogRow, Report, Subject
from backend.numbers import format_age, format_minute, format_second, zone_name
from backend.query import parse, with_term
from backend.tracking.agents import agent_of
from backend.tracking.delivery import TABS
from tui.presenters.report import Preset
from widgets.columns import Column, Row

LOGS_TAB = "logs"
SCREEN_TABS: dict[str, str] = {
    **{tab: title for tab, title in TABS.items() if tab not in ("indicators", "missing")},
    LOGS_TAB: "Tracking logs",
    "indicators": TABS["indicators"],
}
"""The tabs of a delivery, in their order."""


PERIODS: tuple[Preset, ...] = (
    Preset("since the sending", None),
    Preset("first hour", HOUR_MS),
    Preset("first 6 hours", 6 * HOUR_MS),
    Preset("first day", DAY_MS),
    Preset("first 3 days", 3 * DAY_MS),
    Preset("first 7 days", 7 * DAY_MS),
)
"""How much of a delivery's life its reactions are counted for (F103)."""
TRACKING_TITLES = ("date and time", "what", "URL", "delivery", "browser", "system", "device", "contact", "by")
TRACKING_COLUMNS: tuple[Column, ...] = (
    Column("time", TRACKING_TITLES[0], least=19),
    Column("what", TRACKING_TITLES[1], least=12),
    Column("url", TRACKING_TITLES[2], least=16, grow=3),
    Column("delivery", TRACKING_TITLES[3], least=10, grow=1, drop=2),
    Column("browser", TRACKING_TITLES[4], least=8, drop=3),
    Column("system", TRACKING_TITLES[5], least=6, drop=5),
    Column("device", TRACKING_TITLES[6], least=6, drop=4),
    Column("contact", TRACKING_TITLES[7], least=10, drop=6),
    Column("by", TRACKING_TITLES[8], least=7, drop=7),
)


def tracking_row(row: LogRow, zone: tzinfo) -> Row:
    """One tracking row, whatever its product."""
    agent = agent_of(row.user_agent)
    link = " ".join(dict.fromkeys(text for text in (row.name, row.url) if text))
    cells = (
        format_second(row.at_ms, zone),
        row.type,
        link,
        row.delivery or "",
        agent.browser,
        agent.system,
        agent.device or (row.platform or ""),
        row.contact or "",
        "machine" if row.machine else "",
    )
    return Row(f"{row.log}:{row.id}", cells)


def sorted_rows(rows: Sequence[LogRow], zone: tzinfo, column: int) -> tuple[Row, ...]:
    """The rows by one column, equal ones the newest first."""
    drawn = [tracking_row(row, zone) for row in sorted(rows, key=lambda row: (-row.at_ms, row.id))]
    return tuple(drawn if column == 0 else sorted(drawn, key=lambda row: row.cells[column].casefold()))


def delivery_query(delivery: Subject) -> str:
    """The query for a delivery's rows in a log."""
    return with_term(parse("", now_ms=0), "delivery", delivery.name).text


def tracking_headline(
    report: Report | None, delivery: Subject | None, tab: str, at: tuple[int, int], said: str, zone: tzinfo
) -> tuple[str, str]:
    """Two lines: which delivery and tab, and how old what is shown is."""
    if delivery is None:
        return "delivery tracking", ""
    tabs = "  ".join(f"[{title}]" if name == tab else title for name, title in SCREEN_TABS.items())
    first = f"{delivery.name}   {at[0]} of {at[1]}   {tabs}"
    if report is None:
        return first, said or "loading"
    start = format_minute(report.window.start_ms, zone)
    newest = "no tracking row yet"
    if report.newest_ms is not None:
        newest = f"newest row {format_age(report.newest_ms, report.as_of_ms)}"
    test = "with seeds and proofs" if report.include_test else ""
    parts = (f"since {start} {zone_name(zone, report.as_of_ms)}", newest, test, said)
    return first, "; ".join(part for part in parts if part)
